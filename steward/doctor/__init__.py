"""What keeps an app from its work, found from its settings, and what to do about it."""
