"""One call as a handler sees it, and what it answers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from emulator.account import Account
from emulator.errors import ServiceError
from emulator.options import Options
from emulator.signing import Signer
from emulator.state import Iteration, Project
from emulator.wire import Wire, encode, encode_figures
from emulator.workspace import Tag, Workspace

JSON = "application/json; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, body, and the body's type where there is a body."""

    status: int
    body: bytes = b""
    media_type: str | None = None


NO_CONTENT = Reply(204)


def answer(value: Any, status: int = 200) -> Reply:
    """JSON."""
    return Reply(status, encode(value), JSON)


def answer_figures(value: Any, status: int = 200) -> Reply:
    """JSON with probabilities or regions in it."""
    return Reply(status, encode_figures(value), JSON)


@dataclass(frozen=True, slots=True)
class Upload:
    """One picture of a body; the name as the call wrote it."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Call:
    """Everything a handler needs: ids of the path, values of the query, the body, and the account."""

    account: Account
    options: Options
    signer: Signer
    version: str
    request_id: str
    base: str
    ids: Mapping[str, str]
    query: Mapping[str, Any]
    body: BaseModel | None
    uploads: Sequence[Upload]
    training_keys: Sequence[str]
    prediction_key: str

    @cached_property
    def now(self) -> int:
        """Ticks at which the call is answered."""
        return self.account.clock.now()

    @cached_property
    def wire(self) -> Wire:
        return Wire(self.version, self._uris(), self.options)

    def body_as[B: BaseModel](self, kind: type[B]) -> B:
        """The body, of the kind that the operation table names."""
        if not isinstance(self.body, kind):
            raise ServiceError("BadRequestRequiredParamIsNull", "The body is missing.")
        return self.body

    def project(self) -> Project:
        """Project of the path. 404 NotFoundProject."""
        if project := self.account.projects.get(self.ids["projectId"]):
            return project
        raise ServiceError("NotFoundProject")

    def iteration(self, iteration_id: str | None = None) -> Iteration:
        """Iteration of the path, or the one named. 404 NotFoundIteration."""
        if iteration := self.project().iterations.get(iteration_id or self.ids["iterationId"]):
            return iteration
        raise ServiceError("NotFoundIteration")

    def workspace(self) -> Workspace:
        """The snapshot of the iteration that the query names, else the workspace."""
        iteration_id: str | None = self.query.get("iterationId")
        return self.iteration(iteration_id).snapshot if iteration_id else self.project().workspace

    def _uris(self) -> "_Uris | _RelativeUris":
        if self.options.private:
            return _RelativeUris()
        return _Uris(self.base, self.signer, self.signer.expiry(self.options.sas_lifetime))


def known_tags(workspace: Workspace, tag_ids: Sequence[str]) -> Sequence[Tag]:
    """These tags. 404 NotFoundTag."""
    for tag_id in tag_ids:
        if tag_id not in workspace.tags:
            raise ServiceError("NotFoundTag", f"The tag {tag_id} does not exist.")
    return [workspace.tags[tag_id] for tag_id in tag_ids]


@dataclass(frozen=True, slots=True)
class _Uris:
    base: str
    signer: Signer
    expiry: str

    def __call__(self, path: str) -> str:
        return f"{self.base}{path}?{self.signer.query(path, self.expiry)}"


@dataclass(frozen=True, slots=True)
class _RelativeUris:
    """A private account gives paths for GetArtifact (recording GetArtifacts)."""

    def __call__(self, path: str) -> str:
        return path
