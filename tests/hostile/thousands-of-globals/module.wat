(component (core module {{2000 (global i32 (i32.const 0)) }}))
