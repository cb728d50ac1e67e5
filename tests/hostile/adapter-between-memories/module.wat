;; A text crosses from one memory into another, so the compiler makes an adapter
;; that has both. Without multi-memory in the engine this panics the compiler.
(component
  (type $record (record (field "name" string) (field "score" f64) (field "reason" string)
    (field "tag" (option string)) (field "next-step" (option string))
    (field "extra" (list (tuple string string)))))
  (import "signal" (type $signal (eq $record)))
  (component $listener
    (core module $m
      (memory (export "memory") 1)
      (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8192))
      (func (export "length") (param i32 i32) (result i32)
        (if (i32.ne (i32.load8_u (local.get 0)) (i32.const 111)) (then unreachable))
        (local.get 1)))
    (core instance $i (instantiate $m))
    (func (export "length") (param "text" string) (result u32)
      (canon lift (core func $i "length")
        (memory (core memory $i "memory")) (realloc (core func $i "realloc")))))
  (instance $listener (instantiate $listener))
  (component $speaker
    (type $record (record (field "name" string) (field "score" f64) (field "reason" string)
      (field "tag" (option string)) (field "next-step" (option string))
      (field "extra" (list (tuple string string)))))
    (import "signal" (type $signal (eq $record)))
    (import "length" (func $length (param "text" string) (result u32)))
    (core module $memory
      (memory (export "memory") 1)
      (data (i32.const 64) "over the border"))
    (core instance $memory (instantiate $memory))
    (core func $lowered
      (canon lower (func $length) (memory (core memory $memory "memory"))))
    (core module $m
      (import "border" "length" (func $length (param i32 i32) (result i32)))
      (func (export "score") (result i32)
        (if (i32.ne (call $length (i32.const 64) (i32.const 15)) (i32.const 15))
          (then unreachable))
        (i32.const 1000)))
    (core instance $i (instantiate $m
      (with "border" (instance (export "length" (func $lowered))))))
    (func (export "score") (result (list $signal))
      (canon lift (core func $i "score") (memory (core memory $memory "memory")))))
  (instance $speaker (instantiate $speaker
    (with "signal" (type $signal))
    (with "length" (func $listener "length"))))
  (export "score" (func $speaker "score")))
