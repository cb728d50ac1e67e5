;; Exports nothing at all.
(component
  (core module))
