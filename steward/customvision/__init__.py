"""The Custom Vision service as its REST API gives it: calls, the shared budget of calls, and pictures."""
