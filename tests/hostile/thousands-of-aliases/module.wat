(component
  (core module $m (func (export "f")))
  (core instance $i (instantiate $m))
  {{3000 (alias core export $i "f" (core func)) }})
