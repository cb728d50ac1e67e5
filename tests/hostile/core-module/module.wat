;; The right exports, but no component.
(module
  (memory (export "memory") 1)
  (func (export "score") (result i32) (i32.const 1000)))
