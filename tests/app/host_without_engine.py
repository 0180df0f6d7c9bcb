"""The local host with durable clients that find nobody: what an app sees while the Durable Task engine cannot be reached."""

import json
import socket
import sys
from typing import Any

from localhost import host
from localhost.command_line import main

real_binding = host._client_binding  # pyright: ignore[reportPrivateUsage] - no setting makes an engine go away


def main_without_engine() -> int:
    with socket.socket() as closed:
        # Bound, and never listening: whoever connects is refused.
        closed.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{closed.getsockname()[1]}"

        def binding(*arguments: Any) -> str:
            return json.dumps({**json.loads(real_binding(*arguments)), "rpcBaseUrl": nowhere})

        host._client_binding = binding  # pyright: ignore[reportPrivateUsage] - as above
        return main()


if __name__ == "__main__":
    sys.exit(main_without_engine())
