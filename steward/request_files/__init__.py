"""A request's own files for its callers: their names, short-lived links to them, and who was given one."""
