;; Recurses until the stack is full.
(module
  (memory (export "memory") 1)
  (func $deeper (param i64) (result i64)
    (i64.add (call $deeper (i64.add (local.get 0) (i64.const 1))) (local.get 0)))
  (func (export "score") (result i32) (call $deeper (i64.const 0)) (drop) (i32.const 1000)))
