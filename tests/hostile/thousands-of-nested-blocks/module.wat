(component (core module (func {{5000 block }} {{5000 end }})))
