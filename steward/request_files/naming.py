"""The names by which callers know a request's files, and which blob each of them means. No other name means any blob."""

import re
from dataclasses import dataclass

from steward.archive import manifest
from steward.archive.errors import BlobMissing
from steward.archive.names import ID, BagNames
from steward.archive.store import ArchiveStore
from steward.erasure.names import ErasureNames
from steward.evidence.certificates import CertificateNames
from steward.ledger.ledger import ledger_blob
from steward.ledger.state import RequestState
from steward.requests_api.answers import CertificateLinks, Links

LEDGER = "ledger.jsonl"
PLAN = "plan.json"
CERTIFICATE, PAGE, STATEMENT = "certificate.json", "certificate.html", "certificate.dsse.json"
BAG = "bag/"
PAYLOAD = f"{BAG}data/"
# Of the plan, which names them by their digests.
_BATCH = re.compile(rf"batches/{ID}/(?:images|predictions)-[0-9a-f]{{64}}\.json")


@dataclass(frozen=True, slots=True)
class RequestFile:
    """`name` as callers know it; `blob` is there. `tagmanifest`: of payload, the digest of its bag's as it was before."""

    name: str
    blob: str
    tagmanifest: str = ""

    @property
    def is_payload(self) -> bool:
        return self.name.startswith(PAYLOAD)

    @property
    def is_of_plan(self) -> bool:
        return self.name == PLAN or _BATCH.fullmatch(self.name) is not None


def find_file(store: ArchiveStore, state: RequestState, name: str) -> RequestFile | None:
    """One of the request's own files; None for any other name, and where there is no such file (any more)."""
    # Read before the manifest: should the bag be redacted meanwhile, this is a copy of what it was.
    tagmanifest = _tagmanifest(store, state) if state.bag and name.startswith(PAYLOAD) else ""
    blob = _meant(store, state, name) if name.isascii() else None
    return RequestFile(name, blob, tagmanifest) if blob and store.find(blob) else None


def links_to(store: ArchiveStore, state: RequestState) -> Links:
    """Where callers find the request's files, those that are there."""
    links = Links(ledger=path_of(state, LEDGER))
    if state.plan and store.find(_plan(state).plan):
        links["plan"] = path_of(state, PLAN)
    if state.bag and (names := _beside_payload(store, state.bag)):
        links["bag"] = {name: path_of(state, BAG + name) for name in names}
    if state.certificate:
        there = set(store.children(CertificateNames(state.account, state.id).prefix))
        found = {"json": CERTIFICATE, "page": PAGE, "statement": STATEMENT}
        certificate = {key: path_of(state, name) for key, name in found.items() if name in there}
        if certificate:
            links["certificate"] = CertificateLinks(**certificate)
    return links


def path_of(state: RequestState, name: str) -> str:
    """Where the app serves a file of this name, whether or not it is there."""
    return f"/api/requests/{state.id}/files/{name}"


def _meant(store: ArchiveStore, state: RequestState, name: str) -> str | None:
    certificate = CertificateNames(state.account, state.id)
    if name.startswith(BAG):
        return _in_bag(store, state, name.removeprefix(BAG)) if state.bag else None
    if name == LEDGER:
        return ledger_blob(state.account, state.id)
    if state.plan and name == PLAN:
        return _plan(state).plan
    if state.plan and _BATCH.fullmatch(name):
        return _plan(state).prefix + name
    if state.certificate and name in {CERTIFICATE, PAGE, STATEMENT}:
        return certificate.prefix + name
    return None


def _plan(state: RequestState) -> ErasureNames:
    """An erasure that takes up the plan of a dry run has that one's."""
    return ErasureNames(state.account, str(state.plan["request"]))


def _tagmanifest(store: ArchiveStore, state: RequestState) -> str:
    found = store.find(BagNames(state.account, state.id).blob(manifest.TAGMANIFEST))
    return (found.sha256 if found else None) or ""


def _in_bag(store: ArchiveStore, state: RequestState, path: str) -> str | None:
    """Copies that bags share are this bag's only where its manifest names them."""
    bag = BagNames(state.account, state.id)
    if not path.startswith("data/"):
        return bag.blob(path) if path in _beside_payload(store, bag.prefix) else None
    ending = manifest.digest_line("", path).rstrip(b"\n")
    try:
        named = any(line.endswith(ending) for line in store.read_lines(bag.blob(manifest.MANIFEST_SHA256)))
    except BlobMissing:
        return None
    return bag.resolve(path) if named else None


def _beside_payload(store: ArchiveStore, prefix: str) -> list[str]:
    """Tag files and statements, which stand right under the bag's prefix."""
    return sorted(name for name in store.children(prefix) if not name.endswith("/"))
