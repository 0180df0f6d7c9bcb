"""What tests of the emulator's rules share: options for the length of a test, refusals, faults, the admin route."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import requests

from tests.emulator.service import Service, pictures

COMPACT = "0732100f-1a38-4e49-a514-c9b44c697ab5"
DETECTION = "da2e3a8a-40a5-4171-82f4-58522f70fbc1"


def admin(service: Service, method: str, path: str, **arguments: Any) -> requests.Response:
    """One call of the admin route."""
    return service.http.request(method, f"{service.endpoint}/.emulator/{path}", timeout=30, **arguments)


@contextmanager
def options(service: Service, **changes: Any) -> Generator[None]:
    """These options, and the earlier ones again in the end."""
    before = admin(service, "GET", "options").json()
    changed = admin(service, "PUT", "options", json=changes)
    assert changed.status_code == 200, changed.text
    try:
        yield
    finally:
        admin(service, "PUT", "options", json={name: before[name] for name in changes})


@contextmanager
def fault(service: Service, **rule: Any) -> Generator[None]:
    """This rule, and none in the end."""
    made = admin(service, "POST", "faults", json=rule)
    assert made.status_code == 200, made.text
    try:
        yield
    finally:
        admin(service, "DELETE", "faults")


def refusal(response: requests.Response) -> tuple[int, str]:
    """Status and code of a refusal by the service."""
    body = response.json()
    assert body.keys() == {"code", "message"}
    assert body["message"]
    return response.status_code, body["code"]


def labelled(service: Service, name: str, **query: str) -> tuple[str, list[str], list[str]]:
    """A project with two tags of five images each: its id, the tags', the images'."""
    project = service.project(name, **query)
    tags = [service.tag(project, tag) for tag in ("one", "two")]
    images = [
        image["id"]
        for number, tag in enumerate(tags)
        for image in service.upload(project, pictures(5, start=5 * number), [tag])
    ]
    return project, tags, images


def count(service: Service, project: str, **query: str) -> int:
    return service.answer("GET", f"/projects/{project}/images/count", params=query)
