"""Pages for people: HTML files that load nothing and run nothing."""
