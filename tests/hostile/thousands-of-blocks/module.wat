(component (core module (func {{3000 (block) }})))
