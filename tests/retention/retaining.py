"""An account with exports of any age, and its retention, activity by activity: archive and ledgers in Azurite, no host."""

import dataclasses
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from activities import blueprints
from steward.accounts import Account, connect
from steward.archive.bag import all_bags, seal
from steward.archive.closing import close_project
from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from steward.evidence.bags import sign_bag
from steward.evidence.keys import EvidenceSigner
from steward.ledger.ledger import Ledger
from steward.ledger.state import SEALED, EndedState, RequestState
from steward.requests_api.contract import parse_erasure, parse_export
from steward.retention.going import Going, find_going, verifies_now
from steward.retention.protection import protection
from steward.retention.rules import Rules
from steward.settings import Settings, read_settings
from tests.app.decided import values
from tests.archive.exports import DATE, Export, Project
from tests.archive.redacting import signer_in
from tests.conftest import Azurite

OFF = Rules(days=0, runs=0, data_subject_days=30)
DAYS = dataclasses.replace(OFF, days=7)
NOW = datetime.now(UTC)


@dataclasses.dataclass
class Retaining:
    """`home`: the account as its activities get it; `runs` makes names."""

    home: Account
    settings: Settings
    signer: EvidenceSigner
    runs: int = 0

    @property
    def store(self) -> ArchiveStore:
        return self.home.store

    @property
    def container(self) -> ContainerClient:
        return self.home.container

    def ledger(self, request: str, at: datetime = NOW) -> Ledger:
        return Ledger(self.container, "default", request, clock=lambda: at)

    def export(
        self,
        request: str,
        projects: Sequence[Project],
        *,
        days_ago: float = 0,
        purpose: str = "backup",
        scope: str = "account",
        state: EndedState | None = "completed",
        sealed: bool = True,
    ) -> Export:
        """An export that ended so many days ago; with `state` None it goes on; without `sealed` it left only payload."""
        ended = datetime.now(UTC) - timedelta(days=days_ago)
        asked = (
            scope
            if scope == "account"
            else {"projects": [{"id": each.id} for each in projects] or [{"name": "Hats"}]}
        )
        document = parse_export({"purpose": purpose, "scope": asked}, ["default"]).to_document()
        ledger = self.ledger(request, ended)
        ledger.create("export", document)
        ledger.start("TheHub")
        export = Export(self.store, request=request)
        for project in projects:
            export.project(project)
        if sealed:
            for project in projects:
                close_project(self.store, export.bag, project.id)
            about: dict[str, Any] = {"purpose": purpose, "scope": scope, "options": {}}
            found = seal(self.store, export.bag, about=about, date=DATE)
            ledger.append(SEALED, SEALED, {"bag": export.bag.prefix, "tagmanifest": found.tagmanifest})
            sign_bag(self.store, export.bag, found, self.signer, {})
        if state:
            ledger.end(state)
        return export

    def erasure(self, request: str, *, days_ago: float = 0, **fields: Any) -> Ledger:
        """One that was accepted, and goes on."""
        document = {"purpose": "off-boarding", "scope": "account", "dryRun": False, **fields}
        ledger = self.ledger(request, NOW - timedelta(days=days_ago))
        ledger.create("erasure", parse_erasure(document, ["default"]).to_document())
        return ledger

    def begin(self, rules: Rules) -> str:
        """A retention on record, with the account's turn."""
        self.runs += 1
        request = f"retention-{self.runs:03d}"
        ledger = self.ledger(request, datetime.now(UTC))
        ledger.create("retention", {"purpose": "retention", "rules": rules.to_document()})
        ledger.start("TheHub")
        return request

    def work(self, request: str, home: Account | None = None, *, end: bool = True) -> None:
        """What its orchestration does, up to its end, or only until everything has been collected."""
        with self._patched(home or self.home):
            ref = {"request": request, "account": "default"}
            count = _activity("find_expiring", ref)["count"]
            for number in range(count):
                _activity("expire_bag", {**ref, "run": "run", "number": number})
            last = ""
            while True:
                last = _activity("collect_copies", {**ref, "after": last})["last"]
                if not last:
                    break
            if not end:
                return
            ending = _activity("close_retention", ref)
            _activity("end_request", {**ref, **ending})

    def retain(self, rules: Rules = OFF) -> RequestState:
        """A whole one."""
        request = self.begin(rules)
        self.work(request)
        return self.ledger(request).state()

    def going(self, rules: Rules) -> Going:
        """Which bags would go now."""
        now, age = datetime.now(UTC), timedelta(hours=self.settings.export_age_hours)
        protected = protection(self.container, "default", export_age=age, now=now)
        return find_going(
            self.store, self.container, "default", rules, protected, now,
            verifies=verifies_now(self.store, "default"),
        )  # fmt: skip

    def bags(self) -> set[str]:
        """Requests that have anything left in the archive."""
        return {bag.request for bag in all_bags(self.store, "default")}

    def copies(self) -> set[str]:
        """Ids of the pictures that stand."""
        return {blob.name.rpartition("/")[2] for blob in self.store.list("default/pictures/")}

    def unproved(self) -> dict[str, list[str]]:
        """Sealed bags that do not verify."""
        found = {bag: verify(self.store, "default", bag) for bag in self.bags()}
        return {bag: each.problems for bag, each in found.items() if each.tagmanifest and not each.proved}

    def dying(self, store: ArchiveStore) -> Account:
        """The account, with a store that ends the process."""
        container: ContainerClient = store._container  # pyright: ignore[reportPrivateUsage] - the ledgers stand in it too
        return dataclasses.replace(self.home, store=store, container=container)

    @contextmanager
    def _patched(self, home: Account) -> Generator[None]:
        def account(_: str) -> Account:
            return home

        def current_settings() -> Settings:
            return self.settings

        with pytest.MonkeyPatch.context() as patch:
            for module in _modules():
                for each in (account, current_settings):
                    if hasattr(module, each.__name__):
                        patch.setattr(module, each.__name__, each)
            yield


def retaining(azurite: Azurite, container: ContainerClient, folder: Path) -> Retaining:
    """An account without exports."""
    environment = {
        **values(azurite, container),
        "CUSTOM_VISION_TRAINING_KEY": "a-key",
        "TASK_HUB_NAME": "TheHub",
        "EVIDENCE_KEY": str(folder / "key.pem"),
        "RETENTION_SCHEDULE": "0 0 4 * * *",
    }
    settings = read_settings(environment)
    return Retaining(connect(settings, "default"), settings, signer_in(folder))


def bag_of(request: str) -> BagNames:
    return BagNames("default", request)


def _activity(name: str, payload: dict[str, Any]) -> Any:
    for module in _modules():
        if (found := getattr(module, name, None)) and hasattr(found, "_function"):
            return found._function.get_user_function()(payload)
    raise KeyError(name)


def _modules() -> list[Any]:
    assert blueprints
    return [module for name, module in sys.modules.items() if name.startswith("activities.")]
