"""Activities: one step each, idempotent, one module an entity; what crosses the boundary is in payloads.py."""
