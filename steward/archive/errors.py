"""What can go wrong with an archive's store."""

# ruff: noqa: N818 - exceptions are named for what happened; the root says that they are errors.


class ArchiveError(Exception):
    """ArchiveError
    ├── ArchiveUnavailable   the store does not answer, or refuses us
    │   └── ContainerMissing
    ├── BlobMissing
    ├── BlobExists           a blob that must be new is there already, or is no longer the one that was read
    ├── BlobDamaged          the bytes are not those that were written
    └── PayloadInconsistent
    """


class ArchiveUnavailable(ArchiveError):
    """The text names the container and the store's code; never a key or a signature."""


class ContainerMissing(ArchiveUnavailable):
    pass


class BlobMissing(ArchiveError):
    pass


class BlobExists(ArchiveError):
    pass


class BlobDamaged(ArchiveError):
    pass


class PayloadInconsistent(ArchiveError):
    """Payload files contradict each other or lack a page; no bag can be sealed from them."""
