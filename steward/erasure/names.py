"""Names of an erasure's blobs: its plan, what it found before and after, and what became of each batch."""

from dataclasses import dataclass
from typing import Literal

from steward.archive.names import canonical_id, word

type Moment = Literal["plan", "read-back"]
"""When a project's inventory was taken: for the plan, before anything was erased, or after."""
type Batched = Literal["images", "predictions"]


@dataclass(frozen=True, slots=True)
class ErasureNames:
    """Of one request; an erasure that takes up a dry run's plan finds plan and batches under the dry run's names."""

    account: str
    request: str

    def __post_init__(self) -> None:
        word(self.account)
        word(self.request)

    @property
    def prefix(self) -> str:
        """Everything here holds ids of what was erased: it is deleted some time after the request has ended."""
        return f"{self.account}/plans/{self.request}/"

    @property
    def plan(self) -> str:
        return f"{self.prefix}plan.json"

    def inventory(self, moment: Moment, project: str, sha256: str) -> str:
        """Named by what is in it: a late twin that finds something else writes elsewhere."""
        return f"{self.prefix}{moment}/{canonical_id(project)}-{word(sha256)}.jsonl"

    def part(self, moment: Moment, project: str) -> str:
        """What is said of one project, until it is said of all."""
        return f"{self.prefix}{moment}/{canonical_id(project)}.json"

    def batch(self, project: str, entity: Batched, sha256: str) -> str:
        return f"{self.prefix}batches/{canonical_id(project)}/{entity}-{word(sha256)}.json"

    def results(self, project: str) -> str:
        return f"{self.prefix}results/{canonical_id(project)}/"

    def asked(self, project: str, number: int) -> str:
        """What the service answered when it was asked once more for a batch of planned images."""
        return f"{self.prefix}asked/{canonical_id(project)}/{number:05d}.json"

    def findings(self, project: str) -> str:
        """What the read back found of one project."""
        return f"{self.prefix}findings/{canonical_id(project)}.json"

    @property
    def account_findings(self) -> str:
        return f"{self.prefix}findings/account.json"

    @property
    def archive_findings(self) -> str:
        return f"{self.prefix}findings/archives.json"

    @property
    def bags(self) -> str:
        """Requests whose bags hold something of what was erased."""
        return f"{self.prefix}findings/bags.json"
