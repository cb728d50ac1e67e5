;; Never answers.
(module
  (memory (export "memory") 1)
  (func (export "score") (result i32) (loop (br 0)) (unreachable)))
