"""Forgetting: details and plans of requests that ended long ago, with the names and ids in them. Ledgers and certificates stay."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from azure.storage.blob import ContainerClient

from steward.archive.store import ArchiveStore
from steward.archive.store_errors import store_errors
from steward.ledger.chain import ChainBroken
from steward.ledger.details import DetailsAltered
from steward.ledger.index import Summary
from steward.ledger.ledger import DETAILS, Ledger, list_requests
from steward.ledger.state import RequestState


@dataclass(frozen=True, slots=True)
class Forgotten:
    """A request of which something was deleted; `error`: the type of what kept it from that."""

    request: str
    error: str = ""


def forget(
    container: ContainerClient, account: str, *, keep: timedelta, now: datetime
) -> Iterator[Forgotten]:
    """Delete what is older than `keep`, request by request.

    Nothing of a request that was accepted and has not ended is touched, nor a plan that one of these carries out, nor a dry run that may still
    be taken up. A request that cannot be looked at keeps nothing from the others; a store that cannot be listed raises
    ArchiveError.
    """
    summaries = list(list_requests(container, account))
    with_details = _with_details(container, account)
    yield from _forget_unaccepted(container, account, summaries, with_details, now - keep)
    store = ArchiveStore(container)
    with_plans = {name.rstrip("/") for name in store.children(f"{account}/plans/")}
    relied_on = _relied_on(container, account, summaries)
    for summary in summaries:
        # A ticket may be left in the index of a request whose details went as the app died.
        personal = summary.id in with_details or summary.ticket is not None
        planned = relied_on is not None and summary.id in with_plans - relied_on
        if not summary.has_ended or not (personal or planned):
            continue
        try:
            ledger = Ledger(container, account, summary.id)
            if not _is_over(ledger.state(), keep, now):
                continue
            if personal:
                ledger.delete_details()
            if planned:
                store.delete_under(f"{account}/plans/{summary.id}/")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this request's alone
            yield Forgotten(summary.id, type(error).__name__)
            continue
        yield Forgotten(summary.id)


def _is_over(state: RequestState, keep: timedelta, now: datetime) -> bool:
    """Whether it ended long enough ago; a dry run's plan may be taken up until it expires, and is compared with its details."""
    if state.ended is None or now - state.ended < keep:
        return False
    return state.state != "planned" or datetime.fromisoformat(state.plan["expires"]) <= now


def _relied_on(container: ContainerClient, account: str, summaries: list[Summary]) -> set[str] | None:
    """Requests whose plans an open erasure carries out, or will; None where one cannot be read, so that any may be meant."""
    found: set[str] = set()
    for summary in summaries:
        if summary.state == "unreadable":
            return None
        if summary.has_ended or summary.kind != "erasure":
            continue
        ledger = Ledger(container, account, summary.id)
        try:
            details = ledger.details()
            named = details.document.get("plan") if details else None
            found |= {str(plan["request"]) for plan in (ledger.state().plan, named) if plan}
        except (ChainBroken, DetailsAltered):
            return None
    return found


def _forget_unaccepted(
    container: ContainerClient,
    account: str,
    summaries: list[Summary],
    with_details: dict[str, datetime],
    before: datetime,
) -> Iterator[Forgotten]:
    """Details whose writer died before the first line of their ledger: nobody accepted them, so no ledger ever ends."""
    accepted = {summary.id for summary in summaries}
    for request, written in with_details.items():
        if request in accepted or written > before:
            continue
        try:
            Ledger(container, account, request).delete_details()
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this request's alone
            yield Forgotten(request, type(error).__name__)
            continue
        yield Forgotten(request)


def _with_details(container: ContainerClient, account: str) -> dict[str, datetime]:
    """By request, when its details were written."""
    prefix = f"{account}/requests/"
    with store_errors(str(container.container_name), prefix):
        found = ((blob.name.split("/"), blob.last_modified) for blob in container.list_blobs(prefix))
        return {part[-2]: written for part, written in found if part[-1] == DETAILS}
