(component (core module {{5000 (type (func (result i32))) }}))
