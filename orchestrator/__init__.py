"""Orchestrations: generators that read like the sentence that describes them; no IO, no clock, no environment."""
