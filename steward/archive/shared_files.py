"""Shared files that a payload names: each once, so that the manifests can list them."""

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import Any

from steward.archive.errors import PayloadInconsistent
from steward.archive.names import shared_blob
from steward.archive.summaries import SharedSummary

# SHA-256, MD5, length.
_RECORD = Struct("32s16sQ")


class SharedFiles:
    """Shared files of one kind, each once however many listings name it: 300 bytes a file."""

    def __init__(self, account: str, folder: str) -> None:
        self._account = account
        self._folder = folder
        self._records: dict[str, bytes] = {}
        self.bytes = 0

    def add(self, pointer: Mapping[str, Any]) -> None:
        path = str(pointer["path"])
        if not path.startswith(self._folder) or shared_blob(self._account, path) != pointer["blob"]:
            raise PayloadInconsistent(f"{path}: is not the place of {pointer['blob']}")
        record = _RECORD.pack(
            bytes.fromhex(pointer["sha256"]), bytes.fromhex(pointer["md5"]), pointer["length"]
        )
        known = self._records.setdefault(path.removeprefix(self._folder), record)
        if known is record:
            self.bytes += int(pointer["length"])
        elif known != record:
            raise PayloadInconsistent(f"{path}: two payload files name it with different digests")

    def pointers(self) -> Iterator[Mapping[str, Any]]:
        for tail in sorted(self._records):
            sha256, md5, length = _RECORD.unpack(self._records[tail])
            yield {"path": self._folder + tail, "sha256": sha256.hex(), "md5": md5.hex(), "length": length}

    def summary(self) -> SharedSummary:
        return {"files": len(self._records), "bytes": self.bytes}
