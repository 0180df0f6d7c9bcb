"""Bags of many images by the archive library, and commands upon them that are killed, or measured."""

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import batched
from pathlib import Path

from azure.storage.blob import ContainerClient

from steward.archive import names
from steward.archive.bag import seal
from steward.archive.closing import close_project
from steward.archive.documents import encode
from steward.archive.listings import record_listing
from steward.archive.names import BagNames
from steward.archive.page_digests import NO_PAGES, page_digest, with_page
from steward.archive.pictures import store_picture
from steward.archive.store import JSON, JSON_LINES, ArchiveStore
from tests.archive.exports import ABOUT, DATE, DrawnPicture
from tests.bag_pages.photographs import marked
from tests.conftest import Azurite

MANY, FEW = 100_000, 2_000
# How much more memory the many may take than the few: of the two manifests and fetch.txt, read side by side, the storage
# library takes up to 32 MB each at once, and their lines stand beside that. Pages take nothing more.
MORE = 150_000_000
SERVICE_PAGE = 256
THREADS = 8
PICTURE = DrawnPicture(marked(6), "image/jpeg")


def write_bag(store: ArchiveStore, bag: BagNames, images: int) -> None:
    project = str(uuid.uuid4())
    store.write(bag.blob(names.ACCOUNT_PATH), encode({"endpoint": "x"}), media_type=JSON)
    store.write(
        bag.blob(names.project_path(project)),
        encode({"project": {"id": project, "name": "Many"}}),
        media_type=JSON,
    )
    tag = {"id": str(uuid.uuid4()), "name": "red"}
    store.write(bag.blob(names.tags_path(project)), encode({"tags": [tag]}), media_type=JSON)

    def line(image: str) -> bytes:
        blob = names.pictures_prefix(bag.account, project) + image
        pointer = store_picture(store, blob, PICTURE).pointer(names.picture_path(project, image, "jpg"), blob)
        edges = {"left": 0.1, "top": 0.1, "width": 0.4, "height": 0.2}
        region = {"tagId": tag["id"], "tagName": "red", **edges}
        item = {"id": image, "width": 300, "height": 200, "regions": [region]}
        return encode({"image": item, "picture": pointer})

    digest, pages = NO_PAGES, 0
    with ThreadPoolExecutor(THREADS) as pool:
        for page, ids in enumerate(
            batched((str(uuid.uuid4()) for _ in range(images)), SERVICE_PAGE, strict=False)
        ):
            data = b"".join(pool.map(line, ids))
            store.write(bag.blob(names.page_path(project, "", "tagged", page)), data, media_type=JSON_LINES)
            digest, pages = with_page(digest, page_digest(ids)), page + 1
    record_listing(
        store, bag.work, project, "", "tagged", recorded="1", pages=pages, digest=digest, counted=images, listed=images,
        settled=True,
    )  # fmt: skip
    close_project(store, bag, project)
    seal(store, bag, about=ABOUT, date=DATE)


class MeasuredCommand:
    """A command of `python -m steward` in a process of its own, upon a container."""

    def __init__(self, azurite: Azurite, container: ContainerClient, *words: str) -> None:
        where = ["--container", str(container.container_name)]
        self._words = [sys.executable, "-m", "steward", *words, *where]
        self._environment = {**os.environ, "ARCHIVE_STORAGE": azurite.connection_string}

    def killed_when(self, there: Callable[[], bool]) -> None:
        process = subprocess.Popen(
            self._words, env=self._environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        while process.poll() is None and not there():
            time.sleep(0.05)
        process.kill()
        assert process.wait() == -signal.SIGKILL

    def whole(self, errors: Path) -> int:
        """The most memory that it took, in bytes; what it shows on the way is in `errors`."""
        with errors.open("w") as stderr:
            process = subprocess.Popen(
                self._words, env=self._environment, stderr=stderr, stdout=subprocess.DEVNULL
            )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, errors.read_text()
        return usage.ru_maxrss * 1024


def at_least(count: int, folder: Path, pattern: str) -> Callable[[], bool]:
    def there() -> bool:
        return sum(1 for _ in folder.glob(pattern)) >= count

    return there
