"""A bar for people, on standard error."""

from collections.abc import Callable, Generator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeRemainingColumn


@contextmanager
def progress_bar(what: str, counted: ProgressColumn) -> Generator[Callable[[int, int], None]]:
    """To be called with how much is done, and of how much; `counted` shows both."""
    columns = (TextColumn(what), BarColumn(), counted, TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        task = bars.add_task(what, total=None)

        def show(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield show
