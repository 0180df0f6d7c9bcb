"""Sending tickets as ticketing systems, Event Grid and other programs do, each with its own signature."""

import base64
import hashlib
import hmac
import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient
from standardwebhooks import Webhook

from tests.export.exporting import Archive, Host
from tests.export.record import Json

JIRA_SECRET = "a secret of Jira's, for tests only"
STANDARD_SECRET = f"whsec_{base64.b64encode(b'a secret for tests only, long enough').decode()}"
SECRETS = {
    "JIRA_WEBHOOK_SECRET": JIRA_SECRET,
    "SERVICENOW_WEBHOOK_SECRET": STANDARD_SECRET,
    "GENERIC_WEBHOOK_SECRET": STANDARD_SECRET,
}
EVENT_TYPE = "custom-vision-steward.ticket"


def jira_headers(body: bytes, secret: str = JIRA_SECRET) -> dict[str, str]:
    return {"X-Hub-Signature": f"sha256={hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}"}


def standard_headers(
    body: bytes, secret: str = STANDARD_SECRET, *, ago: float = 0, name: str = ""
) -> dict[str, str]:
    """`ago`: seconds since it was sent; `name`: its id, a new one unless said."""
    name, sent = name or f"msg_{uuid.uuid4().hex}", int(time.time() - ago)
    signature = Webhook(secret).sign(name, datetime.fromtimestamp(sent, UTC), body.decode())
    return {"webhook-id": name, "webhook-timestamp": str(sent), "webhook-signature": signature}


def jira_event(key: str, step: str, scope: object, *labels: str, at: float | None = None) -> Json:
    """What Jira sends of an issue, so far as it matters here."""
    return {
        "timestamp": int((at or time.time()) * 1000),
        "webhookEvent": "jira:issue_updated",
        "user": {"accountId": "5f1", "displayName": "Ann", "emailAddress": "ann@example.org"},
        "issue": {
            "key": key,
            "fields": {
                "status": {"name": step},
                "labels": list(labels),
                "description": scope if isinstance(scope, str) else json.dumps(scope),
            },
        },
    }


def is_record(name: str) -> bool:
    return "/requests/" in name or "/deliveries/" in name


@dataclass
class Desk:
    """The app on its host, and every way in to it."""

    host: Host
    archive: Archive
    queue: QueueClient
    poison: QueueClient

    def enqueue(self, message: object) -> None:
        """An envelope, or any text."""
        self.queue.send_message(message if isinstance(message, str) else json.dumps(message))

    def event(self, data: object, **attributes: Any) -> requests.Response:
        """An event, as Event Grid delivers it."""
        event = {
            "specversion": "1.0",
            "id": uuid.uuid4().hex,
            "source": "/tests",
            "type": EVENT_TYPE,
            "data": data,
            **attributes,
        }
        facts = self.host.program.facts
        return requests.post(
            f"{facts['functionsUrl']}/runtime/webhooks/EventGrid",
            params={"functionName": "ticket_event", "code": facts["masterKey"]},
            headers={"aeg-event-type": "Notification", "Content-Type": "application/cloudevents+json"},
            data=json.dumps(event).encode(),
            timeout=30,
        )

    def webhook(
        self, system: str, body: object, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Signed as the system signs, unless `headers` say otherwise; no key goes with it."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        if headers is None:
            headers = jira_headers(raw) if system == "jira" else standard_headers(raw)
        return requests.post(
            f"{self.host.program.facts['functionsUrl']}/api/tickets/{system}",
            data=raw,
            headers=dict(headers),
            timeout=30,
        )

    def requests(self, **query: str) -> list[Json]:
        """All that is on record, or what fits the query."""
        answer = self.host.call("GET", f"/api/requests?{urlencode({'limit': 1000, **query})}")
        assert answer.status_code == 200, answer.text
        assert "continuation" not in answer.json()
        return answer.json()["requests"]

    def on_record(self) -> set[str]:
        """Requests and deliveries, by the places where they stand."""
        names = (str(name) for name in self.archive.container.list_blob_names())
        return {
            name.rpartition("/")[0] if "/requests/" in name else name for name in names if is_record(name)
        }

    def refused(self) -> list[Json]:
        """Tickets that nothing could be made of."""
        return self.requests(kind="ticket")

    def ledger(self, request: str, account: str = "default") -> list[Json]:
        blob = self.archive.container.download_blob(f"{account}/requests/{request}/ledger.jsonl")
        return [json.loads(line) for line in blob.readall().splitlines()]

    def details(self, request: str, account: str = "default") -> Json:
        blob = self.archive.container.download_blob(f"{account}/requests/{request}/details.json")
        return json.loads(blob.readall())["request"]

    def poisoned(self) -> list[str]:
        """The messages that ended in the poison queue: the first thirty-two of them."""
        try:
            return [message.content for message in self.poison.peek_messages(32)]
        except ResourceNotFoundError:
            return []

    def take_poison(self) -> list[str]:
        """All of them; they are out of sight for a while then."""
        messages = self.poison.receive_messages(messages_per_page=32, visibility_timeout=300)
        return [message.content for message in messages]
