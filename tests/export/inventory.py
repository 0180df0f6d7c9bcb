"""Is everything in the bag? An independent reading of both sides, which shares no code with the app or the emulator.

    python -m tests.export.inventory --endpoint URL --training-key KEY --connection-string TEXT --container archive \
        --account default --request ID

Prints a table of counts and every difference; the exit code is 1 when there is one.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from azure.storage.blob import ContainerClient
from rich.console import Console
from rich.table import Table

from tests.export.archive_side import ArchiveSide
from tests.export.record import Json, Record
from tests.export.service_side import ServiceSide

# Kinds of lists in export.json, and of shared files, beside the entities of this table.
LISTED = {
    "tagged": "tagged image",
    "untagged": "untagged image",
    "image-performance": "image performance",
    "predictions": "prediction",
}
SHARED = {"pictures": "picture", "predictions": "picture of a prediction", "models": "model"}


@dataclass
class Inventory:
    """How many of each entity the service and the bag have, and what differs, in words."""

    service: Counter[str] = field(default_factory=Counter[str])
    bag: Counter[str] = field(default_factory=Counter[str])
    differences: list[str] = field(default_factory=list[str])


def compare(service: Iterable[Record], bag: Iterable[Record]) -> Inventory:
    """None missing, none twice, none that the service does not have, none that says something else."""
    result = Inventory()
    expected = {record.identity: record for record in service}
    found: Counter[tuple[str, ...]] = Counter()
    for record in bag:
        result.bag[record.entity] += 1
        found[record.identity] += 1
        wanted = expected.get(record.identity)
        name = " / ".join(record.identity)
        if wanted is None:
            result.differences.append(f"{name}: is in the bag only")
        elif wanted.value != record.value:
            result.differences.append(f"{name}: {wanted.value!r} in the service, {record.value!r} in the bag")
    result.service.update(record.entity for record in expected.values())
    for identity, record in expected.items():
        if found[identity] != 1:
            times = "is missing" if not found[identity] else f"stands {found[identity]} times in the bag"
            result.differences.append(f"{' / '.join(record.identity)}: {times}")
    return result


def wrong_sums(export: Json, service: Iterable[Record], bag: Sequence[Record]) -> Iterator[str]:
    """Where export.json says other numbers than its own payload holds, or than the service's lists have."""
    counts = Counter((record.entity, *record.key[:-1]) for record in bag)
    counted = Counter((record.entity, *record.key[:-1]) for record in service)
    by_project = Counter((record.entity, record.key[0]) for record in bag)
    for project in export["projects"]:
        name = project["id"]
        for entity in ("tag", "iteration", "model"):
            yield from _other(f"{name}: {entity}s", project[f"{entity}s"], by_project[entity, name])
        for kind, entity in SHARED.items():
            yield from _other(f"{name}: {kind}", project["shared"][kind]["files"], by_project[entity, name])
        for listing in project["listings"]:
            entity = LISTED[listing["kind"]]
            key = (entity, name) if entity == "prediction" else (entity, name, listing["iteration"] or "")
            listed = f"{' / '.join(key)}: {{}} in export.json"
            yield from _other(listed.format("exported"), listing["exported"], counts[key])
            if listing["counted"] is not None:
                yield from _other(listed.format("counted"), listing["counted"], counted[key])
            yield from _other(listed.format("duplicates"), listing["duplicates"], 0)
    yield from _other("projects", export["totals"]["projects"], sum(each.entity == "project" for each in bag))
    yield from _other("gaps", export["totals"]["gaps"], len(export["gaps"]))


def _other(what: str, said: int, found: int) -> Iterator[str]:
    if said != found:
        yield f"{what}: {said} said, {found} found"


def take_inventory(
    service: ServiceSide, archive: ArchiveSide, wanted: Callable[[Record], bool] = lambda _: True
) -> Inventory:
    """Read both sides whole; `wanted` says which of the service's records belong into the bag."""
    held, bag = list(service.records()), list(archive.records())
    result = compare((record for record in held if wanted(record)), bag)
    result.differences += wrong_sums(archive.export(), held, bag)
    result.differences += [f"{gap['path']}: is a gap, {gap['code']}" for gap in archive.gaps]
    return result


def table_of(result: Inventory) -> Table:
    table = Table("entity", "in the service", "in the bag", title="Inventory")
    for entity in sorted(result.service | result.bag):
        table.add_row(entity, str(result.service[entity]), str(result.bag[entity]))
    return table


def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.export.inventory", description=__doc__)
    for name in ("endpoint", "training-key", "connection-string", "container", "account", "request"):
        parser.add_argument(f"--{name}", required=True)
    given = parser.parse_args()
    container = ContainerClient.from_connection_string(given.connection_string, given.container)
    with container:
        archive = ArchiveSide(container, given.account, given.request)
        result = take_inventory(ServiceSide(given.endpoint, given.training_key), archive)
    console = Console()
    console.print(table_of(result))
    for difference in result.differences:
        console.print(difference, markup=False)
    return 1 if result.differences else 0


if __name__ == "__main__":
    sys.exit(main())
