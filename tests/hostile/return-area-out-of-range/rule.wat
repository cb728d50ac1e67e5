;; Wants the value of a field beyond its memory.
(module
  (import "baton:rules/message@1.0.0" "text" (func $text (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
  (func (export "score") (result i32) (call $text (i32.const -4)) (i32.const 1000)))
