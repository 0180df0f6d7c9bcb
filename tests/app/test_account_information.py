"""account.json: its two parts are asked for apart, and what one of them lacks costs nothing of the other."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from activities import account_information, payload_files, sealed
from activities.outcome import MayPass
from steward.archive.bag import seal
from steward.archive.names import ACCOUNT_PATH, BagNames
from steward.archive.store import ArchiveStore
from steward.customvision.client import CustomVisionClient
from steward.customvision.credentials import TrainingKey
from steward.customvision.management import ManagementClient
from steward.customvision.retry import retry_policy
from tests.archive.schemas import faults_of_bag
from tests.customvision.scripted import Reply, Server, json_reply, serve
from tests.customvision.test_management import RESOURCE, Identity, account, usage

OLD = json_reply({"Keys": {"TrainingKeys": {"PrimaryKey": "topsecret"}}, "Quotas": {}})
AWAY = json_reply({"code": "Away", "message": "for a while"}, 503)
HTML = Reply(200, b"<html>sign in</html>", {"Content-Type": "text/html"})

type Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def server() -> Iterator[Server]:
    with serve() as found:
        yield found


@pytest.fixture
def ask(server: Server, container: ContainerClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Runs the activity with these answers of v1.2 and of the management plane; gives what the sealed bag then says."""
    store, bag = ArchiveStore(container), BagNames("a", "r")
    once = retry_policy(attempts=1)
    management = partial(ManagementClient, endpoint=server.url, retrying=once)
    with CustomVisionClient(server.url, TrainingKey("0" * 32), retrying=once) as client:
        settings = SimpleNamespace(endpoint=server.url, resource_id=RESOURCE)
        home = SimpleNamespace(name="a", settings=settings, client=client, store=store)

        def find(_: str) -> SimpleNamespace:
            return home

        for module in (account_information, payload_files, sealed):
            monkeypatch.setattr(module, "account", find)
        monkeypatch.setattr(account_information, "ManagementClient", management)

        def identity(_: SimpleNamespace) -> Identity:
            return Identity()

        monkeypatch.setattr(account_information, "reader_of", identity)
        builder: Any = account_information.export_account_information
        activity = builder._function.get_user_function()

        def asked(old: Reply, managed: Reply, *, last: bool) -> dict[str, Any]:
            usages = json_reply({"value": [usage("Projects")]})
            server.script = lambda call: (
                old if "/v1.2/" in call.target else usages if "/usages" in call.target else managed
            )
            activity({"request": "r", "account": "a", "last": last})
            document = json.loads(store.read(bag.blob(ACCOUNT_PATH)))
            gaps = seal(store, bag, about={}, date="2026-11-24").totals["gaps"]
            assert faults_of_bag(store, bag) == []
            return {**document, "gaps": gaps}

        yield asked


@pytest.mark.parametrize(
    ("answer", "code", "reason"),
    [
        (HTML, "MalformedAnswer", "the answer is not JSON"),
        (json_reply(["no account"]), "MalformedAnswer", "the answer's body"),
        (json_reply({"code": "NotFound", "message": "gone"}, 404), "NotFound", "404"),
        (json_reply({"error": {"code": "403", "message": "no"}}, 403), "Forbidden", "403: no"),
        (json_reply({"code": "NotImplemented", "message": "never"}, 501), "NotImplemented", "501"),
    ],
    ids=["HTML", "another shape", "404", "a gateway's 403", "501"],
)
def test_an_answer_that_is_no_account_is_not_available_and_no_gap(
    ask: Ask, answer: Reply, code: str, reason: str
) -> None:
    """Said at once, of either part, and the other part is there."""
    found = ask(answer, json_reply(account()), last=False)
    assert found["accountInformation"].keys() == {"notAvailable"}
    assert found["accountInformation"]["notAvailable"]["code"] == code
    assert reason in found["accountInformation"]["notAvailable"]["reason"]
    assert found["management"]["account"]["name"] == "hats"
    assert len(found["management"]["usages"]) == 1
    assert found["gaps"] == 0


def test_a_refusal_of_the_management_plane_is_not_available_and_no_gap(ask: Ask) -> None:
    refused = json_reply({"error": {"code": "AuthorizationFailed", "message": "no role"}}, 403)
    found = ask(OLD, refused, last=False)
    assert found["management"].keys() == {"notAvailable"}
    assert found["management"]["notAvailable"]["code"] == "AuthorizationFailed"
    assert found["accountInformation"]["account"]["Keys"] == {
        "TrainingKeys": {"PrimaryKey": {"present": True}}
    }
    assert found["gaps"] == 0


@pytest.mark.parametrize("part", ["accountInformation", "management"])
def test_an_outage_is_asked_again_and_in_the_end_a_gap_beside_the_other_part(ask: Ask, part: str) -> None:
    other = "management" if part == "accountInformation" else "accountInformation"
    old, managed = (AWAY, json_reply(account())) if part == "accountInformation" else (OLD, AWAY)
    with pytest.raises(MayPass, match=r"^Away: GET .*: 503 Away: for a while$"):
        ask(old, managed, last=False)
    found = ask(old, managed, last=True)
    assert found[part]["notAvailable"] == found[part]["gap"]
    assert found[part]["gap"]["code"] == "Away"
    assert "account" in found[other]
    assert found["gaps"] == 1
