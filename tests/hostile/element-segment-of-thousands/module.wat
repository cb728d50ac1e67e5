(component (core module (func $f) (elem func {{20000 $f }})))
