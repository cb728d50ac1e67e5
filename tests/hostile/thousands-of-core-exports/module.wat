(component (core module (func $f) {{2000 (export "e#" (func $f)) }}))
