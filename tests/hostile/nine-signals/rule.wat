;; Nine signals; eight are allowed.
(module
  (memory (export "memory") 1)
  (func (export "score") (result i32) 
    (local $at i32)
    (loop
      (memory.copy (i32.add (i32.const 1096) (local.get $at)) (i32.const 1040) (i32.const 56))
      (br_if 0 (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 56))) (i32.const 448))))
    (i32.const 1000))
  (data (i32.const 64) "alarm")
  ;; The list, and its one signal.
  (data (i32.const 1000) "\10\04\00\00\09\00\00\00")
  (data (i32.const 1040) "\40\00\00\00\05\00\00\00\00\00\00\00\00\00\e0\3f\40\00\00\00\05\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00"))
