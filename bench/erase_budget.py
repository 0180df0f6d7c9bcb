"""Whether an erase uses up the account's 10 calls a second: the wall time beside what its calls need at least."""

from pathlib import Path

from bench.budget import CALLS_A_SECOND, TIMES_THE_LEAST
from bench.erase import ACCOUNT
from bench.figures import Figure
from bench.rig import running_host, running_source


def measure(folder: Path) -> list[Figure]:
    """The account of bench/erase.py behind the service's own limit; the host is up before the clock starts."""
    settings = {"CUSTOM_VISION_CALLS_PER_SECOND": str(CALLS_A_SECOND)}
    with running_source(folder, recipe=ACCOUNT) as source:
        source.change_options({"rate_limit": f"{CALLS_A_SECOND}/{CALLS_A_SECOND}"})
        with running_host(folder, source, ["erase-budget"], settings=settings) as host:
            source.forget_calls()
            ours = host.erase("erase-budget")
        counters = source.counters()
    by_calls = counters["calls"] / CALLS_A_SECOND
    return [
        Figure(
            "wall, of the least that calls take",
            ours.seconds / by_calls,
            TIMES_THE_LEAST,
            at_most=True,
            seen={
                "wall s": ours.seconds,
                "calls / 10 s": by_calls,
                "answered 429": counters["throttled"],
            },
        )
    ]
