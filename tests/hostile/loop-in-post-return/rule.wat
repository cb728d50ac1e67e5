;; Answers, then never lets go of its answer.
(module
  (memory (export "memory") 1)
  (func (export "cabi_post_score") (param i32) (loop (br 0)))
  (func (export "score") (result i32) (i32.const 1000)))
