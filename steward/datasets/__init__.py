"""Data sets for other tools, made from a bag: on local disk only, never back into the store."""
