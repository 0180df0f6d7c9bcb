"""An archive as a tree on one screen: a bag opened down to its projects, everything else summed up."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from rich.filesize import decimal
from rich.tree import Tree

from steward.archive.names import PROJECTS, SHARED, BagNames


@dataclass(frozen=True, slots=True, order=True)
class Leaf:
    """A blob: its name below the folder that is looked at, and its length in bytes."""

    name: str
    length: int

    @property
    def top(self) -> str:
        """The folder it lies in, with its slash, or itself."""
        folder, slash, _ = self.name.partition("/")
        return folder + slash


def archive_tree(title: str, blobs: Iterable[Leaf], bag: BagNames) -> Tree:
    """All blobs of a container; `bag` is the one that is opened."""
    tree = Tree(title)
    _grow(tree, "", sorted(blobs), bag)
    return tree


def _grow(branch: Tree, folder: str, leaves: Iterable[Leaf], bag: BagNames) -> None:
    for top, group in groupby(leaves, key=lambda leaf: leaf.top):
        path, inside = folder + top, list(group)
        if not top.endswith("/"):
            branch.add(top)
        elif bag.blob(PROJECTS).startswith(path):
            below = [Leaf(leaf.name.removeprefix(top), leaf.length) for leaf in inside]
            _grow(branch.add(f"[bold]{top}[/bold]"), path, below, bag)
        else:
            size = decimal(sum(leaf.length for leaf in inside), precision=0)
            files = f"{len(inside)} file{'' if len(inside) == 1 else 's'}"
            shared = ", shared by all bags" if path in {f"{bag.account}/{kind}/" for kind in SHARED} else ""
            branch.add(f"{top}  [dim]{files}, {size}{shared}[/dim]")
