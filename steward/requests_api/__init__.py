"""What a caller may ask for: the request document, its scope, its id. Pure: no store, no network, no clock of its own."""
