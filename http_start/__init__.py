"""HTTP: one module a resource; a starter checks, records the request, starts its orchestration by name, and answers."""
