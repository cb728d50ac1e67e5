(component (core module (memory 1) {{5000 (data (i32.const 0) "") }}))
