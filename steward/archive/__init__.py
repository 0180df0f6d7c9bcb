"""The archive: BagIt bags (RFC 8493) in Blob Storage, and the pictures that bags share."""
