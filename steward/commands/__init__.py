"""The commands of `python -m steward`, a module each."""
