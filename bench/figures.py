"""A measured figure beside the bar that it must reach, shown as one table and kept as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.table import Table

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Figure:
    """`measured` and `bar` in `unit` (empty for a ratio); `at_most` says on which side of the bar it must be.

    `seen`: what the figure was made of, by name.
    """

    name: str
    measured: float
    bar: float
    at_most: bool
    unit: str = ""
    seen: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def passed(self) -> bool:
        return self.measured <= self.bar if self.at_most else self.measured >= self.bar

    def row(self) -> tuple[str, str, str, str, str]:
        """Name, measured, bar, verdict, and what the figure was made of."""
        unit = f" {self.unit}" if self.unit else ""
        bound = "at most" if self.at_most else "at least"
        return (
            self.name,
            f"{_short(self.measured)}{unit}",
            f"{bound} {_short(self.bar)}{unit}",
            "[green]pass[/green]" if self.passed else "[red]FAIL[/red]",
            ", ".join(f"{name} {_short(value)}" for name, value in self.seen.items()),
        )


def write_result(part: str, figures: Sequence[Figure]) -> None:
    """One JSON file a part in bench/results/."""
    RESULTS.mkdir(exist_ok=True)
    document = [
        {
            "name": each.name,
            "measured": each.measured,
            "bar": each.bar,
            "atMost": each.at_most,
            "unit": each.unit,
            "passed": each.passed,
            "seen": dict(each.seen),
        }
        for each in figures
    ]
    (RESULTS / f"{part}.json").write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n")


def figures_table(results: Mapping[str, Sequence[Figure]]) -> Table:
    """All figures, part after part."""
    table = Table(title="Custom Vision Steward: what an export and an erase cost")
    for heading, side in (("part", "left"), ("figure", "left"), ("measured", "right"), ("bar", "right")):
        table.add_column(heading, justify="right" if side == "right" else "left")
    table.add_column("")
    table.add_column("seen", overflow="fold")
    for part, figures in results.items():
        for place, figure in enumerate(figures):
            table.add_row("" if place else part, *figure.row())
    return table


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.3g}"
