"""The command line of the local host."""

import argparse
import os
import sys
from pathlib import Path

from localhost.host import Options, run_host
from localhost.misconfigured import Misconfigured

DEFAULT_PORT = 7071  # as Core Tools


def main(arguments: list[str] | None = None) -> int:
    """Run the host; returns the exit code: 0 after a clean stop, 1 for a mistake, said in one line on stderr."""
    try:
        run_host(_parse(arguments))
    except Misconfigured as mistake:
        sys.stderr.write(f"localhost: {mistake}\n")
        return 1
    return 0


def _parse(arguments: list[str] | None) -> Options:
    parser = argparse.ArgumentParser(
        prog="python -m localhost", description="The Functions host on one machine."
    )
    parser.add_argument(
        "--app", type=Path, default=Path(), metavar="DIR", help="the app's folder (default: this one)"
    )
    parser.add_argument(
        "--port", type=_port, help=f"0 for any free one (default: FUNCTIONS_PORT, else {DEFAULT_PORT})"
    )
    parser.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="settings, looked for in the app's folder (default: local.settings.json)",
    )
    parser.add_argument(
        "--keys",
        type=Path,
        metavar="FILE",
        help="access keys as JSON (default: LOCALHOST_KEYS, else random ones)",
    )
    parser.add_argument(
        "--chaos", type=int, metavar="SEED", help="deliver every activity twice and replay every turn twice"
    )
    parsed = parser.parse_args(arguments)
    port = parsed.port
    if port is None:
        port = _port_setting(os.environ.get("FUNCTIONS_PORT"))
    keys = parsed.keys or (Path(os.environ["LOCALHOST_KEYS"]) if os.environ.get("LOCALHOST_KEYS") else None)
    return Options(parsed.app, port, parsed.settings, keys, parsed.chaos)


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: expected 0 to 65535")
    return int(text)


def _port_setting(text: str | None) -> int:
    try:
        return _port(text) if text else DEFAULT_PORT
    except argparse.ArgumentTypeError as error:
        raise Misconfigured(f"FUNCTIONS_PORT: {error}.") from None
