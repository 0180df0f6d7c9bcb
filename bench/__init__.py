"""What the export costs: time, calls, requests and memory, each measured beside its baseline in the same run."""
