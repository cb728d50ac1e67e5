(component (core module (func (param {{65 i32 }}))))
