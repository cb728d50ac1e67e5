;; Reads one field for ever. Calls of the host cost no fuel of their own.
(module
  (import "baton:rules/order@1.0.0" "count" (func $count (result i32)))
  (memory (export "memory") 1)
  (func (export "score") (result i32) (loop (drop (call $count)) (br 0)) (unreachable)))
