;; Asks for a setting by a name of 12 MiB.
(module
  (import "baton:rules/settings@1.0.0" "boolean" (func $boolean (param i32 i32 i32)))
  (memory (export "memory") 200)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
  (func (export "score") (result i32) 
    (call $boolean (i32.const 1024) (i32.const 12582912) (i32.const 300))
    (i32.const 1000)))
