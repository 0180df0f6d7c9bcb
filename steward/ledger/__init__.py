"""What happened to each request: an append-only chain of events, the account's turn, and starting again what was lost."""
