"""How much faster an erase is than one call after another: every call of both sides takes 50 ms longer, storage included."""

from pathlib import Path

from bench.baselines.running import run_sequential_erase
from bench.figures import Figure
from bench.rig import running_host, running_source

ACCOUNT = "ten-projects"
LATENCY_MS = 50.0
TIMES_FASTER = 4.0


def measure(folder: Path) -> list[Figure]:
    """10,000 images, 20 iterations, 2,000 stored predictions over 10 projects: sequential erase / this erase, in seconds."""
    with (
        running_source(folder / "this", recipe=ACCOUNT) as source,
        running_host(folder / "this", source, ["erase"], latency_ms=LATENCY_MS) as host,
    ):
        ours = host.erase("erase")
    with running_source(folder / "sequential", recipe=ACCOUNT) as source:
        theirs = run_sequential_erase(source, LATENCY_MS)
    return [
        Figure(
            "times faster than sequential",
            theirs["seconds"] / ours.seconds,
            TIMES_FASTER,
            at_most=False,
            seen={
                "this erase s": ours.seconds,
                "sequential s": theirs["seconds"],
                "of these asking storage for pictures s": theirs["asked"],
            },
        )
    ]
