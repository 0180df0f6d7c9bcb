"""A signed event for the address that a request names: CloudEvents 1.0 in structured form, signed as Standard Webhooks says.

Sources: CloudEvents 1.0.2, "JSON Event Format"; www.standardwebhooks.com.
"""

import contextlib
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial

import requests
from pydantic import SecretStr
from standardwebhooks import Webhook

from steward.connections import read_environment
from steward.tickets.callback_address import PinnedAdapter, address_of, why_refused
from steward.tickets.exchange import USER_AGENT, Untellable, exchange
from steward.tickets.notices import Notice

MEDIA_TYPE = "application/cloudevents+json"
_TYPE = "custom-vision-steward.request"
# Standard Webhooks, "Delivery success and failure": any 2xx is success, and who answers 410 Gone wants no more. What is wrong
# with a signature, or with a receiver, may be mended.
_TAKEN, _NEVER = range(200, 300), frozenset({410})


def post(url: str, hosts: Sequence[str], secret: SecretStr, source: str, notice: Notice) -> None:
    """Raises Untellable, Unanswered. The settings may have changed since the request was accepted, and names may resolve anew."""
    if why_refused(url, hosts):
        raise Untellable("not-allowed")
    event_id = f"{notice.request}-{notice.change}"
    body = event(event_id, source, notice)
    now = datetime.now(UTC)
    request = requests.Request(
        "POST",
        url,
        data=body.encode(),
        headers={
            **USER_AGENT,
            "Content-Type": MEDIA_TYPE,
            "webhook-id": event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": Webhook(secret.get_secret_value()).sign(event_id, now, body),
        },
    ).prepare()
    with contextlib.closing(PinnedAdapter(address_of(url))) as adapter:
        verify = read_environment(url)["verify"]
        # An adapter alone: no proxy, no .netrc, no cookies, no redirects.
        exchange(partial(adapter.send, request, verify=verify), taken=_TAKEN, never=_NEVER)


def event(event_id: str, source: str, notice: Notice) -> str:
    """Its id is the same however often it is sent, so that a receiver can tell."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": event_id,
            "source": f"{source}/api/requests",
            "type": f"{_TYPE}.{notice.change}",
            "subject": notice.request,
            "time": notice.at,
            "datacontenttype": "application/json",
            "data": {**notice.facts, "links": notice.links},
        },
        separators=(",", ":"),
    )
