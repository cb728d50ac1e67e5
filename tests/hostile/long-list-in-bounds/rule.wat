;; 200,000 signals of zeros, in bounds.
(module
  (memory (export "memory") 200)
  (func (export "score") (result i32) (i32.const 1000))
  (data (i32.const 64) "alarm")
  ;; The list, and its one signal.
  (data (i32.const 1000) "\00\10\00\00\40\0d\03\00")
  (data (i32.const 1040) "\40\00\00\00\05\00\00\00\00\00\00\00\00\00\e0\3f\40\00\00\00\05\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00"))
