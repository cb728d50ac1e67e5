(component (core module (memory 1) {{20000 (data (i32.const 0) "") }}))
