;; Asks for a different setting each time, so that the record of its reads would grow.
(module
  (import "baton:rules/settings@1.0.0" "boolean" (func $boolean (param i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
  (func (export "score") (result i32) 
    (local $n i32)
    (loop
      (i32.store8 (i32.const 200) (i32.add (i32.const 0x30) (i32.and (local.get $n) (i32.const 63))))
      (i32.store8 (i32.const 201) (i32.add (i32.const 0x30) (i32.shr_u (local.get $n) (i32.const 6))))
      (call $boolean (i32.const 200) (i32.const 2) (i32.const 300))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br 0))
    (unreachable)))
