(component (core module (func {{3000 block }} {{3000 end }})))
