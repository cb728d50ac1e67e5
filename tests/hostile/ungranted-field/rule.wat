;; Reads the name without a grant for it.
(module
  (import "baton:rules/customer@1.0.0" "name" (func $name (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
  (func (export "score") (result i32) (call $name (i32.const 16)) (i32.const 1000)))
