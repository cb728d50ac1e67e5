;; Instructions whose results differ between processors.
(component
  (core module (func (param v128 v128 v128) (result v128)
    (f32x4.relaxed_madd (local.get 0) (local.get 1) (local.get 2))))
  ;; A rule that says nothing.
  (type $record (record (field "name" string) (field "score" f64) (field "reason" string)
    (field "tag" (option string)) (field "next-step" (option string))
    (field "extra" (list (tuple string string)))))
  (import "signal" (type $signal (eq $record)))
  (core module $core
    (memory (export "memory") 1)
    (func (export "score") (result i32) (i32.const 1000)))
  (core instance $core (instantiate $core))
  (func (export "score") (result (list $signal))
    (canon lift (core func $core "score") (memory (core memory $core "memory")))))
