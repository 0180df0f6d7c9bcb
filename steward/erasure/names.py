"""Names of an erasure's blobs: its plan, what it found before and after, and what became of each batch."""

from typing import Literal

from steward.archive.names import RequestNames, canonical_id, word

type Moment = Literal["plan", "read-back"]
"""When a project's inventory was taken: for the plan, before anything was erased, or after."""
type Batched = Literal["images", "predictions"]


class ErasureNames(RequestNames):
    """Of one request; an erasure that takes up a dry run's plan finds plan and batches under the dry run's names."""

    __slots__ = ()

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

    def all_asked(self, project: str) -> str:
        """What the service answered when it was asked once more for planned objects by their ids, batch by batch."""
        return f"{self.prefix}asked/{canonical_id(project)}/"

    def asked(self, project: str, kind: str, number: int) -> str:
        return f"{self.all_asked(project)}{word(kind)}-{number:05d}.json"

    def findings(self, project: str) -> str:
        """What the read back found of one project."""
        return f"{self.prefix}findings/{canonical_id(project)}.json"

    @property
    def account_findings(self) -> str:
        return f"{self.prefix}findings/account.json"

    def certificate(self, sha256: str) -> str:
        """A certificate before it is on record."""
        return f"{self.prefix}certificates/{word(sha256)}.json"

    @property
    def archive_findings(self) -> str:
        return f"{self.prefix}findings/archives.json"

    @property
    def archives(self) -> str:
        """What every run of the archives phase has found, by run."""
        return f"{self.prefix}archives/"

    def archives_run(self, run: str) -> str:
        """One run's part of it; each blob there is written once."""
        return f"{self.archives}{word(run)}/"

    def bags(self, run: str) -> str:
        """Requests whose bags have a project of the scope."""
        return f"{self.archives_run(run)}bags.json"

    def in_bag(self, run: str, number: int) -> str:
        """What one of these bags has of the scope."""
        return f"{self.archives_run(run)}found/{number:05d}.json"

    def leaving(self, run: str) -> str:
        """What is to leave the archives, and what stays there and why."""
        return f"{self.archives_run(run)}leaving.json"

    def stopped(self, run: str, project: str) -> str:
        """Why nothing more of a project leaves."""
        return f"{self.archives_run(run)}stopped/{canonical_id(project)}.json"

    def left_in_bag(self, run: str, number: int) -> str:
        """What the read back found of one of these bags."""
        return f"{self.archives_run(run)}left/{number:05d}.json"
