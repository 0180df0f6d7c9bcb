"""What a webhook's signature proves: that who has the secret sent this body, and when."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from steward.requests_api.contract import read_object
from steward.requests_api.documents import JsonObject
from steward.requests_api.problems import InvalidRequest

# Jira tries again for hours, with the same body [Atlassian, "Webhooks", "Retry policy"].
JIRA_TOLERANCE = timedelta(days=1)


class NotSigned(Exception):  # noqa: N818 - it names what is found
    """The body is not proved to come from who has the secret, now; why is nobody's business."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One that may come but once: when it was sent, and the digest of all that its signature covers."""

    sent: datetime
    digest: str


def verify_jira(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> None:
    """As WebSub has it: the hash of the raw body, by the secret; Jira says in the body when it sent it. Raises NotSigned.

    A body that says no time is none of Jira's; that is its reader's to refuse.
    """
    expected = f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"
    given = headers.get("x-hub-signature", "")
    if not hmac.compare_digest(expected.encode(), given.encode(errors="replace")):
        raise NotSigned
    try:
        sent = jira_time(read_object(body))
    except InvalidRequest:
        return
    # In whole numbers, which have no end; and asked this way round, since what is no number is neither before nor after.
    milliseconds = int(now.timestamp() * 1000)
    if sent is not None and not abs(milliseconds - sent) <= JIRA_TOLERANCE // timedelta(milliseconds=1):
        raise NotSigned


def jira_time(ticket: JsonObject) -> float | None:
    """When Jira sent it, in milliseconds; None where it does not say."""
    sent = ticket.get("timestamp")
    return sent if isinstance(sent, int | float) and not isinstance(sent, bool) else None


def verify_standard(secret: str, headers: Mapping[str, str], body: bytes) -> Delivery:
    """As https://www.standardwebhooks.com has it. Raises NotSigned.

    The digest is made of the signature as the library would write it, since it takes many spellings of one.
    """
    try:
        webhook = Webhook(secret)
        webhook.verify(body, dict(headers), json_parse=False)
        sent = datetime.fromtimestamp(float(headers["webhook-timestamp"]), UTC)
        signature = webhook.sign(headers["webhook-id"], sent, body.decode())
    except (WebhookVerificationError, ValueError):
        # The second where a header or the body is not of its form.
        raise NotSigned from None
    return Delivery(sent, hashlib.sha256(signature.encode()).hexdigest())
