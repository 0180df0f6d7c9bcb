"""`make up`: everything in the foreground; one line of JSON when all three answer, Ctrl-C stops all.

The app's log goes to standard error.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
from pathlib import Path

from stack.processes import StartError
from stack.stack import Ports, running_stack

SEEDS = ("none", "small", "medium", "large")


def main() -> int:
    """The exit code: 0 after Ctrl-C or SIGTERM, 1 when a program did not start, 2 for a wrong setting."""
    # It takes no arguments; asked for help it says so.
    argparse.ArgumentParser(
        prog="python -m stack",
        description=f"Azurite, the emulator and the app, until Ctrl-C. From the environment: SEED ({', '.join(SEEDS)}), "
        "FUNCTIONS_PORT, EMULATOR_PORT, AZURITE_BLOB_PORT, AZURITE_QUEUE_PORT (0: any free one).",
    ).parse_args()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop.set())
    seed = os.environ.get("SEED") or "small"
    if seed not in SEEDS:
        print(f"SEED: expected one of {', '.join(SEEDS)}, found {seed!r}", file=sys.stderr)
        return 2
    try:
        # The defaults are those of local.settings.sample.json, Azurite's own and the Functions host's.
        ports = Ports(
            functions=_port("FUNCTIONS_PORT", 7071),
            emulator=_port("EMULATOR_PORT", 7072),
            blob=_port("AZURITE_BLOB_PORT", 10000),
            queue=_port("AZURITE_QUEUE_PORT", 10001),
        )
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="custom-vision-steward-") as folder:
        try:
            print(
                f"Output of Azurite and the emulator: {folder} (removed at the end)",
                file=sys.stderr,
                flush=True,
            )
            with running_stack(Path(folder), seed=seed, ports=ports, log=sys.stderr) as stack:
                print(json.dumps(stack.facts), flush=True)
                programs = (stack.azurite, stack.emulator, stack.host)
                while not stop.wait(0.5):
                    if ended := next((each for each in programs if each.process.poll() is not None), None):
                        print(f"{ended.name} has ended by itself", file=sys.stderr)
                        return 1
        except StartError as error:
            print(error, file=sys.stderr)
            return 1
    return 0


def _port(name: str, default: int) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdecimal() or int(text) > 65535:
        raise ValueError(f"{name}: expected a port from 0 (any free one) to 65535, found {text!r}")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
