"""The archives phase of erasures, activity by activity, over bags of one project whose images the service has lost."""

import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from activities import archives
from steward.archive.documents import encode
from steward.archive.store import JSON, ArchiveStore
from steward.archive.verify import verify
from steward.erasure.comparison import ProjectFindings
from steward.erasure.names import ErasureNames
from steward.erasure.plan import PlannedProject
from steward.evidence.keys import EvidenceSigner
from steward.ledger.holds import CoveredObject, Holds
from tests.archive.exports import Export, Project, child, subject
from tests.archive.redacting import sealed, signer_in
from tests.conftest import Azurite
from tests.erasure.acting import PROJECT, Acting, acting, inventory

DESCRIBED = Project(id=PROJECT, snapshots=[[0, 1, 5]], predictions=2)
RUN = "run-1"


def image(number: int) -> str:
    return child(DESCRIBED, "image", number)


ITERATION = child(DESCRIBED, "iteration", 0)


class Archiving:
    """An account whose bags have all of the project; `erase` begins a request, up to its archives phase."""

    def __init__(self, acting: Acting, signer: EvidenceSigner, bags: int) -> None:
        self._acting = acting
        self.store: ArchiveStore = acting.home.store
        self._holds = Holds(acting.home.container, "default")
        self.exports = [Export(self.store, request=f"export-{number}") for number in range(bags)]
        for export in self.exports:
            sealed(export, [DESCRIBED], signer)

    def erase(
        self,
        *images: int,
        iterations: Sequence[str] = (),
        whole: bool = False,
        planned: bool = True,
        present: Collection[str] = (),
    ) -> Acting:
        """What the service has lost by now: images by number, each of another person, and iterations. `planned`: by this
        request, else long before; `present`: ids that the service still has."""
        entries: list[dict[str, Any]] = [
            {"id": PROJECT, "images": {"metadata": {"subject": subject(image(each))}}} for each in images
        ]
        entries += [{"id": PROJECT, "iterations": [each]} for each in iterations]
        scope = {"projects": [{"id": PROJECT}] if whole else entries}
        request = self._acting.accept(scope, purpose="data-subject", archives="erase")
        names = ErasureNames("default", request.request)
        gone = [image(each) for each in images] if planned else []
        part = request.plan(inventory(gone, whole=whole, iterations=iterations if planned else ()))
        projects = {"projects": [{"id": PROJECT, "name": "Hats"}], "others": []}
        self._write(f"default/work/{request.request}/projects.json", projects)
        self._write(names.findings(PROJECT), findings(part, gone, present))
        self._write(names.account_findings, {"listed": [], "contradicted": [], "goneBeside": [], "new": []})
        request.ledger.append("phase", "phase-archives", {"phase": "archives"})
        return request

    def begin(self, request: Acting, run: str = RUN) -> None:
        """Up to the first change."""
        for number in range(request.act("find_bags", run=run)["count"]):
            request.act("search_bag", run=run, number=number)
        request.act("decide_leaving", run=run)

    def redact(self, request: Acting, run: str = RUN) -> None:
        for number in range(self._bags(request, run)):
            request.act("redact_bag", run=run, number=number)

    def finish(self, request: Acting, run: str = RUN) -> dict[str, Any]:
        """What is found in the end."""
        request.act("delete_copies", run=run)
        for number in range(self._bags(request, run)):
            request.act("read_back_bag", run=run, number=number)
        request.act("read_back_archive", run=run)
        return json.loads(self.store.read(ErasureNames("default", request.request).archive_findings))

    def all_of(self, request: Acting, run: str = RUN) -> dict[str, Any]:
        """The whole phase."""
        self.begin(request, run)
        self.redact(request, run)
        return self.finish(request, run)

    def end(self, request: Acting, state: str = "incomplete") -> None:
        """Its work area is emptied."""
        request.act("end_request", state=state, reason="")

    def hold(self, **covers: str) -> str:
        """The id of a hold on the project, or on something in it."""
        held = CoveredObject(project=PROJECT, **covers)  # pyright: ignore[reportArgumentType] - tag or image
        return self._holds.set(held, reason="case 7", by={}).id

    def lift(self, hold: str) -> None:
        self._holds.lift(hold, reason="case 7 is closed", by={})

    def naming(self, number: int) -> list[str]:
        """Files of bags that have an image."""
        return [
            blob.name
            for blob in self.store.list("default/exports/")
            if "/data/" in blob.name and image(number).encode() in self.store.read(blob.name)
        ]

    def copies(self) -> set[str]:
        """Ids of the images whose pictures stand."""
        return {blob.name.rpartition("/")[2] for blob in self.store.list(f"default/pictures/{PROJECT}/")}

    def problems(self) -> list[str]:
        """Of all bags."""
        found = [verify(self.store, "default", export.bag.request) for export in self.exports]
        return [problem for each in found for problem in each.problems]

    def _bags(self, request: Acting, run: str) -> int:
        names = ErasureNames("default", request.request)
        return len(json.loads(self.store.read(names.bags(run)))["bags"])

    def _write(self, name: str, document: Any) -> None:
        self.store.write(name, encode(document), media_type=JSON)


def archiving_in(
    monkeypatch: pytest.MonkeyPatch, azurite: Azurite, container: ContainerClient, keys: Path, bags: int = 1
) -> Archiving:
    """An account in a container of its own, with a signing key of its own."""
    request, signer = acting(monkeypatch, azurite, container), signer_in(keys)

    def load_signer(_: str) -> EvidenceSigner:
        return signer

    monkeypatch.setattr(archives, "load_signer", load_signer)
    return Archiving(request, signer, bags)


def reasons(found: dict[str, Any]) -> str:
    """Why something stays."""
    return " ".join(each["reason"] for each in found["unredacted"])


def findings(part: PlannedProject, images: Collection[str], present: Collection[str]) -> ProjectFindings:
    """All that was planned is gone."""
    absent: dict[Any, list[str]] = {
        "images": sorted(images),
        "iterations": sorted(part["iterations"]),
        "projects": [PROJECT] if part["whole"] else [],
    }
    return ProjectFindings(
        asked=[{"entity": "images", "project": PROJECT, "absent": len(images), "present": 0}],
        left=[],
        refused=[],
        residue=[],
        newItems=[],
        goneBeside=[],
        unsettled=[],
        absent=absent,
        present=sorted(present),
        gone=part["whole"],
        pictures={"asked": 0, "served": 0},
    )
