"""The command line, as a person runs it."""

import os
import subprocess
import sys
from pathlib import Path

from azure.storage.blob import ContainerClient

from tests.conftest import Azurite


class CommandLine:
    def __init__(self, azurite: Azurite, container: ContainerClient, home: Path) -> None:
        self._environment = {
            **os.environ,
            "ARCHIVE_STORAGE": azurite.connection_string,
            "EVIDENCE_KEY": str(home / "key.pem"),
            "COLUMNS": "200",
        }
        self._container = str(container.container_name)

    def run(self, command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        container = [] if command == "public-key" else ["--container", self._container]
        words = [sys.executable, "-m", "steward", command, *container, *arguments]
        result = subprocess.run(words, env=self._environment, capture_output=True, text=True, check=False)
        assert "Traceback" not in result.stderr
        return result
