"""Ticketing systems and a callback's receiver, played by one small HTTP server: strict about what they are sent."""

import base64
import json
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
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
    """What is answered instead of what would be right; `pause`: seconds before it; `done`: what was asked is done all the same;
    `method`: to these requests alone."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    pause: float = 0.0
    body: bytes = b""
    done: bool = False
    method: str = ""


@dataclass(frozen=True)
class Asked:
    """A request as it came, and the status it was answered with; `done`: what it asked was done."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    headers: Mapping[str, str]
    body: Any
    status: int = 0
    done: bool = False


@dataclass
class Played:
    """`wrong`: by the beginning of a path, what the next requests there are answered instead.

    Of ServiceNow: `records`, the sys_ids that the number stands for; `writable`, `readable`: what the user may do with work notes;
    `echoes`: whether the answer to a PATCH has what it wrote.
    """

    port: int = 0
    asked: list[Asked] = field(default_factory=list[Asked])
    wrong: dict[str, list[Answer]] = field(default_factory=dict[str, list[Answer]])
    records: list[str] = field(default_factory=lambda: [SYS_ID])
    writable: bool = True
    readable: bool = True
    echoes: bool = True

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
        return [each.body for each in self.asked if each.path.startswith(path) and each.body and each.done]

    def statuses(self, method: str) -> list[int]:
        return [each.status for each in self.asked if each.method == method]

    def comments(self, key: str = JIRA_KEY) -> list[str]:
        return [text_of(body["body"]) for body in self.taken(f"/rest/api/3/issue/{key}/comment")]

    def work_notes(self) -> list[str]:
        return [body["work_notes"] for body in self.taken(f"/api/now/table/incident/{SYS_ID}")]

    def events(self) -> list[Any]:
        return self.taken("/events")

    def answer(self, asked: Asked, raw: bytes) -> Answer:
        """It is done where it is right, and answered so unless the test says otherwise."""
        wrong = self._wrong(asked)
        if wrong and not wrong.done:
            self.asked.append(replace(asked, status=wrong.status))
            return wrong
        status = self._status(asked, raw)
        done = 200 <= status < 300
        if done and asked.method == "PATCH" and not self.writable:
            done = False
        self.asked.append(replace(asked, status=wrong.status if wrong else status, done=done))
        return wrong or Answer(status, body=self._body(asked) if status < 300 else b"")

    def _wrong(self, asked: Asked) -> Answer | None:
        for path, answers in self.wrong.items():
            if asked.path.startswith(path) and answers and answers[0].method in {"", asked.method}:
                return answers.pop(0)
        return None

    def _status(self, asked: Asked, raw: bytes) -> int:
        if asked.path == "/events":
            return _status_of_event(asked, raw)
        return _status_of_comment(asked) if asked.path.startswith("/rest/") else _status_of_work_note(asked)

    def _body(self, asked: Asked) -> bytes:
        if asked.path == "/events":
            return b""
        if asked.path.startswith("/rest/"):
            found = asked.body if asked.method == "POST" else self._newest(asked)
        elif asked.method == "PATCH":
            found = {"result": self._record(SYS_ID, hidden=not self.echoes)}
        else:
            known = asked.query["sysparm_query"] == [f"number={NUMBER}"]
            found = {"result": [self._record(each) for each in self.records] if known else []}
        return json.dumps({"id": "10000", **found}).encode()

    def _newest(self, asked: Asked) -> Any:
        """Jira's page of comments, each with what Jira has beside."""
        made = self.taken(asked.path)
        newest = made[::-1] if asked.query.get("orderBy") == ["-created"] else made
        page = newest[: int(asked.query["maxResults"][0])]
        comments: list[Any] = [{"id": "1", "author": {"active": True}, **body} for body in page]
        return {"total": len(made), "comments": comments}

    def _record(self, sys_id: str, *, hidden: bool = False) -> Any:
        """As a display value has them: all notes, the newest first."""
        notes = [
            f"2026-11-28 02:10:35 - Steward (Work notes)\n{each}\n\n" for each in reversed(self.work_notes())
        ]
        shown = self.readable and not hidden
        return {"sys_id": sys_id, "work_notes": "".join(notes) if shown else ""}


def _status_of_comment(asked: Asked) -> int:
    if asked.headers.get("authorization") != _basic(USER, TOKEN):
        return 401
    if asked.path != f"/rest/api/3/issue/{JIRA_KEY}/comment":
        return 404
    if asked.method == "GET":
        return 200
    return 201 if asked.body["body"]["type"] == "doc" and asked.body["body"]["version"] == 1 else 400


def _status_of_work_note(asked: Asked) -> int:
    if asked.headers.get("authorization") != _basic(USER, PASSWORD):
        return 401
    asks = {"sysparm_fields": ["sys_id,work_notes"], "sysparm_display_value": ["true"]}
    if not asks.items() <= asked.query.items():
        return 400
    if asked.method == "GET":
        return 200 if asked.path == "/api/now/table/incident" else 404
    if asked.method == "PATCH" and asked.path == f"/api/now/table/incident/{SYS_ID}":
        return 200 if asked.body.keys() == {"work_notes"} else 400
    return 404


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
            asked = Asked(self.command, parts.path, parse_qs(parts.query), headers, body)
            with lock:
                answer = system.answer(asked, raw)
            time.sleep(answer.pause)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

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
