"""Legal holds over HTTP: set, listed and lifted with a reason; a wrong one is named by its field and sets nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from azure.storage.blob import BlobServiceClient, ContainerClient

from tests.app.decided import ANN, BOB, values
from tests.conftest import Azurite
from tests.export.exporting import Host

PROJECT, IMAGE = "0A000000-0000-4000-8000-000000000001", "0a000000-0000-4000-8000-000000000002"
REASON = "case 7: keep <all> of it"


@pytest.fixture(scope="module")
def archive(azurite: Azurite) -> Iterator[ContainerClient]:
    service = BlobServiceClient.from_connection_string(azurite.connection_string)
    with service, service.get_container_client("holds-over-http") as client:
        client.create_container()
        yield client


@pytest.fixture(scope="module")
def host(
    azurite: Azurite, archive: ContainerClient, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    settings = values(azurite, archive) | {"WEBSITE_AUTH_ENABLED": "True"}
    with Host(tmp_path_factory.mktemp("host"), settings) as running:
        yield running


def post(host: Host, path: str, body: Any, **who: str) -> requests.Response:
    return host.call("POST", f"/api/holds{path}", body, **who)


def problem(answer: requests.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    return answer.json()


@pytest.mark.parametrize(
    "covers",
    [
        "account",
        {"project": PROJECT},
        {"project": PROJECT, "tag": IMAGE},
        {"project": PROJECT, "image": IMAGE},
    ],
)
def test_a_hold_is_set_found_and_lifted_by_name(host: Host, covers: Any) -> None:
    answer = post(host, "", {"covers": covers, "reason": REASON}, **ANN)
    assert answer.status_code == 201, answer.text
    hold = answer.json()
    # Ids are compared in lower case, as the service's are.
    lower = covers if covers == "account" else {key: value.lower() for key, value in covers.items()}
    assert (hold["account"], hold["covers"]) == ("default", lower)
    assert (hold["set"]["reason"], hold["set"]["by"]) == (
        REASON,
        {"name": "Ann@example.org", "verified": True},
    )
    place = answer.headers["Location"]
    assert host.call("GET", place).json() == hold
    assert host.call("GET", "/api/holds").json()["holds"][-1] == hold

    lifted = host.call("POST", f"{place}/lift", {"reason": "closed"}, **BOB)
    assert lifted.status_code == 200, lifted.text
    assert lifted.json()["lifted"]["by"] == {"name": "bob@example.org", "verified": True}
    assert lifted.json()["set"] == hold["set"]
    # Once more is no second lifting, and lifts it for no other reason.
    assert host.call("POST", f"{place}/lift", {"reason": "another"}, **ANN).json() == lifted.json()
    assert host.call("GET", place).json() == lifted.json()


WRONG: list[tuple[Any, str]] = [
    ({"covers": "account"}, "#/reason"),
    ({"covers": "account", "reason": ""}, "#/reason"),
    ({"covers": "account", "reason": "a\u0000b"}, "#/reason"),
    ({"covers": "account", "reason": "r" * 513}, "#/reason"),
    ({"reason": REASON}, "#/covers"),
    ({"covers": None, "reason": REASON}, "#/covers"),
    ({"covers": "everything", "reason": REASON}, "#/covers"),
    ({"covers": {}, "reason": REASON}, "#/covers/project"),
    ({"covers": {"image": IMAGE}, "reason": REASON}, "#/covers/project"),
    ({"covers": {"project": "Hats"}, "reason": REASON}, "#/covers/project"),
    ({"covers": {"project": PROJECT, "tag": "red"}, "reason": REASON}, "#/covers/tag"),
    ({"covers": {"project": PROJECT, "tag": IMAGE, "image": IMAGE}, "reason": REASON}, "#/covers"),
    ({"covers": {"project": PROJECT, "iteration": IMAGE}, "reason": REASON}, "#/covers/iteration"),
    ({"covers": "account", "reason": REASON, "by": "Ann"}, "#/by"),
    ({"account": "nobody", "covers": "account", "reason": REASON}, "#/account"),
    ([], "#"),
]


@pytest.mark.parametrize(("body", "pointer"), WRONG)
def test_a_wrong_hold_is_named_and_sets_nothing(host: Host, body: Any, pointer: str) -> None:
    before = host.call("GET", "/api/holds").json()
    found = problem(post(host, "", body), 400)
    assert pointer in {each["pointer"] for each in found["errors"]}
    assert host.call("GET", "/api/holds").json() == before


def test_a_hold_is_not_lifted_without_a_reason(host: Host) -> None:
    hold = post(host, "", {"covers": "account", "reason": REASON}).json()["id"]
    for body, pointer in (
        ({}, "#/reason"),
        ({"reason": ""}, "#/reason"),
        ({"reason": "x", "by": "y"}, "#/by"),
    ):
        found = problem(post(host, f"/{hold}/lift", body), 400)
        assert [each["pointer"] for each in found["errors"]] == [pointer]
    assert "lifted" not in host.call("GET", f"/api/holds/{hold}").json()
    for answer in (
        post(host, "/hold-unknown/lift", {"reason": "x"}),
        host.call("GET", "/api/holds/hold-unknown"),
    ):
        assert "hold-unknown" in problem(answer, 404)["detail"]
