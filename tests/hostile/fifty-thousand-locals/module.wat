(component (core module
  (func (local {{50000 i32 }}))))
