"""Exports to seal: a small description of what an account holds, and the payload files that an export of it writes."""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from itertools import batched
from typing import Any

from hypothesis import strategies as st

from steward.archive import names
from steward.archive.bag import SealedBag, seal
from steward.archive.closing import close_project
from steward.archive.documents import encode, gap
from steward.archive.listings import record_listing, record_predictions
from steward.archive.names import BagNames, ListingKind
from steward.archive.page_digests import NO_PAGES, UNREAD, page_digest, with_page
from steward.archive.pictures import store_file, store_picture
from steward.archive.store import JSON, JSON_LINES, ArchiveStore

PAGE = 3
DATE = "2026-11-24"
ABOUT = {"purpose": "backup", "options": {"models": True}}

ACCOUNT = {
    "endpoint": "https://hats.cognitiveservices.azure.com",
    "management": {"notAvailable": {"code": "NotConfigured", "reason": "no resource id"}},
    "accountInformation": {"account": {"Keys": {"TrainingKeys": {"PrimaryKey": {"present": True}}}}},
}


@dataclass(frozen=True)
class DrawnPicture:
    """A picture on its way into the archive, as the service's client hands it over."""

    data: bytes
    media_type: str = "image/png"

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()

    @property
    def md5(self) -> bytes:
        return hashlib.md5(self.data, usedforsecurity=False).digest()

    @property
    def length(self) -> int:
        return len(self.data)


@dataclass
class Project:
    """Images by number; `gone` are those whose picture could not be had."""

    name: str = "Hats"
    tags: list[str] = field(default_factory=lambda: ["red"])
    tagged: list[int] = field(default_factory=lambda: [0, 1, 2, 3])
    untagged: list[int] = field(default_factory=lambda: [4])
    gone: list[int] = field(default_factory=list[int])
    snapshots: list[list[int]] = field(default_factory=lambda: [[0, 1, 5]])
    predictions: int = 1
    models: int = 1
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


def projects() -> st.SearchStrategy[list[Project]]:
    """Accounts of every shape: empty ones, projects with nothing but a name, pictures that are gone."""
    numbers = st.lists(st.integers(0, 8), max_size=7, unique=True)
    one = st.builds(
        Project,
        name=st.text(max_size=128),
        tags=st.lists(st.text(min_size=1, max_size=20), max_size=3),
        tagged=numbers,
        untagged=numbers,
        gone=numbers,
        snapshots=st.lists(numbers, max_size=2),
        predictions=st.integers(0, 4),
        models=st.integers(0, 2),
    )
    return st.lists(one, max_size=2)


