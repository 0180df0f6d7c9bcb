"""A downloaded bag as pages for people, opened from disk: what it holds, its pictures with their regions drawn."""
