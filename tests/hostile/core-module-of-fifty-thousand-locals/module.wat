;; Limits hold before the module is made a component.
(module
  (memory (export "memory") 1)
  (func (export "score") (result i32) (local {{50000 i32 }}) (i32.const 1000))
  (@custom "component-type:rule" ""))
