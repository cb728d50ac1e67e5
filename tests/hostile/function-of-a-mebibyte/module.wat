;; A function of a megabyte.
(component (core module (func {{1000000 nop }})))
