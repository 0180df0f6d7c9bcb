"""`make demo`: the main job on one machine: export an account over HTTP, prove the export, take it home, export again."""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import bagit
import requests
from azure.storage.blob import ContainerClient
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.tree import Tree

from stack.processes import ROOT, StartError
from stack.stack import CONTAINER, Stack, running_stack
from steward.archive.store import ArchiveStore
from steward.archive.totals import ORDER
from steward.archive.verify import verify

ENDED = {"completed", "completed-with-gaps", "failed", "refused", "cancelled"}
PATIENCE = 300.0


class DemoError(Exception):
    """The demonstration did not show what it set out to show."""


def main() -> int:
    """The exit code: 0 when everything was shown."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--images", type=Path, help="a folder of real photographs instead of the small seed")
    arguments = parser.parse_args()
    if arguments.images and not arguments.images.is_dir():
        parser.error(f"IMAGES: expected a folder, found {arguments.images}")
    console = Console()
    with tempfile.TemporaryDirectory(prefix="custom-vision-steward-") as folder:
        try:
            with running_stack(Path(folder), images=arguments.images) as stack:
                show(console, stack)
        except (StartError, DemoError) as error:
            console.print(f"[red]{error}[/red]")
            return 1
    return 0


def show(console: Console, stack: Stack) -> None:
    """The whole tour."""
    console.rule("Export the account over HTTP")
    first = export(console, stack, "first export")
    console.print(totals_table(first))
    container = ContainerClient.from_connection_string(stack.azurite.facts["connectionString"], CONTAINER)
    with container:
        store = ArchiveStore(container)
        console.rule("The archive")
        console.print(archive_tree(container))
        console.rule("Verify the bag where it is")
        show_verification(console, store, first)
        console.rule("Download it, and let bagit.py judge")
        show_download(console, stack.azurite.facts["connectionString"], first)
        console.rule("Export again: only what is new moves")
        before = pictures_served(stack)
        second = export(console, stack, "second export")
        show_verification(console, store, second)
        console.print(
            f"Pictures moved: first export {before}, second export {pictures_served(stack) - before}."
        )


def export(console: Console, stack: Stack, title: str) -> dict[str, Any]:
    """Ask for an export of the whole account and follow it to its end."""
    url, headers = stack.host.facts["functionsUrl"], {"x-functions-key": stack.host.facts["functionKey"]}
    body = {"account": "default", "purpose": "backup", "scope": "account"}
    answer = requests.post(f"{url}/api/exports", json=body, headers=headers, timeout=30)
    if answer.status_code != 202:
        raise DemoError(f"POST /api/exports answered {answer.status_code}: {answer.text}")
    location = answer.headers["Location"]
    console.print(f"POST /api/exports -> 202, Location: {location}")
    document = followed(console, f"{url}{location}", headers, title)
    if document["state"] != "completed":
        raise DemoError(f"the export ended as {document['state']}: {document.get('reason', '')}")
    console.print(f"{title}: [green]{document['state']}[/green], bag {document['bag']}")
    return document


def followed(console: Console, url: str, headers: dict[str, str], title: str) -> dict[str, Any]:
    """Show the request's progress until it has ended; its last document."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    deadline = time.monotonic() + PATIENCE
    with Progress(*columns, console=console) as bar:
        line = bar.add_task(title, total=None)
        while time.monotonic() < deadline:
            document = requests.get(url, headers=headers, timeout=30).json()
            bar.update(line, description=f"{title}: {document.get('phase') or document['state']}")
            if items := document.get("progress", {}).get("items"):
                bar.update(line, completed=items["done"], total=items["total"])
            if document["state"] in ENDED:
                bar.update(line, completed=bar.tasks[0].total or 0)
                return document
            time.sleep(0.3)
    raise DemoError(f"the export did not end within {PATIENCE:.0f} s")


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


def archive_tree(container: ContainerClient) -> Tree:
    """The archive two folders deep in projects, with counts of what lies below."""
    tree = Tree(f"container {CONTAINER}")
    folders: dict[str, int] = {}
    for name in container.list_blob_names():
        parts = name.split("/")
        key = "/".join(parts[:3] if parts[1] == "exports" else parts[:2])
        folders[key] = folders.get(key, 0) + 1
    for folder, count in sorted(folders.items()):
        tree.add(f"{folder}/  [dim]{count} blobs[/dim]")
    return tree


def show_verification(console: Console, store: ArchiveStore, document: dict[str, Any]) -> None:
    """Every blob against the manifests."""
    result = verify(store, document["account"], document["id"])
    if result.problems:
        raise DemoError(f"the bag does not verify: {result.problems[0]}")
    console.print(f"[green]verified[/green]: {result.files} files, {result.bytes:,} bytes, no problem")


def show_download(console: Console, connection_string: str, document: dict[str, Any]) -> None:
    """The whole bag on disk, by the command line, which notes it in the ledger; it is left there to be looked at."""
    folder = ROOT / "demo" / document["id"]
    command = [
        sys.executable,
        "-m",
        "steward",
        "download",
        document["id"],
        str(folder),
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
    bagit.Bag(str(folder)).validate()
    console.print(
        f"[green]bagit.py: valid[/green]  {folder.relative_to(ROOT)}/data/pictures holds the pictures"
    )


def pictures_served(stack: Stack) -> int:
    """Pictures which the emulator's storage has given out so far."""
    counters = requests.get(f"{stack.emulator.facts['endpoint']}/.emulator/counters", timeout=10).json()
    return int(counters["pictures"])


if __name__ == "__main__":
    sys.exit(main())
