;; Traps while it starts.
(module
  (memory (export "memory") 1)
  (func $start (unreachable))
  (start $start)
  (func (export "score") (result i32) (i32.const 1000)))
