;; A next step that is not declared.
(module
  (memory (export "memory") 1)
  (func (export "score") (result i32) (i32.const 1000))
  (data (i32.const 64) "alarm")
  ;; The list, and its one signal.
  (data (i32.const 1000) "\10\04\00\00\01\00\00\00")
  (data (i32.const 1040) "\40\00\00\00\05\00\00\00\00\00\00\00\00\00\e0\3f\40\00\00\00\05\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\40\00\00\00\05\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00"))
