"""A retention that is interrupted anywhere is finished by the next run, and ends as it would have."""

import pytest
from azure.storage.blob import BlobType, ContainerClient

from steward.archive.expiring import read_expired
from steward.archive.names import BagNames
from tests.archive.exports import Project, child
from tests.archive.test_interruptions import Interrupted, dying_store
from tests.conftest import Azurite
from tests.retention.retaining import DAYS, Retaining

HATS = Project(tagged=[0, 1], untagged=[], snapshots=[], predictions=1)
LATER = Project(id=HATS.id, tagged=[1], untagged=[], snapshots=[], predictions=0)


class Archive:
    """An account with a bag that goes, leftovers that go, and a bag that stays; and how it was before."""

    def __init__(self, account: Retaining) -> None:
        self.account = account
        account.export("export-old", [HATS], days_ago=9)
        account.export("export-failed", [HATS], days_ago=8, state="failed", sealed=False)
        account.export("export-new", [LATER])
        self._before = {name: self._whole(name) for name in self._names()}

    def _names(self) -> set[str]:
        return set(self.account.container.list_blob_names(name_starts_with="default/"))

    def _whole(self, name: str) -> tuple[bytes, BlobType, dict[str, str]]:
        stream = self.account.container.download_blob(name)
        properties = stream.properties
        return stream.readall(), BlobType(str(properties.blob_type.value)), dict(properties.metadata)

    def restore(self) -> None:
        names = self._names()
        for name in names - self._before.keys():
            self.account.container.delete_blob(name)
        for name, (data, kind, metadata) in self._before.items():
            if name not in names or kind == BlobType.APPENDBLOB:
                blob = self.account.container.get_blob_client(name)
                blob.upload_blob(data, blob_type=kind, metadata=metadata, overwrite=True)

    def end(self) -> dict[str, object]:
        """What is left, without times and without ledgers, whose events are named."""
        account = self.account
        expired = {
            bag: read_expired(account.store, BagNames("default", bag))
            for bag in ("export-old", "export-failed", "export-new")
        }
        said = {bag: [event.type for event in account.ledger(bag).read()] for bag in expired}
        left = {name for name in self._names() if "/requests/" not in name}
        records = {bag: found and (found["rule"], found["projects"]) for bag, found in expired.items()}
        return {"blobs": left, "records": records, "events": said, "unproved": account.unproved()}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("every", [29, pytest.param(1, marks=pytest.mark.prove)])
def test_a_retention_that_ends_anywhere_is_finished_by_the_next_run(
    azurite: Azurite, container: ContainerClient, account: Retaining, every: int
) -> None:
    archive = Archive(account)
    retained = account.retain(DAYS).retained
    whole = archive.end()
    assert account.bags() == {"export-new"}
    assert account.copies() == {child(HATS, "image", 1)}
    interrupted = 0
    for lives in range(0, 10_000, every):
        archive.restore()
        request = account.begin(DAYS)
        # Half of the requests are lost before the store hears them, the other half after.
        dying = dying_store(azurite, container, lives, heard=bool(lives % 2))
        try:
            account.work(request, account.dying(dying))
        except Interrupted:
            interrupted += 1
        else:
            break
        account.work(request)
        state = account.ledger(request).state()
        assert (state.state, state.retained) == ("completed", retained)
        assert archive.end() == whole
    assert interrupted > 100 / every
