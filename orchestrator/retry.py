"""Retry policies. The client retries a call for seconds; these outlast a fault of minutes. There is no filter by
exception in this engine: activities return what is permanent and raise only what is worth another try."""

from datetime import timedelta

from durabletask.task import RetryPolicy

STEP = RetryPolicy(
    first_retry_interval=timedelta(seconds=2),
    max_number_of_attempts=4,
    backoff_coefficient=3.0,
    # Every field is set: without a maximum interval older cores did not retry at all.
    max_retry_interval=timedelta(minutes=1),
    retry_timeout=timedelta(minutes=30),
)

# A request's end: until it is on record nobody else gets the account's turn, and an instance that fails over it makes
# a sealed bag a failed request. So it is tried again for a day.
END = RetryPolicy(
    first_retry_interval=timedelta(seconds=2),
    max_number_of_attempts=150,
    backoff_coefficient=2.0,
    max_retry_interval=timedelta(minutes=10),
    retry_timeout=timedelta(days=1),
)
