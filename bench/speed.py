"""How much faster than one call after another: every call of both sides takes 50 ms longer, storage included."""

from pathlib import Path

from bench.baselines.running import run_sequential
from bench.figures import Figure
from bench.rig import running_host, running_source

LATENCY_MS = 50.0
TIMES_FASTER = 5.0


def measure(folder: Path) -> list[Figure]:
    """The medium seed: sequential export / this export, in seconds."""
    with running_source(folder, seed="medium") as source:
        with running_host(folder, source, ["speed"], latency_ms=LATENCY_MS) as host:
            ours = host.export("speed")
        theirs = run_sequential(source, source.new_container("sequential"), LATENCY_MS)
    return [
        Figure(
            "times faster than sequential",
            theirs["seconds"] / ours.seconds,
            TIMES_FASTER,
            at_most=False,
            seen={"this export s": ours.seconds, "sequential s": theirs["seconds"]},
        )
    ]
