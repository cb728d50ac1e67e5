(component (type (component {{5000 (type (list u8)) }})))
