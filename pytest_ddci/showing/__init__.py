"""One run in the terminal, as its journals tell it: found, read, drawn."""
