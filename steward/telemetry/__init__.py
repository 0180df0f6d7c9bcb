"""What the app tells an observer: a span a function, and counters; ids, kinds and numbers, never a person's or a secret value."""

SCOPE = "custom-vision-steward"
"""The name of our tracer and of our meter."""
