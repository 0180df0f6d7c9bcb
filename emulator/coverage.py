"""`python -m emulator.coverage`: writes docs/emulator-coverage.md from the operation table; `--check` only compares."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from emulator.operation import Operation
from emulator.operations import OPERATIONS
from emulator.options import Options

PAGE = Path(__file__).resolve().parent.parent / "docs" / "emulator-coverage.md"

_HEAD = """# What the emulator has

Made by `python -m emulator.coverage` from the operation table; do not edit. A source is a recording of the live
service (the .NET SDK's session records, by test name) or the OpenAPI file of the API version. Rules and limits that no
row names follow the page "Limits and quotas". What no source settles is an option, below.
"""


def page() -> str:
    """The whole page."""
    parts = [
        _HEAD,
        "## Training API\n",
        _operations("training"),
        "## Prediction API\n",
        _operations("prediction"),
    ]
    return "\n".join([*parts, "## Options\n", _options()])


def _operations(api: str) -> str:
    rows = [_row(operation) for operation in OPERATIONS if operation.api == api]
    return _table(("Operation", "Call", "Versions", "Supported", "Source", "Differs"), rows)


def _row(operation: Operation) -> tuple[str, ...]:
    return (
        operation.id,
        f"{operation.method} `{operation.path}`",
        ", ".join(operation.versions),
        "yes" if operation.handler else "501",
        operation.source,
        operation.differs,
    )


def _options() -> str:
    rows = [
        (f"`{name}`", f"`{field.default}`", field.description or "")
        for name, field in Options.model_fields.items()
    ]
    return _table(("Option", "Default", "Decides"), rows)


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return (
        "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)
        + "\n"
    )


def write(
    check: Annotated[bool, typer.Option("--check", help="compare only; 1 where the page is stale")] = False,
) -> None:
    """Write docs/emulator-coverage.md."""
    if not check:
        PAGE.write_text(page(), encoding="utf-8")
        return
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        typer.echo(f"{PAGE.name} is stale: run python -m emulator.coverage", err=True)
        sys.exit(1)


if __name__ == "__main__":
    typer.run(write)
