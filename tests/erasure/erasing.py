"""Asking the app for erasures as its callers do, deciding about them, and what they leave: ledger, plan, certificate."""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import Azurite
from tests.export.exporting import (
    ENDED,
    SELDOM,
    Archive,
    Emulator,
    Host,
    new_archive,
    new_emulator,
    settings,
    wait,
)
from tests.export.record import Json
from tests.service_proxy import ServiceProxy, service_proxy

WAIVED: Json = {"waiveExport": {"reason": "the data is a test's own"}}


@dataclass
class Planned:
    """What a plan says of one project, and the ids of its batches."""

    part: Json
    images: set[str]
    predictions: set[str]


@dataclass
class Erasing:
    """The app on its host, the account that it erases from, and the archive; the app calls the service through a proxy."""

    emulator: Emulator
    service: ServiceProxy
    archive: Archive
    host: Host

    def ask(self, scope: Any, *, dry_run: bool = False, **fields: Any) -> str:
        """The id of an erasure that was accepted."""
        body = {"purpose": "off-boarding", "scope": scope, "dryRun": dry_run, **fields}
        answer = self.host.call("POST", "/api/erasures", body)
        assert answer.status_code == 202, answer.text
        return answer.json()["id"]

    def planned(self, scope: Any, **fields: Any) -> Json:
        """A dry run's document when it has ended."""
        return self.host.wait(self.ask(scope, dry_run=True, **fields))

    def plan_to_take_up(self, document: Json) -> Json:
        """The field of a real erase that names this dry run's plan."""
        return {"plan": {"request": document["id"], "hash": document["plan"]["hash"]}}

    def waiting(self, request: str, seconds: float = 60) -> Json:
        """The document as soon as it waits for an approval, or has ended."""
        return wait(
            lambda: self.host.request(request),
            lambda document: document["state"] in {*ENDED, "waiting-for-approval"},
            seconds,
            SELDOM,
        )

    def approve(self, document: Json) -> None:
        self.decide(document, "approve", planHash=document["plan"]["hash"])

    def decide(self, document: Json, decision: str, **body: Any) -> None:
        answer = self.host.call("POST", f"/api/requests/{document['id']}/{decision}", body)
        assert answer.status_code == 200, answer.text

    def erase(self, scope: Any, seconds: float = 90, **fields: Any) -> Json:
        """From the request through its approval to its end, with no export to fall back on unless `fields` say so."""
        document = self.waiting(self.ask(scope, **(fields or WAIVED)))
        if document["state"] == "waiting-for-approval":
            self.approve(document)
        return self.host.wait(document["id"], seconds)

    def set_hold(self, account: str, covers: Any) -> str:
        """The hold's id."""
        body = {"account": account, "covers": covers, "reason": "case 7"}
        answer = self.host.call("POST", "/api/holds", body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"]

    def lift_hold(self, hold: str) -> None:
        answer = self.host.call("POST", f"/api/holds/{hold}/lift", {"reason": "case 7 is closed"})
        assert answer.status_code == 200, answer.text

    def ledger(self, document: Json) -> list[Json]:
        """The request's events."""
        text = self._read(f"{document['account']}/requests/{document['id']}/ledger.jsonl")
        return [json.loads(line) for line in text.splitlines()]

    def plan(self, document: Json) -> dict[str, Planned]:
        """The plan that the request has on record, by project."""
        folder = f"{document['account']}/plans/{document['plan']['request']}/"
        return {
            part["id"]: Planned(
                part,
                {each["id"] for each in self._batches(folder, part, "image")},
                set(self._batches(folder, part, "prediction")),
            )
            for part in json.loads(self._read(f"{folder}plan.json"))["projects"]
        }

    def certificate(self, document: Json) -> Json:
        return json.loads(self._read(f"{document['certificate']['certificate']}certificate.json"))

    def _batches(self, folder: str, part: Json, kind: str) -> list[Any]:
        names = [f"{folder}batches/{part['id']}/{kind}s-{digest}.json" for digest in part[f"{kind}Batches"]]
        return [each for name in names for each in json.loads(self._read(name))["batch"]]

    def _read(self, name: str) -> bytes:
        return self.archive.container.download_blob(name).readall()


@contextmanager
def erasing(
    azurite: Azurite,
    folder: Path,
    *options: str,
    seed: str = "small",
    values: Mapping[str, str] | None = None,
    accounts: Sequence[str] = (),
    host_options: Sequence[str] = (),
) -> Generator[Erasing]:
    """Programs of a test's own. `options`, `seed`: the emulator's; `values`: settings of the app beside those of tests.

    `accounts`: as in `settings`; `host_options`: of the local host.
    """
    with (
        new_emulator(folder, *options, seed=seed) as emulator,
        service_proxy(emulator.endpoint) as service,
        new_archive(azurite.connection_string) as archive,
        Host(
            folder,
            {**settings(emulator, archive, *accounts, endpoint=service.endpoint), **(values or {})},
            *host_options,
        ) as host,
    ):
        yield Erasing(emulator, service, archive, host)
