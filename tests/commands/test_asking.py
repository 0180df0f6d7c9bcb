"""The commands that speak to the app, against the app on its local host: what they send, what they say, how they end."""

import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from stack.processes import ROOT
from steward.commands.exit_codes import ENDS
from steward.ledger.state import ENDED_STATES
from tests.commands.typing_in import CommandLine, Said, command_line
from tests.conftest import Azurite
from tests.erasure.erasing import Erasing, erasing
from tests.erasure.wardrobe import Wardrobe, service_of, wardrobe
from tests.export.exporting import Host, settings
from tests.proxy import Answered, Proxy, Seen
from tests.store_proxy import StoreProxy, store_proxy

NOBODY = "00000000-0000-4000-8000-000000000000"


class AnswerLost(Exception):  # noqa: N818 - it names what happens
    """The connection breaks before the answer is sent."""


class Gateway(Proxy):
    """Before the app: keeps what was sent, loses as many answers as a test wants, and says how long to wait."""

    def __init__(self, host: Host) -> None:
        super().__init__(int(host.program.facts["functionsUrl"].rpartition(":")[2]))
        self._server.handle_error = self._lose
        self.seen: list[tuple[float, Seen]] = []
        self.lose = 0
        self.retry_after = "1"

    def _lose(self, request: object, client_address: object) -> None:
        """The server would print what was raised."""

    def answer(self, seen: Seen) -> Answered:
        self.seen.append((time.monotonic(), seen))
        answered = self.pass_on(seen)
        if self.lose:
            self.lose -= 1
            raise AnswerLost
        headers = dict(answered.headers)
        for name in [each for each in headers if each.lower() == "retry-after"]:
            headers[name] = self.retry_after
        return Answered(answered.status, headers, answered.body)


class IdentityEndpoint(Proxy):
    """What App Service gives its apps to ask for tokens at; it answers itself."""

    def __init__(self) -> None:
        super().__init__(9)
        self.asked: list[Seen] = []

    def answer(self, seen: Seen) -> Answered:
        self.asked.append(seen)
        token = {
            "access_token": "a-token",
            "expires_on": str(int(time.time()) + 3600),
            "token_type": "Bearer",
        }
        return Answered(200, {"Content-Type": "application/json"}, json.dumps(token).encode())


@dataclass
class Served:
    """The app behind a gateway, its archive behind a proxy, and a project of everything."""

    app: Erasing
    gateway: Gateway
    store: StoreProxy
    project: Wardrobe

    @property
    def key(self) -> str:
        return self.app.host.program.facts["functionKey"]


