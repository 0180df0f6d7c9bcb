"""A sealed bag to read from, in the store or as it was downloaded: what is read is what its manifests say, or nothing."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from steward.archive import manifest
from steward.archive.download import BagNotSealed
from steward.archive.errors import BlobDamaged, BlobMissing
from steward.archive.names import PROJECTS, BagNames
from steward.archive.store import ArchiveStore

_CHUNK = 1 << 20


class OpenBag(ABC):
    """`tagmanifest` is the SHA-256 of the tagmanifest, which stands for every byte of the bag."""

    names: BagNames

    def __init__(self) -> None:
        try:
            tagmanifest = b"".join(self._chunks(manifest.TAGMANIFEST))
        except BlobMissing:
            raise BagNotSealed(
                f"{self.place}: has no {manifest.TAGMANIFEST}, so there is no finished bag"
            ) from None
        self.tagmanifest = hashlib.sha256(tagmanifest).hexdigest()
        self._digests = dict(
            manifest.parse_digest_lines(manifest.TAGMANIFEST, iter(tagmanifest.splitlines()))
        )
        listed = manifest.parse_digest_lines(
            manifest.MANIFEST_SHA256, self._checked_lines(manifest.MANIFEST_SHA256)
        )
        # Pictures are left out: each line of images has the digest of its own.
        self._digests |= {path: digest for path, digest in listed if path.startswith(PROJECTS)}

    @property
    @abstractmethod
    def place(self) -> str:
        """Where the bag is, for people."""

    def paths(self, stem: str) -> list[str]:
        """Payload documents whose paths begin so, in order."""
        return sorted(path for path in self._digests if path.startswith(stem))

    def projects(self) -> list[str]:
        """Ids of the projects of which the bag has anything."""
        return sorted({path.split("/")[2] for path in self.paths(PROJECTS)})

    def document(self, path: str) -> Mapping[str, Any]:
        """A payload document; one that the bag does not have is a gap too."""
        if path not in self._digests:
            return {"gap": {"code": "NotInBag", "reason": f"the bag has no {path}"}}
        return json.loads(self.read(path, self._digests[path]))

    def lines(self, path: str) -> Iterator[dict[str, Any]]:
        """Of a page of images."""
        yield from map(json.loads, self.read(path, self._digests[path]).splitlines())

    def read(self, path: str, sha256: str) -> bytes:
        """Raises BlobMissing; BlobDamaged where the bytes do not have this digest."""
        data = b"".join(self._chunks(path))
        self._check(path, hashlib.sha256(data).hexdigest(), sha256)
        return data

    @abstractmethod
    def _chunks(self, path: str) -> Iterator[bytes]:
        """Of a file of the bag, shared ones too; raises BlobMissing."""

    def _checked_lines(self, path: str) -> Iterator[bytes]:
        """In bounded memory."""
        digest, rest = hashlib.sha256(), b""
        for chunk in self._chunks(path):
            digest.update(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
        if rest:
            yield rest
        self._check(path, digest.hexdigest(), self._digests.get(path, ""))

    def _check(self, path: str, found: str, expected: str) -> None:
        if found != expected:
            raise BlobDamaged(f"{self.place}: {path}: does not have the bytes of the bag's manifest")


class StoredBag(OpenBag):
    """Where it stands."""

    def __init__(self, store: ArchiveStore, names: BagNames) -> None:
        self._store = store
        self.names = names
        super().__init__()

    @property
    def place(self) -> str:
        return self.names.prefix

    def _chunks(self, path: str) -> Iterator[bytes]:
        return self._store.read_chunks(self.names.resolve(path), check=False)


class DownloadedBag(OpenBag):
    """As `python -m steward download` has made it. Raises BlobDamaged where it does not say whose bag it is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        super().__init__()
        info = manifest.parse_bag_info(self.read(manifest.BAG_INFO, self._digests[manifest.BAG_INFO]))
        try:
            self.names = BagNames(
                info.get("Internal-Sender-Identifier", ""), info.get("External-Identifier", "")
            )
        except ValueError as error:
            raise BlobDamaged(f"{folder}: {manifest.BAG_INFO}: {error}") from None

    @property
    def place(self) -> str:
        return str(self._folder)

    @staticmethod
    def is_at(folder: Path) -> bool:
        """Whether a download has been finished there: the file that declares a bag is written last."""
        return (folder / manifest.BAGIT).is_file()

    def _chunks(self, path: str) -> Iterator[bytes]:
        try:
            with (self._folder / path).open("rb") as file:
                while chunk := file.read(_CHUNK):
                    yield chunk
        except FileNotFoundError:
            raise BlobMissing(f"{self._folder / path}: is not there") from None
