(component (core module {{6000 (func) }}))
