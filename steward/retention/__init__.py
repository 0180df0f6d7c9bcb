"""How long bags are kept: which of them go, what keeps them, and the run that deletes them."""
