;; The right exports, and a section that should say which world they implement.
(module
  (memory (export "memory") 1)
  (func (export "score") (result i32) (i32.const 1000))
  (@custom "component-type:rule" "\00asm\0d\00\01\00\00\ff\ff"))
