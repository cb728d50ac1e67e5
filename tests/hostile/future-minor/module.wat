;; Built for version 1.2 of the contract.
(component
  (import "baton:rules/order@1.2.0" (instance
    (export "count" (func (result u32)))))
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
