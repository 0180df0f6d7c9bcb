"""Erasures: plans, read backs, certificates."""
