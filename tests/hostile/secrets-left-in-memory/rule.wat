;; Leaves the customer's text in low memory, in high memory, in grown memory, in a
;; global and in a table. Any of it found in the next evaluation is an answer.
(module
  (import "baton:rules/message@1.0.0" "text" (func $text (param i32)))
  (memory (export "memory") 32)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1900000))
  (table $table 1 16 funcref)
  (elem declare func $mark)
  (global $seen (mut i32) (i32.const 0))
  (func $mark)
  ;; All zero from 1,100 to the end?
  (func $clean (result i32) (local $at i32)
    (local.set $at (i32.const 1104))
    (loop
      (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (return (i32.const 0))))
      (br_if 0 (i32.lt_u
        (local.tee $at (i32.add (local.get $at) (i32.const 8)))
        (i32.mul (memory.size) (i32.const 65536)))))
    (i32.const 1))
  (func (export "score") (result i32) 
    (drop (memory.grow (i32.const 16)))
    (if (i32.or (global.get $seen)
        (i32.or (i32.eqz (ref.is_null (table.get $table (i32.const 0)))) (i32.eqz (call $clean))))
      (then (return (i32.const 1000))))
    (global.set $seen (i32.const 1))
    (table.set $table (i32.const 0) (ref.func $mark))
    (call $text (i32.const 2048))
    (memory.copy (i32.const 4096) (i32.const 1900000) (i32.const 9))
    (memory.copy (i32.const 300000) (i32.const 1900000) (i32.const 9))
    (memory.copy (i32.const 3000000) (i32.const 1900000) (i32.const 9))
    (memory.fill (i32.const 3100000) (i32.const 0x73) (i32.const 4096))
    ;; Nothing of an earlier evaluation: no signals.
    (i32.const 1100))
  (data (i32.const 64) "alarm")
  ;; The list, and its one signal.
  (data (i32.const 1000) "\10\04\00\00\01\00\00\00")
  (data (i32.const 1040) "\40\00\00\00\05\00\00\00\00\00\00\00\00\00\e0\3f\40\00\00\00\05\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00"))
