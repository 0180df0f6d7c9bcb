"""Evidence: signed statements about bags, plans and certificates."""
