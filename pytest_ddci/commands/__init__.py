"""The commands of `ddci`: one module each, with `add` (its arguments) and `run` (what it does)."""
