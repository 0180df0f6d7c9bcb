"""`python -m bench.delayed_host MILLISECONDS …`: the local host, each of whose calls takes so much longer."""

import sys

from bench.latency import delay_calls
from localhost.command_line import main

if __name__ == "__main__":
    delay_calls(float(sys.argv[1]))
    raise SystemExit(main(sys.argv[2:]))
