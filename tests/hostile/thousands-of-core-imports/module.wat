(component (core module {{2000 (import "a" "b" (func)) }}))
