"""Ticketing systems and a callback's receiver, played by one small HTTP server: strict about what they are sent."""

import base64
import json
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from standardwebhooks import Webhook, WebhookVerificationError

from steward.ticket_settings import TicketSettings, read_ticket_settings

JIRA_KEY, NUMBER = "PRIV-7", "INC0010023"
SYS_ID = "0123456789abcdef0123456789abcdef"
USER, TOKEN = "privacy@example.org", "a-very-secret-jira-token"
PASSWORD = "a-very-secret-servicenow-password"
SECRET = "whsec_" + base64.b64encode(b"a-very-secret-signing-key-of-32b").decode()
PUBLIC_URL = "https://steward.example.org"


@dataclass(frozen=True)
class Answer:
    """What is answered instead of what would be right; `pause`: seconds before it."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pause: float = 0.0


@dataclass(frozen=True)
class Asked:
    """A request as it came, and the status it was answered with."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any
    status: int


@dataclass
class Played:
    """`wrong`: by the beginning of a path, what the next requests there are answered instead; the last one stays if `stuck`."""

    port: int = 0
    asked: list[Asked] = field(default_factory=list[Asked])
    wrong: dict[str, list[Answer]] = field(default_factory=dict[str, list[Answer]])
    records: list[str] = field(default_factory=lambda: [SYS_ID])

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def callback(self) -> str:
        return f"{self.url}/events?tenant=7"

    def environment(self) -> dict[str, str]:
        """The app's settings for all of it."""
        return {
            "PUBLIC_URL": PUBLIC_URL,
            "JIRA_URL": self.url,
            "JIRA_USER": USER,
            "JIRA_TOKEN": TOKEN,
            "SERVICENOW_URL": self.url,
            "SERVICENOW_USER": USER,
            "SERVICENOW_PASSWORD": PASSWORD,
            "CALLBACK_HOSTS": f"hooks.example.org, 127.0.0.1:{self.port}",
            "CALLBACK_SECRET": SECRET,
        }

    def settings(self) -> TicketSettings:
        return read_ticket_settings(self.environment())

    def taken(self, path: str) -> list[Any]:
        """Bodies that were taken under a path, in the order in which they came."""
        return [
            each.body for each in self.asked if each.path.startswith(path) and each.status in {200, 201, 204}
        ]

    def comments(self, key: str = JIRA_KEY) -> list[str]:
        return [text_of(body["body"]) for body in self.taken(f"/rest/api/3/issue/{key}/comment")]

    def work_notes(self) -> list[str]:
        return [body["work_notes"] for body in self.taken(f"/api/now/table/incident/{SYS_ID}")]

    def events(self) -> list[Any]:
        return self.taken("/events")

    def answer(self, asked: Asked, raw: bytes) -> tuple[Answer, bytes]:
        for path, answers in self.wrong.items():
            if asked.path.startswith(path) and answers:
                return answers.pop(0), b""
        if asked.path == "/events":
            return Answer(_status_of_event(asked, raw)), b""
        if asked.path.startswith("/rest/"):
            return Answer(_status_of_comment(asked)), b'{"id": "10000"}'
        return self._servicenow(asked)

    def _servicenow(self, asked: Asked) -> tuple[Answer, bytes]:
        if asked.headers.get("authorization") != _basic(USER, PASSWORD):
            return Answer(401), b""
        if asked.method == "GET" and asked.path == "/api/now/table/incident":
            known = asked.query["sysparm_query"] == [f"number={NUMBER}"]
            found = [{"sys_id": each} for each in self.records] if known else []
            return Answer(200), json.dumps({"result": found}).encode()
        if asked.method == "PATCH" and asked.path == f"/api/now/table/incident/{SYS_ID}":
            return Answer(200 if asked.body.keys() == {"work_notes"} else 400), b'{"result": {}}'
        return Answer(404), b""


def _status_of_comment(asked: Asked) -> int:
    if asked.headers.get("authorization") != _basic(USER, TOKEN):
        return 401
    if asked.method != "POST" or not asked.path.startswith(f"/rest/api/3/issue/{JIRA_KEY}"):
        return 404
    return 201 if asked.body["body"]["type"] == "doc" and asked.body["body"]["version"] == 1 else 400


def _status_of_event(asked: Asked, raw: bytes) -> int:
    if asked.headers.get("content-type") != "application/cloudevents+json":
        return 415
    try:
        Webhook(SECRET).verify(raw, dict(asked.headers))
    except WebhookVerificationError:
        return 401
    return 204 if asked.headers["webhook-id"] == asked.body["id"] else 400


def text_of(adf: Any) -> str:
    """The text of a document, a line a paragraph."""
    return "\n".join("".join(node["text"] for node in paragraph["content"]) for paragraph in adf["content"])


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@contextmanager
def played() -> Generator[Played]:
    """A server of its own."""
    system = Played()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        def _handle(self) -> None:
            parts = urlsplit(self.path)
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = json.loads(raw) if raw else None
            asked = Asked(self.command, parts.path, parse_qs(parts.query), headers, body, 0)
            with lock:
                answer, content = system.answer(asked, raw)
                seen = Asked(asked.method, asked.path, asked.query, headers, body, answer.status)
                system.asked.append(seen)
            time.sleep(answer.pause)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _handle  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        system.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield system
        server.shutdown()
        thread.join()
