"""What one row of the operation table says."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel

from emulator.call import Call, Reply
from emulator.parameters import Parameter, an_id, ids
from emulator.wire import VERSIONS

PROJECT = "/projects/{projectId}"
IMAGES = PROJECT + "/images"
OF_ITERATION = an_id("iterationId")
ANY_TAGS = ids("tagIds", 20)
DRAWN = "Answers are drawn from the pictures' bytes, not recognised."

type Handler = Callable[[Call], Reply | Awaitable[Reply]]


@dataclass(frozen=True)
class Operation:
    """One operation; without a handler it answers 501. `source` says what its behaviour follows."""

    id: str
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    handler: Handler | None
    source: str
    parameters: Sequence[Parameter] = ()
    body: type[BaseModel] | None = None
    body_optional: bool = False
    uploads: bool = False
    versions: Sequence[str] = VERSIONS
    api: Literal["training", "prediction"] = "training"
    # A POST that only reads; every other method than GET writes.
    reads: bool = False
    differs: str = ""

    @property
    def writes(self) -> bool:
        return self.method != "GET" and not self.reads

    @property
    def template(self) -> str:
        """The path with its base, as the OpenAPI file would write it."""
        return f"/customvision/{{version}}/{self.api}{self.path}"


def since(version: str) -> Sequence[str]:
    """This version of the API and the later ones."""
    return VERSIONS[VERSIONS.index(version) :]
