"""The command line as a person types it, in this process: what it says on both outputs, and its exit code."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from steward.__main__ import main


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


type CommandLine = Callable[..., Said]


def command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], environment: Mapping[str, str]
) -> CommandLine:
    """`words`: of one command; nothing of this process's own settings is seen by it."""

    def run(*words: str, **more: str) -> Said:
        with monkeypatch.context() as patch:
            for name in list(os.environ):
                if name.startswith(("STEWARD_", "CUSTOM_VISION_", "ARCHIVE_STORAGE", "AzureWebJobs")):
                    patch.delenv(name)
            for name, value in {"COLUMNS": "200", **environment, **more}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["steward", *words])
            capsys.readouterr()
            with pytest.raises(SystemExit) as ended:
                main()
        found = capsys.readouterr()
        return Said(int(ended.value.code or 0), found.out, found.err)

    return run
