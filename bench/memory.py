"""How much memory the local host takes at most: for ten times the images, and for the largest pages there are."""

from pathlib import Path

from bench.figures import Figure
from bench.rig import running_host, running_source

MEGABYTES = 300.0
# Chosen here, as "flat" names no number.
FLAT = 1.25


def measure(folder: Path) -> list[Figure]:
    """The peak of resident memory, each account with a host of its own."""
    few = _peak(folder, "500-images")
    many = _peak(folder, "5000-images")
    figures = [
        Figure("peak, 500 images", few, MEGABYTES, at_most=True, unit="MB"),
        Figure("peak, 5,000 images", many, MEGABYTES, at_most=True, unit="MB"),
        Figure("5,000 images, of 500", many / few, FLAT, at_most=True),
    ]
    named = {"many-regions": "pages of 256 images of 300 regions", "many-tags": "performances of 500 tags"}
    for account, name in named.items():
        figures.append(Figure(f"peak, {name}", _peak(folder, account), MEGABYTES, at_most=True, unit="MB"))
    return figures


def _peak(folder: Path, recipe: str) -> float:
    place = folder / recipe
    with running_source(place, recipe=recipe) as source, running_host(place, source, [recipe]) as host:
        host.export(recipe)
        return host.peak_megabytes()
