;; As large as an upload may be.
(component (core module (func {{1000000 nop }})))
