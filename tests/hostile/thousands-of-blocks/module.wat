(component (core module (func {{5000 (block) }})))
