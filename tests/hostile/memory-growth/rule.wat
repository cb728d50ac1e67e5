;; Takes memory page by page, for as long as it gets any.
(module
  (memory (export "memory") 1)
  (func (export "score") (result i32) 
    (loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
    (i32.const 1000)))
