"""Chromium, driven by playwright-core in a process of its own."""

import json
import os
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from stack.processes import ROOT


class Browser:
    """One page; `asked` are the addresses that it has asked for, `said` what it has written on its console."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.asked: list[str] = []
        self.said: list[str] = []

    def open(self, page: Path, *, fragment: str = "", width: int = 1280, scheme: str = "light") -> Self:
        self._do(url=page.as_uri() + fragment, width=width, scheme=scheme)
        return self

    def press(self, *keys: str) -> Self:
        self._do(press=keys)
        return self

    def enter(self) -> Self:
        """Follow, by keyboard, the link that has the focus; ends when the browser is there."""
        self._do(enter=True)
        return self

    def find(self, expression: str) -> Any:
        """The value of JavaScript in the page, once its pictures are there."""
        shown = "Promise.all([...document.images].map(i => (i.loading = 'eager', i.decode().catch(() => 0))))"
        return self._do(find=f"{shown}.then(() => {expression})")

    def screenshot(self, file: Path) -> None:
        self._do(screenshot=str(file))

    def _do(self, **what: Any) -> Any:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the browser has ended; why stands on standard error"
        answer = json.loads(line)
        self.asked += answer["asked"]
        self.said += answer["said"]
        return answer["found"]


@contextmanager
def running_browser(folder: Path) -> Generator[Browser]:
    """One that unpacks itself into the folder."""
    process = subprocess.Popen(
        ["node", Path(__file__).with_suffix(".mjs")],
        env={**os.environ, "TMPDIR": str(folder)},
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        try:
            yield Browser(process)
        finally:
            assert process.stdin
            process.stdin.close()
            process.wait(30)
