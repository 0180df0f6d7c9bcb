"""Events of other systems: tickets from a queue, from Event Grid, from signed webhooks."""
