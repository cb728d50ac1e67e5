(component (core module (table 1 funcref) {{5000 (elem (i32.const 0) func) }}))
