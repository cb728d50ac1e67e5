;; Grows a table for as long as it can.
(module
  (memory (export "memory") 1)
  (table $t 1 funcref)
  (func (export "score") (result i32) 
    (loop (br_if 0 (i32.ne (table.grow $t (ref.null func) (i32.const 100)) (i32.const -1))))
    (i32.const 1000)))
