"""Every request that an export makes, counted by proxies, beside the formulas of bench/formula.py."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from bench.counting import Request, counting
from bench.figures import Figure
from bench.formula import api_calls, storage_requests
from bench.holdings import picture_addresses, read_holdings
from bench.rig import KEY, Host, Source, running_host, running_source

TOLERANCE = 0.02
# Once to find whose request it is, once for its state.
READS_A_POLL = 2


def measure(folder: Path) -> list[Figure]:
    """The medium seed."""
    with running_source(folder, seed="medium") as source:
        holdings = read_holdings(source.endpoint, KEY)
        pictures = len(picture_addresses(source.endpoint, KEY))
        export, made, stored = counted(folder, source, "calls", Host.export)
    return [
        *_call_figures(made, api_calls(holdings)),
        *_storage_figures(made, stored, storage_requests(holdings, pictures), pictures, export.polls),
    ]


def counted[Done](
    folder: Path, source: Source, account: str, work: Callable[[Host, str], Done]
) -> tuple[Done, Counter[Request], Counter[Request]]:
    """What the work came to, and the requests that it took at the service and at the store.

    Up to the answer that shows the request as ended; what the host does at start is not asked for.
    """
    blob_service = f"http://127.0.0.1:{source.azurite.facts['blobPort']}"
    with counting(source.endpoint) as (service, endpoint), counting(blob_service) as (storage, address):
        connection = source.storage.replace(blob_service, address)
        with running_host(folder, source, [account], endpoint=endpoint, storage=connection) as host:
            service.requests.clear()
            storage.requests.clear()
            done = work(host, account)
            return done, Counter(service.requests), Counter(storage.requests)


def _call_figures(made: Counter[Request], expected: int) -> list[Figure]:
    calls = {request: times for request, times in made.items() if is_call(request)}
    total = sum(calls.values())
    # Counts are asked before and after a list is read, of tags too (those of a snapshot never change, and are asked once);
    # projects before and after waiting for the account's turn.
    counts = ("/count", "/projects", "/tags")
    twice = sum(times - 1 for request, times in calls.items() if not request.path.endswith(counts))
    return [
        Figure(
            "API calls, off the formula",
            100 * abs(total / expected - 1),
            100 * TOLERANCE,
            at_most=True,
            unit="%",
            seen={"calls": total, "formula": expected},
        ),
        Figure("pages and lists asked twice", twice, 0, at_most=True),
    ]


def _storage_figures(
    made: Counter[Request], stored: Counter[Request], expected: int, pictures: int, polls: int
) -> list[Figure]:
    fetched = sum(times for request, times in made.items() if _is_picture(request))
    put = sum(times for request, times in stored.items() if _is_stored_picture(request))
    budget = sum(times for request, times in stored.items() if request.path.endswith("/budget"))
    calls = sum(times for request, times in made.items() if is_call(request))
    # Whoever follows the request reads its ledger each time.
    total = stored.total() - budget - READS_A_POLL * polls
    return [
        Figure(
            "storage requests a moved picture",
            (fetched + put) / pictures,
            2 * (1 + TOLERANCE),
            at_most=True,
            seen={"pictures": pictures, "GET at the service": fetched, "PUT at ours": put},
        ),
        Figure(
            "storage requests at ours, off the formula",
            100 * abs(total / expected - 1),
            100 * TOLERANCE,
            at_most=True,
            unit="%",
            seen={"requests": total, "formula": expected, "of these no picture": total - put},
        ),
        Figure(
            "requests of the call budget a call",
            budget / calls,
            1 + TOLERANCE,
            at_most=True,
            seen={"requests": budget},
        ),
    ]


def is_call(request: Request) -> bool:
    """Of the Training API; pictures and models have paths of their own."""
    return request.path.lower().startswith("/customvision/")


def _is_picture(request: Request) -> bool:
    return not is_call(request) and not request.path.startswith("/m-")


def _is_stored_picture(request: Request) -> bool:
    """`/{storage account}/{container}/{account}/pictures/…`, or predictions."""
    return request.method == "PUT" and request.path.split("/")[4] in {"pictures", "predictions"}
