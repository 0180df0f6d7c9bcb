"""Tickets of other systems: what of them makes a request, and what they are told of it."""
