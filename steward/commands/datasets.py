"""The command that makes data sets for other tools from a bag."""

from pathlib import Path
from typing import Annotated, Literal

import typer
from azure.storage.blob import ContainerClient
from rich.console import Console
from rich.progress import MofNCompleteColumn

from steward.archive.names import BagNames
from steward.archive.store import ArchiveStore, connect
from steward.commands.copies import note_copy
from steward.commands.options import Account, AccountUrl, ConnectionString, Container
from steward.commands.progress import progress_bar
from steward.commands.saying import say
from steward.datasets.bags import DownloadedBag, OpenBag, StoredBag
from steward.datasets.making import NOTES, Made, Wanted, make_data_sets


def datasets(
    which: Annotated[
        str,
        typer.Argument(
            metavar="REQUEST|FOLDER", help="Id of the request that made the bag; or a downloaded bag."
        ),
    ],
    target: Annotated[Path, typer.Argument(help="A new folder, or that of a run that was stopped.")],
    *,
    format: Annotated[  # noqa: A002 - the option's name
        Literal["coco", "yolo", "voc", "folders", "csv", "azureml"],
        typer.Option(help="What the next tool reads; folders: a folder a tag."),
    ],
    project: Annotated[
        list[str] | None, typer.Option(help="Id or exact name; may be repeated. All, if left out.")
    ] = None,
    iteration: Annotated[
        str, typer.Option(help="Id or exact name: its snapshot. The workspace, if left out.")
    ] = "",
    validation: Annotated[
        float, typer.Option(min=0, max=1, help="The share of labelled images that is held back.")
    ] = 0.2,
    seed: Annotated[int, typer.Option(help="Another one holds back others.")] = 0,
    image_url: Annotated[
        str,
        typer.Option(metavar="azureml://…", help="azureml: where in a datastore the folder will be."),
    ] = "",
    account: Account = "default",
    container: Container = "archive",
    connection_string: ConnectionString = "",
    account_url: AccountUrl = "",
    threads: Annotated[int, typer.Option(min=1, max=64)] = 8,
) -> None:
    """Make data sets for other tools from a bag."""
    if format == "azureml" and not image_url.startswith("azureml://"):
        raise ValueError(
            "--image-url: expected azureml://subscriptions/…/datastores/…/paths/…, where the folder will be brought to"
        )
    downloaded = DownloadedBag.is_at(Path(which))
    if Path(which).is_dir() and not downloaded:
        raise ValueError(f"{which}: expected a bag whose download has been finished, or the id of a request")
    client: ContainerClient | None = None
    if connection_string or account_url or not downloaded:
        client = connect(container, connection_string=connection_string, account_url=account_url)
    bag: OpenBag
    if client and not downloaded:
        bag = StoredBag(ArchiveStore(client), BagNames(account, which))
    else:
        bag = DownloadedBag(Path(which))
    wanted = Wanted(
        format=format,
        projects=tuple(project or ()),
        iteration=iteration,
        validation=validation,
        seed=seed,
        address=image_url if format == "azureml" else "",
    )

    def note() -> None:
        if client:
            note_copy(client, bag.names, bag.tagmanifest)
        else:
            say(
                Console(stderr=True),
                "No storage account was given, so this copy of the download is on no record.",
            )

    with progress_bar("datasets", MofNCompleteColumn()) as show:
        made = make_data_sets(bag, target, wanted, threads=threads, progress=show, begin=note)
    _say(made, target)


def _say(made: Made, target: Path) -> None:
    """What is in the folder, and what is other than in the bag."""
    console = Console()
    if made.finished_before:
        say(console, f"finished before, and left as it is: {target}")
        return
    for name, reason in made.left_out.items():
        say(console, f"left out: {name}: {reason}")
    parts = ", ".join(f"{made.images[part]} {part}" for part in ("train", "val", "untagged"))
    say(console, f"{made.images.total()} images ({parts}), {made.regions} regions: {target}")
    if made.notes:
        counts = ", ".join(f"{count} {code}" for code, count in sorted(made.notes.items()))
        say(console, f"{counts}: each is in {target / NOTES}")
