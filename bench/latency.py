"""The same latency for everyone: it is added where a call leaves the process."""

import time
from typing import Any

import requests.adapters


def delay_calls(milliseconds: float) -> None:
    """Every HTTP call of this process waits before it is sent.

    The app, the official SDK (msrest) and azure-storage-blob (azure-core) all send through this adapter of requests.
    """
    send: Any = requests.adapters.HTTPAdapter.send

    def delayed(*arguments: Any, **options: Any) -> Any:
        time.sleep(milliseconds / 1000)
        return send(*arguments, **options)

    requests.adapters.HTTPAdapter.send = delayed
