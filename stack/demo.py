"""`make demo`: the main job on one machine: export an account over HTTP, prove the export, take it home, export again;
then erase a person's images and a whole project, and prove that."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

import bagit
import requests
from azure.storage.blob import ContainerClient
from PIL import Image
from rich.console import Console
from rich.table import Table

from stack import erase_demo
from stack.archive_tree import Leaf, archive_tree
from stack.demo_steps import ACCOUNT, DemoError, ask, followed
from stack.processes import ROOT, StartError
from stack.stack import CONTAINER, Stack, running_stack
from steward.archive import manifest
from steward.archive.names import SHARED, BagNames
from steward.archive.store import ArchiveStore
from steward.archive.totals import ORDER
from steward.archive.verify import verify


def main() -> int:
    """The exit code: 0 when everything was shown."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--images", type=Path, help="a folder of real photographs instead of the small seed")
    parser.add_argument(
        "--download",
        type=Path,
        default=ROOT / "demo" / "bag",
        help="where the bag goes; an earlier one is replaced",
    )
    arguments = parser.parse_args()
    if arguments.images and not arguments.images.is_dir():
        parser.error(f"IMAGES: expected a folder, found {arguments.images}")
    target: Path = arguments.download
    if target.exists() and any(target.iterdir()) and not (target / manifest.TAGMANIFEST).is_file():
        parser.error(f"{target}: expected a new or empty folder, or an earlier bag")
    console = Console()
    with tempfile.TemporaryDirectory(prefix="custom-vision-steward-") as folder:
        try:
            with running_stack(Path(folder), images=arguments.images) as stack:
                show(console, stack, target)
        except (StartError, DemoError) as error:
            console.print(f"[red]{error}[/red]")
            return 1
    return 0


def show(console: Console, stack: Stack, target: Path) -> None:
    """The whole tour."""
    bags = show_exports(console, stack, target)
    show_erasures(console, stack, bags)


def show_exports(console: Console, stack: Stack, target: Path) -> list[str]:
    """Two exports; the requests that made their bags."""
    connection_string = stack.azurite.facts["connectionString"]
    with ContainerClient.from_connection_string(connection_string, CONTAINER) as container:
        store = ArchiveStore(container)
        console.rule("Erase a project: not before it is exported")
        erase_demo.show_refusal(console, stack)
        console.rule("Export the account over HTTP")
        at_first = shared_files(container)
        first = export(console, stack, "first export")
        console.print(totals_table(first))
        console.rule("The archive")
        leaves = [Leaf(blob.name, blob.size) for blob in container.list_blobs()]
        console.print(archive_tree(f"container {CONTAINER}", leaves, BagNames(ACCOUNT, first["id"])))
        console.rule("Verify the bag where it is")
        show_verification(console, store, first)
        console.rule("Download it, and let bagit.py judge")
        show_download(console, connection_string, first, target)
        console.rule("Export again: only what is new moves")
        add_image(console, stack)
        then = shared_files(container)
        second = export(console, stack, "second export")
        show_verification(console, store, second)
        now = shared_files(container)
    for title, kinds in (("Pictures", ("pictures", "predictions")), ("Models", ("models",))):
        moved = written(at_first, then, *kinds), written(then, now, *kinds)
        console.print(f"{title} moved: first export {moved[0]}, second export {moved[1]}.")
    return [first["id"], second["id"]]


def show_erasures(console: Console, stack: Stack, bags: list[str]) -> None:
    """A person's images, in the service and in our own bags; then a whole project."""
    connection_string = stack.azurite.facts["connectionString"]
    with ContainerClient.from_connection_string(connection_string, CONTAINER) as container:
        store = ArchiveStore(container)
        console.rule("Erase one person's images: a dry run, then for real")
        erase_demo.show_person(console, stack, store, bags)
        console.rule("Erase a whole project")
        erase_demo.show_project(console, stack, store)


def export(console: Console, stack: Stack, title: str) -> dict[str, Any]:
    """Ask for an export of the whole account and follow it to its end."""
    body = {"account": ACCOUNT, "purpose": "backup", "scope": "account"}
    accepted = ask(console, stack, "exports", body, 202)
    document = followed(console, stack, accepted["id"], title)
    if document["state"] != "completed":
        raise DemoError(f"the export ended as {document['state']}: {document.get('reason', '')}")
    console.print(f"{title}: [green]{document['state']}[/green], bag {document['bag']}")
    return document


def totals_table(document: dict[str, Any]) -> Table:
    """What the service counted beside what the bag holds and what was verified."""
    table = Table(title="What the account holds")
    table.add_column("entity")
    for heading in ("in the service", "exported", "verified", "gaps"):
        table.add_column(heading, justify="right")
    for entity, row in sorted(document["totals"].items(), key=lambda item: ORDER.index(item[0])):
        table.add_row(
            entity, *(str(row.get(key, "-")) for key in ("service", "exported", "verified", "gaps"))
        )
    return table


def show_verification(console: Console, store: ArchiveStore, document: dict[str, Any]) -> None:
    """Every blob against the manifests."""
    result = verify(store, document["account"], document["id"])
    if result.problems:
        raise DemoError(f"the bag does not verify: {result.problems[0]}")
    console.print(f"[green]verified[/green]: {result.files} files, {result.bytes:,} bytes, no problem")


def show_download(console: Console, connection_string: str, document: dict[str, Any], target: Path) -> None:
    """The whole bag on disk, by the command line, which notes it in the ledger; it is left there to be looked at."""
    shutil.rmtree(target, ignore_errors=True)
    command = [
        sys.executable,
        "-m",
        "steward",
        "download",
        document["id"],
        str(target.resolve()),
        "--container",
        CONTAINER,
    ]
    found = subprocess.run(  # noqa: S603 - our own interpreter
        [*command, "--account", document["account"]],
        env={**os.environ, "ARCHIVE_STORAGE": connection_string},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if found.returncode:
        raise DemoError(f"the download failed: {found.stderr or found.stdout}")
    bagit.Bag(str(target)).validate()
    place = target.relative_to(ROOT) if target.is_relative_to(ROOT) else target
    console.print(f"[green]bagit.py: valid[/green]  to look at it, open {place}-pages/index.html")


def add_image(console: Console, stack: Stack) -> None:
    """One image more in the account's newest project."""
    projects = f"{stack.emulator.facts['endpoint']}/customvision/v3.3/training/projects"
    headers = {"Training-Key": stack.emulator.facts["trainingKey"]}
    project = requests.get(projects, headers=headers, timeout=30).json()[0]
    picture = BytesIO()
    Image.effect_noise((320, 256), 80).save(picture, "PNG")
    answer = requests.post(
        f"{projects}/{project['id']}/images",
        headers=headers,
        files={"images": ("new.png", picture.getvalue())},
        timeout=30,
    )
    if not answer.ok or not answer.json()["isBatchSuccessful"]:
        raise DemoError(f"no image could be added: {answer.text}")
    console.print(f"One image was added to project {project['id']}.")


def shared_files(container: ContainerClient) -> dict[str, str]:
    """ETags of what the bags share, by blob name: a blob that is written anew has another one."""
    return {
        blob.name: blob.etag
        for kind in SHARED
        for blob in container.list_blobs(name_starts_with=f"{ACCOUNT}/{kind}/")
    }


def written(before: dict[str, str], after: dict[str, str], *kinds: str) -> int:
    """How many files of these kinds have been written to the archive in between."""
    return sum(name.split("/")[1] in kinds and before.get(name) != etag for name, etag in after.items())


if __name__ == "__main__":
    sys.exit(main())
