;; Wants a table of ten million elements to begin with.
(module
  (memory (export "memory") 1)
  (table 10000000 funcref)
  (func (export "score") (result i32) (i32.const 1000)))
