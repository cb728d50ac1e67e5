(component (core module (type (func (result {{65 i32 }})))))
