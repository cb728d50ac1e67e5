;; Traps at once.
(module
  (memory (export "memory") 1)
  (func (export "score") (result i32) (unreachable)))
