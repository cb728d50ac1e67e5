;; A reason of 281 characters; 280 are allowed.
(module
  (memory (export "memory") 1)
  (func $start (memory.fill (i32.const 4096) (i32.const 0x61) (i32.const 281)))
  (start $start)
  (func (export "score") (result i32) (i32.const 1000))
  (data (i32.const 64) "alarm")
  ;; The list, and its one signal.
  (data (i32.const 1000) "\10\04\00\00\01\00\00\00")
  (data (i32.const 1040) "\40\00\00\00\05\00\00\00\00\00\00\00\00\00\e0\3f\00\10\00\00\19\01\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00"))
