"""`python -m bench [PART…]`: measure, and print each figure beside its bar; the exit code is 1 where one is missed."""

import argparse
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console

from bench import budget, calls, erase, erase_budget, erase_calls, memory, pictures, speed
from bench.figures import Figure, figures_table, write_result

PARTS: Mapping[str, Callable[[Path], list[Figure]]] = {
    "speed": speed.measure,
    "pictures": pictures.measure,
    "budget": budget.measure,
    "calls": calls.measure,
    "memory": memory.measure,
    "erase": erase.measure,
    "erase-budget": erase_budget.measure,
    "erase-calls": erase_calls.measure,
}


def main() -> int:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all where none is named"
    )
    chosen: list[str] = parser.parse_args().parts or list(PARTS)
    if unknown := [name for name in chosen if name not in PARTS]:
        parser.error(f"PART: expected {', '.join(PARTS)}, found {', '.join(unknown)}")
    console = Console()
    results: dict[str, list[Figure]] = {}
    for part in chosen:
        with (
            console.status(f"measuring {part}"),
            tempfile.TemporaryDirectory(prefix="custom-vision-steward-") as folder,
        ):
            results[part] = PARTS[part](Path(folder))
        write_result(part, results[part])
    console.print(figures_table(results))
    return 0 if all(figure.passed for figures in results.values() for figure in figures) else 1


if __name__ == "__main__":
    raise SystemExit(main())
