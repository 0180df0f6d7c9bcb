"""A folder as one zip file: the same folder makes the same bytes."""

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from steward.archive.download import Progress

# Deflating these again costs time and gains nothing.
_COMPRESSED = frozenset({".jpg", ".png", ".gif", ".zip"})
_CHUNK = 1 << 20
_READABLE = 0o644


def write_zip(folder: Path, target: Path, day: date, progress: Progress | None = None) -> None:
    """Write what is in the folder, streamed; every file bears the same day."""
    total = sum(file.stat().st_size for file in _files(folder)) if progress else 0
    done = 0
    with ZipFile(target, "w") as archive:
        for file in _files(folder):
            entry = ZipInfo(file.relative_to(folder).as_posix(), (day.year, day.month, day.day, 0, 0, 0))
            entry.compress_type = ZIP_STORED if file.suffix in _COMPRESSED else ZIP_DEFLATED
            entry.create_system = 3  # Unix, on any system: the same bytes
            entry.external_attr = _READABLE << 16
            entry.file_size = file.stat().st_size
            with file.open("rb") as source, archive.open(entry, "w") as out:
                shutil.copyfileobj(source, out, _CHUNK)
            done += entry.file_size
            if progress:
                progress(done, total)


def _files(folder: Path) -> Iterator[Path]:
    """In one order on any system."""
    for place, folders, files in os.walk(folder):
        folders.sort()
        for name in sorted(files):
            yield Path(place, name)
