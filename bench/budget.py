"""Whether the account's 10 calls a second are used up: the wall time beside what calls and pictures need at least."""

from pathlib import Path

from bench.baselines.running import run_bare_loop
from bench.figures import Figure
from bench.pictures import THREADS
from bench.rig import running_host, running_source

CALLS_A_SECOND = 10
TIMES_THE_LEAST = 1.15


def measure(folder: Path) -> list[Figure]:
    """The medium seed behind the service's own limit; the host is up before the clock starts."""
    limit = f"{CALLS_A_SECOND}/{CALLS_A_SECOND}"
    settings = {"CUSTOM_VISION_CALLS_PER_SECOND": str(CALLS_A_SECOND)}
    with running_source(folder, seed="medium", options=("--rate-limit", limit)) as source:
        with running_host(folder, source, ["budget"], settings=settings) as host:
            source.forget_calls()
            ours = host.export("budget")
        counters = source.counters()
        # The loop lists addresses with many calls in a row, before its clock starts.
        source.change_options({"rate_limit": "off"})
        bare = run_bare_loop(source, source.new_container("bare"), THREADS)
    by_calls = counters["calls"] / CALLS_A_SECOND
    by_pictures = counters["pictures"] * bare["seconds"] / bare["pictures"]
    return [
        Figure(
            "wall, of the least that calls and pictures take",
            ours.seconds / max(by_calls, by_pictures),
            TIMES_THE_LEAST,
            at_most=True,
            seen={
                "wall s": ours.seconds,
                "calls / 10 s": by_calls,
                "pictures / bare rate s": by_pictures,
                "answered 429": counters["throttled"],
            },
        )
    ]
