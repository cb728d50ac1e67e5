;; Asks for a setting by a name of 60,000 bytes of "a".
(module
  (import "baton:rules/settings@1.0.0" "boolean" (func $boolean (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
  (func (export "score") (result i32) 
    (memory.fill (i32.const 1024) (i32.const 0x61) (i32.const 60000))
    (call $boolean (i32.const 1024) (i32.const 60000) (i32.const 300))
    (i32.const 1000)))
