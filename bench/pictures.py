"""How many pictures a second, beside a bare loop with the same threads: the two take turns, since machines are shared."""

from pathlib import Path
from statistics import median

from bench.baselines.running import run_bare_loop
from bench.figures import Figure
from bench.rig import running_host, running_source

ROUNDS = 3
# PICTURE_THREADS of local.settings.sample.json.
THREADS = 16
OF_BARE_LOOP = 0.8


def measure(folder: Path) -> list[Figure]:
    """Whole exports of 5,000 pictures, from the request to the verified and signed bag, against the loop alone.

    The figure is the median of the rounds: whatever else the machine does falls on one side of one round.
    """
    accounts = [f"pictures-{number}" for number in range(ROUNDS)]
    ours: list[float] = []
    bare: list[float] = []
    with (
        running_source(folder, recipe="5000-images") as source,
        running_host(folder, source, accounts) as host,
    ):
        for account in accounts:
            loop = run_bare_loop(source, source.new_container(f"bare-{account}"), THREADS)
            bare.append(loop["pictures"] / loop["seconds"])
            ours.append(loop["pictures"] / host.export(account).seconds)
    return [
        Figure(
            "pictures a second, of the bare loop's",
            median(one / other for one, other in zip(ours, bare, strict=True)),
            OF_BARE_LOOP,
            at_most=False,
            seen={"this export /s": median(ours), "bare loop /s": median(bare)},
        )
    ]
