(component
  (type $r (resource (rep i32)))
  {{1500 (core func (canon resource.drop $r)) }})
