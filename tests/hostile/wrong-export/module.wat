;; Answers with a text instead of signals.
(component
  (core module $core
    (memory (export "memory") 1)
    (func (export "score") (result i32) (i32.const 1000)))
  (core instance $core (instantiate $core))
  (func (export "score") (result string)
    (canon lift (core func $core "score") (memory (core memory $core "memory")))))