@pytest.fixture(scope="module")
def served(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("asking")
    with store_proxy(azurite) as store:
        values = {"ARCHIVE_STORAGE": store.connection_string}
        with erasing(azurite, folder, "--train-seconds", "0", seed="none", values=values) as app:
            gateway = Gateway(app.host)
            with gateway.running():
                yield Served(app, gateway, store, wardrobe(service_of(app.emulator)))


@pytest.fixture
def run(served: Served, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> CommandLine:
    environment = {"STEWARD_URL": f"http://127.0.0.1:{served.gateway.port}", "STEWARD_KEY": served.key}
    typed = command_line(monkeypatch, capsys, environment)

    def checked(*words: str, **more: str) -> Said:
        said = typed(*words, **more)
        assert served.key not in said.out + said.err
        return said

    return checked


def scope(folder: Path, **selectors: object) -> str:
    """A file with a scope of one project."""
    file = folder / "scope.json"
    file.write_text(json.dumps({"projects": [selectors]}))
    return str(file)


def document(said: Said, code: int) -> Any:
    assert said.code == code, said.err
    return json.loads(said.out)


def test_an_export_is_asked_for_and_followed_to_its_end(served: Served, run: CommandLine) -> None:
    said = run("export", "--project", served.project.id, "--purpose", "migration")
    assert said.code == 0, said.err
    assert "completed" in said.out
    # How far it has come, a line for each change, apart from what came of it.
    assert ": accepted" in said.err
    assert ", export" in said.err
    name = said.err.partition(":")[0]
    assert served.app.host.request(name)["purpose"] == "migration"
    listed = run("requests", "--state", "completed", "--kind", "export")
    assert (listed.code, name in listed.out) == (0, True)
    assert document(run("status", name, "--json"), 0)["bag"] == f"default/exports/{name}/"


def test_a_request_whose_answer_is_lost_is_asked_for_once(served: Served, run: CommandLine) -> None:
    before = len(document(run("requests", "--json"), 0))
    served.gateway.lose = 2
    said = run("export", "--project", served.project.id, "--no-wait", "--json")
    name = document(said, 0)["id"]
    assert served.gateway.lose == 0
    assert len(document(run("requests", "--json"), 0)) == before + 1
    served.app.host.wait(name)


def test_where_no_answer_comes_the_way_to_ask_for_the_same_is_said(served: Served, run: CommandLine) -> None:
    asked = ("export", "--project", served.project.id, "--no-wait", "--json")
    served.gateway.lose = 100
    try:
        lost = run(*asked)
    finally:
        served.gateway.lose = 0
    assert lost.code == 2
    key = lost.err.partition("--idempotency-key ")[2].split()[0]
    before = len(document(run("requests", "--json"), 0))
    name = document(run(*asked, "--idempotency-key", key), 0)["id"]
    assert name.startswith("export-key-")
    assert len(document(run("requests", "--json"), 0)) == before
    served.app.host.wait(name)
    # A ticket names its request already.
    tickets = [document(run(*asked, "--ticket", "jira:PRIV-7"), 0)["id"] for _ in range(2)]
    assert len(set(tickets)) == 1
    assert tickets[0].startswith("export-ticket-")
    served.app.host.wait(tickets[0])


def test_each_end_has_its_exit_code(served: Served, run: CommandLine, tmp_path: Path) -> None:
    assert ENDS.keys() == set(ENDED_STATES)
    gaps = run("export", "--scope", scope(tmp_path, id=served.project.id, images={"ids": [NOBODY]}))
    assert (gaps.code, "completed-with-gaps" in gaps.out) == (3, True)
    refused = run("export", "--project", "no such project")
    assert (refused.code, "refused" in refused.out) == (5, True)
    asked = document(run("export", "--project", served.project.id, "--no-wait", "--json"), 0)
    assert run("status", asked["id"], "--once").code == 6
    served.app.host.wait(asked["id"])
    assert run("status", asked["id"], "--once").code == 0


def test_what_is_wrong_is_told_field_by_field(served: Served, run: CommandLine, tmp_path: Path) -> None:
    wrong = run("export", "--scope", scope(tmp_path, nam="Hats", images={"tags": []}))
    assert wrong.code == 2
    first, *fields = wrong.err.splitlines()
    assert first.startswith("400 Bad Request: ")
    assert {each.split(":")[0] for each in fields} >= {
        "  #/scope/projects/0/nam",
        "  #/scope/projects/0/images/tags",
    }
    unknown = run("status", "export-new-nothing")
    assert (unknown.code, unknown.err.startswith("404 Not Found: ")) == (2, True)
    parameter = run("requests", "--state", "finished")
    assert (parameter.code, "  state: expected one of accepted" in parameter.err) == (2, True)
    for options, named in (
        ({"STEWARD_KEY": "a-wrong-key"}, "--key (STEWARD_KEY)"),
        ({"STEWARD_KEY": "a wrong\nkey"}, "--key (STEWARD_KEY)"),
        ({"STEWARD_URL": f"https://app.example/?code={served.key}"}, "--url (STEWARD_URL)"),
        ({"STEWARD_URL": "http://app.example"}, "--url (STEWARD_URL)"),
        ({"STEWARD_URL": f"http://127.0.0.1:{served.store.port}"}, "--url (STEWARD_URL)"),
    ):
        refused = run("status", "export-new-nothing", **options)
        assert (refused.code, named in refused.err) == (2, True), refused.err
        assert "wrong-key" not in refused.err
    for words in (
        ("export",),
        ("export", "--whole-account", "--project", "Hats"),
        ("export", "--whole-account", "--ticket", "PRIV-7"),
    ):
        assert run(*words).code == 2


def test_status_asks_again_when_the_app_says(served: Served, run: CommandLine) -> None:
    name = document(run("export", "--project", served.project.id, "--no-wait", "--json"), 0)["id"]
    served.gateway.seen.clear()
    served.gateway.retry_after = "3"
    try:
        live = run("status", name, TTY_COMPATIBLE="1", TERM="xterm")
    finally:
        served.gateway.retry_after = "1"
    assert live.code == 0
    # A view that is drawn again in its own place, and is gone at the end.
    assert "\x1b[2K" in live.err
    times = [when for when, _ in served.gateway.seen]
    assert len(times) > 1
    assert all(3 <= after - before < 6 for before, after in itertools.pairwise(times))


def test_an_erasure_is_planned_then_asked_for_with_that_plan_and_approved(
    served: Served, run: CommandLine, tmp_path: Path
) -> None:
    shoe = served.project.shoes[0]
    words = (
        *("erase", "--purpose", "off-boarding", "--waive-export", "case 7"),
        *("--scope", scope(tmp_path, id=served.project.id, images={"ids": [shoe]})),
    )
    dry = run(*words)
    assert dry.code == 0, dry.err
    planned = dry.err.partition(":")[0]
    plan = served.app.host.request(planned)["plan"]
    assert [line.split() for line in dry.err.splitlines() if line.split()[:1] == ["images"]] == [
        ["images", "1"]
    ]
    assert f"--for-real --plan {planned} --plan-hash {plan['hash']}" in dry.err
    assert shoe in served.project.images()

    def nothing_asked(*more: str) -> Said:
        before = len(document(run("requests", "--json"), 0))
        said = run(*words, *more)
        assert said.code == 2
        assert len(document(run("requests", "--json"), 0)) == before
        return said

    assert "--plan" in nothing_asked("--for-real").err
    assert "--plan-hash" in nothing_asked("--for-real", "--plan", planned, "--yes").err
    nothing_asked("--for-real", "--plan", planned, "--plan-hash", "0" * 64, "--yes")
    # The plan is shown; nobody is there to say yes to it.
    assert plan["hash"] in nothing_asked("--for-real", "--plan", planned).err

    real = run(*words, "--for-real", "--plan", planned, "--plan-hash", plan["hash"], "--yes", "--json")
    waiting = document(real, 0)
    assert (waiting["state"], waiting["plan"]["request"]) == ("waiting-for-approval", planned)
    assert run("approve", waiting["id"], "--plan-hash", "0" * 64).code == 2
    assert run("approve", waiting["id"]).code == 2
    assert shoe in served.project.images()
    approved = run("approve", waiting["id"], "--plan-hash", plan["hash"])
    assert (approved.code, "approved by somebody with a key" in approved.out) == (0, True)
    ended = document(run("status", waiting["id"], "--json"), 0)
    assert ended["certificate"]["verdicts"]["service"] == "complete"
    assert shoe not in served.project.images()


def test_a_plan_says_what_cannot_go_and_the_store_never_sees_the_key(
    served: Served, run: CommandLine
) -> None:
    sent: list[Seen] = []

    def keep(seen: Seen) -> None:
        sent.append(seen)

    served.store.fault = keep
    try:
        dry = run("erase", "--purpose", "off-boarding", "--whole-account")
    finally:
        served.store.fault = lambda _: None
    assert dry.code == 0, dry.err
    assert "cannot go: the account itself, its keys and quotas" in dry.err
    name = dry.err.partition(":")[0]
    assert [each for each in sent if f"/plans/{name}/plan.json?" in each.target and "sig=" in each.target]
    assert [each for each in sent if served.key in str(each.headers)] == []


def test_an_erasure_is_rejected_or_cancelled(served: Served, run: CommandLine) -> None:
    for decision in ("reject", "cancel"):
        name = served.app.ask(
            served.project.selecting(images={"ids": served.project.shoes[1:2]}),
            waiveExport={"reason": "a test"},
        )
        waiting = served.app.waiting(name)
        words = (
            ("--plan-hash", waiting["plan"]["hash"], "--reason", "not yet")
            if decision == "reject"
            else ("--yes",)
        )
        assert run(decision, name, *words).code == 0
        ended = run("status", name)
        assert ended.code == 5
        assert (decision != "reject" or "not yet" in ended.out) is True
    assert served.project.shoes[1] in served.project.images()


def test_lists_are_narrowed_and_read_page_by_page(
    served: Served, run: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        refused = run("export", "--project", "no such project", "--ticket", f"servicenow:INC{number}")
        assert refused.code == 5
    everything = document(run("requests", "--json"), 0)
    # The app's own bound of a page is far above what a test makes.
    monkeypatch.setattr("steward.commands.requests.MOST", 2)
    narrow = (
        "requests",
        "--state",
        "refused",
        "--state",
        "failed",
        "--ticket",
        "servicenow",
        "--kind",
        "export",
    )
    of_system = document(run(*narrow, "--json"), 0)
    assert [each["ticket"]["key"] for each in of_system] == ["INC2", "INC1", "INC0"]
    one = document(run("requests", "--ticket", "servicenow:INC1", "--json"), 0)
    assert [each["id"] for each in one] == [of_system[1]["id"]]
    assert document(run("requests", "--limit", "3", "--json"), 0) == everything[:3]
    assert "There are more" in run(*narrow, "--limit", "2").err
    shown = run(*narrow)
    assert shown.err == ""
    assert [line.split()[0] for line in shown.out.splitlines()[1:]] == [each["id"] for each in of_system]


def test_with_an_audience_a_token_is_sent_beside_the_key(served: Served, run: CommandLine) -> None:
    endpoint = IdentityEndpoint()
    served.gateway.seen.clear()
    with endpoint.running():
        said = run(
            *("requests", "--audience", "api://steward"),
            IDENTITY_ENDPOINT=f"http://127.0.0.1:{endpoint.port}/msi/token",
            IDENTITY_HEADER="a-header",
        )
    assert said.code == 0, said.err
    assert "resource=api" in endpoint.asked[0].target
    headers = {name.lower(): value for name, value in served.gateway.seen[0][1].headers.items()}
    assert (headers["authorization"], headers["x-functions-key"]) == ("Bearer a-token", served.key)
    assert "a-token" not in said.out + said.err
    nobody = run("requests", "--audience", "api://steward", AZURE_TOKEN_CREDENTIALS="EnvironmentCredential")
    assert (nobody.code, "--audience (STEWARD_AUDIENCE)" in nobody.err) == (2, True)


def test_doctor_asks_the_app_as_well(served: Served, run: CommandLine, tmp_path: Path) -> None:
    sample = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
    values = {**sample, **settings(served.app.emulator, served.app.archive)}
    file = tmp_path / "settings.json"

    def wrong(values: dict[str, str], **more: str) -> Any:
        file.write_text(json.dumps({"Values": values}))
        found = json.loads(run("doctor", "--settings", str(file), "--json", **more).out)
        assert [each for each in found if each["name"].startswith("app")]
        return {each["name"]: each for each in found if not each["ok"] and each["name"] != "queue"}

    assert wrong(values) == {}
    other = wrong({**values, "TASK_HUB_NAME": "OtherHub"})
    assert "app: hub" in other
    assert "CustomVisionSteward, and TASK_HUB_NAME is OtherHub" in other["app: hub"]["detail"]
    locked_out = wrong(values, STEWARD_KEY="a-wrong-key")
    assert locked_out.keys() == {"app"}
    assert "--key (STEWARD_KEY)" in locked_out["app"]["detail"]
    served.app.emulator.fault(kind="status", operation="GetDomains", status=401)
    try:
        assert wrong(values).keys() == {"service default", "app: service default"}
    finally:
        served.app.emulator.no_faults()
