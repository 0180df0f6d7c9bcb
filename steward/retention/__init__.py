"""How long bags are kept: which of them go, and what keeps them."""
