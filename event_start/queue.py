"""The storage queue `privacy-requests`: each message is an envelope.

What is refused is put on record and raised, so that the message ends in the poison queue as well. What the store or a broken
record keeps from being taken is raised too, and the host tries again.
"""

import base64
import binascii

import azure.durable_functions as df
import azure.functions as func

from event_start.taking import Wish, start_or_leave, take
from starting.callers import NOBODY
from steward.requests_api.contract import read_object

bp = df.Blueprint()


@bp.queue_trigger(arg_name="message", queue_name="privacy-requests", connection="AzureWebJobsStorage")
@bp.durable_client_input(client_name="client")
def queued_ticket(message: func.QueueMessage, client: df.SyncDurableFunctionsClient) -> None:
    """One message; it may come again, and twice at once. Raises Refused, ArchiveError, ChainBroken, DetailsAltered."""
    body = _plain(message.get_body())
    start_or_leave(client, take("queue", body, lambda: Wish(read_object(body), NOBODY)))


def _plain(body: bytes) -> bytes:
    """Many senders write a message as base64, as the Functions host does itself unless told otherwise."""
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error:
        return body
