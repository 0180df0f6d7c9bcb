"""What became of each batch: what was left and why, what the service refused, which pictures storage still serves.

What is gone is not here: only the read back says that. Results are added up, since a batch may be worked on twice.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypedDict

from steward.archive.documents import encode
from steward.archive.store import JSON, ArchiveStore
from steward.erasure.names import ErasureNames


class Remark(TypedDict):
    """Why an object stays; `code` is the service's where it refused, else ours."""

    id: str
    code: str
    reason: str


class Result(TypedDict):
    """Of one batch. `asked`: images whose picture was asked for by its signed address after the delete; `served`: of
    these, the ones that storage still gave."""

    entity: str
    left: list[Remark]
    refused: list[Remark]
    asked: list[str]
    served: list[str]


@dataclass(slots=True)
class ProjectResults:
    """Everything said of a project, each object once; `left` and `refused` by entity and id."""

    left: dict[tuple[str, str], Remark] = field(default_factory=dict[tuple[str, str], Remark])
    refused: dict[tuple[str, str], Remark] = field(default_factory=dict[tuple[str, str], Remark])
    asked: set[str] = field(default_factory=set[str])
    served: set[str] = field(default_factory=set[str])


def result(
    entity: str,
    *,
    left: Iterable[Remark] = (),
    refused: Iterable[Remark] = (),
    asked: Iterable[str] = (),
    served: Iterable[str] = (),
) -> Result:
    return Result(
        entity=entity, left=list(left), refused=list(refused), asked=sorted(asked), served=sorted(served)
    )


def write_result(store: ArchiveStore, names: ErasureNames, project: str, found: Result) -> None:
    """Under a name of its own content: a twin that saw something else says so beside it, not over it."""
    if not (found["left"] or found["refused"] or found["asked"]):
        return
    data = encode(found)
    name = f"{names.results(project)}{hashlib.sha256(data).hexdigest()[:32]}.json"
    store.write(name, data, media_type=JSON)


def read_results(store: ArchiveStore, names: ErasureNames, project: str) -> ProjectResults:
    """All of a project's, added up."""
    results = ProjectResults()
    for blob in store.list(names.results(project)):
        found: Result = json.loads(store.read(blob.name))
        results.left |= {(found["entity"], each["id"]): each for each in found["left"]}
        results.refused |= {(found["entity"], each["id"]): each for each in found["refused"]}
        results.asked |= set(found["asked"])
        results.served |= set(found["served"])
    return results
