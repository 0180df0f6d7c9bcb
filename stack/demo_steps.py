"""Asking the app, and following a request to its end, as every part of the demonstration does."""

import time
from typing import Any

import requests
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from stack.stack import Stack
from steward.ledger.state import ENDED_STATES, WAITING

ACCOUNT = "default"
PATIENCE = 300.0


class DemoError(Exception):
    """The demonstration did not show what it set out to show."""


def ask(console: Console, stack: Stack, route: str, body: dict[str, Any], expected: int) -> dict[str, Any]:
    """POST to the app; the document that it answers with."""
    answer = requests.post(
        f"{stack.host.facts['functionsUrl']}/api/{route}", json=body, headers=key_of(stack), timeout=30
    )
    if answer.status_code != expected:
        raise DemoError(f"POST /api/{route} answered {answer.status_code}: {answer.text}")
    location = f", Location: {answer.headers['Location']}" if "Location" in answer.headers else ""
    console.print(f"POST /api/{route} -> {expected}{location}")
    return answer.json()


def key_of(stack: Stack) -> dict[str, str]:
    return {"x-functions-key": stack.host.facts["functionKey"]}


def followed(console: Console, stack: Stack, request: str, title: str) -> dict[str, Any]:
    """Show the request's progress until it has ended, or waits for a person; its last document."""
    url = f"{stack.host.facts['functionsUrl']}/api/requests/{request}"
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    deadline = time.monotonic() + PATIENCE
    with Progress(*columns, console=console) as bar:
        line = bar.add_task(title, total=None)
        while time.monotonic() < deadline:
            document = requests.get(url, headers=key_of(stack), timeout=30).json()
            bar.update(line, description=f"{title}: {document.get('phase') or document['state']}")
            progress = document.get("progress", {})
            if counted := progress.get("items") or progress.get("projects"):
                bar.update(line, completed=counted["done"], total=counted["total"])
            if document["state"] in ENDED_STATES or is_to_be_approved(document):
                bar.update(line, total=bar.tasks[0].total or 1, completed=bar.tasks[0].total or 1)
                return document
            time.sleep(0.3)
    raise DemoError(f"{title}: not ended within {PATIENCE:.0f} s")


def is_to_be_approved(document: dict[str, Any]) -> bool:
    """Whether the request waits for a person who has not decided yet."""
    return document["state"] == WAITING and "decision" not in document
