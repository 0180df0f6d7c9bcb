"""Every request that an erase makes, counted by proxies, beside the formulas of bench/erase_formula.py."""

from collections import Counter
from pathlib import Path

from bench.calls import READS_A_POLL, TOLERANCE, counted, is_call
from bench.counting import Request
from bench.erase import ACCOUNT
from bench.erase_formula import api_calls, ledger_requests, storage_requests
from bench.figures import Figure
from bench.holdings import HeldProject, read_holdings
from bench.rig import KEY, Host, running_source

# Projects that write to the ledger at the same moment try again.
COLLISIONS = 1.5


def measure(folder: Path) -> list[Figure]:
    """The account of bench/erase.py; deletes are done when they are first looked at, so that looks can be counted."""
    with running_source(folder, recipe=ACCOUNT) as source:
        source.change_options({"delete_seconds": 0})
        holdings = read_holdings(source.endpoint, KEY)
        erase, made, stored = counted(folder, source, "erase-calls", Host.erase)
    return [*_call_figures(made, holdings), *_storage_figures(stored, holdings, erase.polls)]


def _call_figures(made: Counter[Request], holdings: list[HeldProject]) -> list[Figure]:
    expected = api_calls(holdings)
    calls = sum(times for request, times in made.items() if is_call(request))
    images = sum(sum(project.images) for project in holdings)
    asked = made.total() - calls
    return [
        Figure(
            "API calls, off the formula",
            abs(calls - expected),
            0,
            at_most=True,
            seen={"calls": calls, "formula": expected},
        ),
        Figure("times storage is asked for a picture that is gone", asked / images, 1, at_most=True),
    ]


def _storage_figures(stored: Counter[Request], holdings: list[HeldProject], polls: int) -> list[Figure]:
    budget = sum(times for request, times in stored.items() if request.path.endswith("/budget"))
    # Whoever follows the request reads its ledger each time.
    ledger = sum(times for request, times in stored.items() if "/requests/" in request.path)
    ledger -= READS_A_POLL * polls
    # And whether the plan is still there, which its link leads to.
    looks = sum(
        times
        for request, times in stored.items()
        if request.method == "HEAD" and request.path.endswith("/plan.json")
    )
    rest = stored.total() - budget - ledger - READS_A_POLL * polls - looks
    images = sum(sum(project.images) for project in holdings)
    expected, least = storage_requests(holdings), ledger_requests(holdings)
    return [
        Figure(
            "storage requests at ours, off the formula",
            100 * abs(rest / expected - 1),
            100 * TOLERANCE,
            at_most=True,
            unit="%",
            seen={
                "requests": rest,
                "formula": expected,
                "a deleted image, the ledger's too": (rest + ledger) / images,
            },
        ),
        Figure(
            "requests for the ledger, of the formula",
            ledger / least,
            COLLISIONS,
            at_most=True,
            seen={"requests": ledger, "formula": least},
        ),
    ]
