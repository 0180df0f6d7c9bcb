"""The library of Custom Vision Steward: it knows the service, the archive and the requests, and nothing of Azure Functions."""

VERSION = "0.1.0"
