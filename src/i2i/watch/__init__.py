"""Training made visible: a page on this machine, and the same as text, made of nothing but run folders."""