class Export:
    """One export request, written as the export's activities write it."""

    def __init__(self, store: ArchiveStore, account: str = "default", request: str = "export-1") -> None:
        self.store = store
        self.bag = BagNames(account, request)
        self._recorded = 0

    def write(self, described: Sequence[Project]) -> None:
        """Every payload file, up to the closing of each project."""
        self.document(names.ACCOUNT_PATH, ACCOUNT)
        for project in described:
            self.project(project)
            close_project(self.store, self.bag, project.id)

    def seal(self) -> SealedBag:
        return seal(self.store, self.bag, about=ABOUT, date=DATE)

    def project(self, project: Project) -> None:
        iterations = [child(project, "iteration", number) for number in range(len(project.snapshots))]
        self.document(names.project_path(project.id), {"project": {"id": project.id, "name": project.name}})
        self.document(
            names.iterations_path(project.id), {"iterations": [{"id": each} for each in iterations]}
        )
        self.tags(project, "")
        self.listing(project, "", "tagged", project.tagged)
        self.listing(project, "", "untagged", project.untagged)
        for iteration, numbers in zip(iterations, project.snapshots, strict=True):
            self.iteration(project, iteration, numbers)
        self.predictions(project)

    def iteration(self, project: Project, iteration: str, numbers: Sequence[int]) -> None:
        self.document(
            names.iteration_path(project.id, iteration), {"iteration": {"id": iteration, "name": "Iteration"}}
        )
        self.document(names.performance_path(project.id, iteration), gap("NotFound", "never trained"))
        self.tags(project, iteration)
        self.listing(project, iteration, "tagged", numbers)
        performances = [{"performance": {"id": child(project, "image", each)}} for each in numbers]
        self.pages(project, iteration, "image-performance", performances)
        exports = [self.model(project, iteration, f"Platform{number}") for number in range(project.models)]
        self.document(names.exports_path(project.id, iteration), {"exports": exports})

    def tags(self, project: Project, iteration: str) -> None:
        tags = [
            {"id": child(project, "tag", number), "name": name} for number, name in enumerate(project.tags)
        ]
        self.document(names.tags_path(project.id, iteration), {"tags": tags})

    def listing(self, project: Project, iteration: str, kind: ListingKind, numbers: Sequence[int]) -> None:
        tag = {"tagId": child(project, "tag", 0), "tagName": project.tags[0]} if project.tags else None
        tags = [tag] if kind == "tagged" and tag else []
        self.pages(project, iteration, kind, [self.image(project, each, tags) for each in numbers])

    def image(self, project: Project, number: int, tags: list[dict[str, str]]) -> dict[str, Any]:
        identity = child(project, "image", number)
        image = {
            "id": identity,
            "width": 1,
            "height": 1,
            "tags": tags,
            "metadata": {"subject": subject(identity)},
        }
        line: dict[str, Any] = {"image": image}
        if number in project.gone:
            return {**line, **gap("PictureGone", "HTTP 404")}
        blob = names.pictures_prefix(self.bag.account, project.id) + identity
        stored = store_picture(self.store, blob, DrawnPicture(f"{identity} {number}".encode()))
        path = names.picture_path(project.id, identity, stored.extension)
        return {**line, "picture": stored.pointer(path, blob)}

    def predictions(self, project: Project) -> None:
        lines: list[dict[str, Any]] = []
        for number in range(project.predictions):
            identity = child(project, "prediction", number)
            blob = names.prediction_pictures_prefix(self.bag.account, project.id) + identity
            stored = store_picture(self.store, blob, DrawnPicture(identity.encode(), "image/jpeg"))
            path = names.prediction_picture_path(project.id, identity, stored.extension)
            lines.append({"prediction": {"id": identity}, "picture": stored.pointer(path, blob)})
        pages = list(batched(lines, PAGE, strict=False))
        for page, content in enumerate(pages):
            self.lines(names.prediction_page_path(project.id, page), content)
        counts = {"pages": len(pages), "listed": len(lines)}
        record_predictions(
            self.store, self.bag.work, project.id, recorded=self.later(), digest=digest_of(pages), **counts
        )

    def model(self, project: Project, iteration: str, platform: str) -> dict[str, Any]:
        content = f"{iteration} {platform}".encode()
        path = names.model_path(project.id, iteration, platform, None, hashlib.sha256(content).hexdigest())
        blob = names.shared_blob(self.bag.account, path)
        stored = store_file(self.store, blob, BytesIO(content), "application/zip")
        export = {"platform": platform, "status": "Done", "flavor": None}
        return {"export": export, "model": stored.pointer(path, blob)}

    def pages(
        self, project: Project, iteration: str, kind: ListingKind, lines: Sequence[dict[str, Any]]
    ) -> None:
        # The service is asked for a first page even of a list that is empty.
        pages = list(batched(lines, PAGE, strict=False)) or [()]
        for page, content in enumerate(pages):
            self.lines(names.page_path(project.id, iteration, kind, page), content)
        record_listing(
            self.store, self.bag.work, project.id, iteration, kind, recorded=self.later(), pages=len(pages),
            digest=digest_of(pages), counted=len(lines), listed=len(lines), settled=True,
        )  # fmt: skip

    def later(self) -> str:
        """Later than any record before it."""
        self._recorded += 1
        return f"{self._recorded:06d}"

    def document(self, path: str, document: dict[str, Any]) -> None:
        self.store.write(self.bag.blob(path), encode(document), media_type=JSON)

    def lines(self, path: str, lines: Sequence[dict[str, Any]]) -> None:
        self.store.write(self.bag.blob(path), b"".join(map(encode, lines)), media_type=JSON_LINES)


def subject(image: str) -> str:
    """Whom the image is of: a person a picture."""
    return f"person of {image}"


def digest_of(pages: Iterable[Sequence[dict[str, Any]]]) -> str:
    """Of pages of lines, as the listing's orchestration has it at its end."""
    digest = NO_PAGES
    for page in pages:
        items = [line[key] for line in page for key in ("image", "prediction", "performance") if key in line]
        of_page = page_digest(item["id"] for item in items) if len(items) == len(page) else UNREAD
        digest = with_page(digest, of_page)
    return digest


def child(project: Project, kind: str, number: int) -> str:
    """The id of a thing of a project, the same each time."""
    return str(uuid.uuid5(uuid.UUID(project.id), f"{kind} {number}"))
