"""`python -m bench.emulated ACCOUNT KEY`: the emulator with an account of bench/accounts.py, on any free port."""

import json
import sys

import uvicorn

from bench.accounts import account_named
from bench.listening import listen
from emulator.app import App
from emulator.faults import Faults
from emulator.gateway import Gateway, Key
from emulator.options import Options

_KEEP_ALIVE_SECONDS = 75


def main() -> None:
    """Print where it is, then serve until SIGTERM."""
    name, key = sys.argv[1:]
    gateway = Gateway((Key(key),), Key("none"))
    app = App(account_named(name), Options.model_validate({}), gateway, Faults([]))
    config = uvicorn.Config(app, lifespan="off", log_level="warning", timeout_keep_alive=_KEEP_ALIVE_SECONDS)
    listener = listen()
    print(json.dumps({"endpoint": f"http://127.0.0.1:{listener.getsockname()[1]}"}), flush=True)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
