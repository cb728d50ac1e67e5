;; A tag that is neither declared nor of a signal.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
  (data (i32.const 200) "\40\00\00\00\05\00\00\00")
  (func (export "decide") (param i32 i32) (result i32) (i32.const 1040))
  (data (i32.const 64) "stay!urgent + urgent")
  ;; The decision.
  (data (i32.const 1040) "\40\00\00\00\04\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\c8\00\00\00\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00"))
