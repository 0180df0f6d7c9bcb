"""Asking for a request so that one whose answer is lost can be asked for again."""

import uuid
from typing import Any, Literal

from rich.console import Console

from steward.app_client import AppClient, AppUnreachable
from steward.commands.saying import say
from steward.requests_api.answers import RequestDocument


def ask(
    app: AppClient, kind: Literal["exports", "erasures"], body: dict[str, Any], idempotency_key: str
) -> RequestDocument:
    """The request that was accepted. A ticket names its request already; what has none gets a key of its own."""
    if not idempotency_key and "ticket" not in body:
        idempotency_key = str(uuid.uuid4())
    try:
        document = app.ask(kind, body, idempotency_key)
    except AppUnreachable as error:
        again = (
            f"the same command with --idempotency-key {idempotency_key}"
            if idempotency_key
            else "the same command"
        )
        raise AppUnreachable(
            f"{error}\nWhether the request arrived is not known; {again} asks for the same request again."
        ) from None
    say(Console(stderr=True), f"{document['id']}: {document['state']}")
    return document
