"""Forgetting: details and plans of requests that ended long ago, with the names and ids in them. Ledgers and certificates stay."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from azure.storage.blob import ContainerClient

from steward.archive.store import ArchiveStore
from steward.archive.store_errors import store_errors
from steward.ledger.ledger import Ledger, list_requests

DETAILS = "details.json"


def forget(container: ContainerClient, account: str, *, keep: timedelta, now: datetime) -> Iterator[str]:
    """Delete what is older than `keep`; gives the ids of requests that had something to forget, as it is done.

    Nothing of a request that has not ended is touched, nor the plan that it carries out, whoever made that.
    """
    store = ArchiveStore(container)
    with_details = _with_details(container, account)
    with_plans = _with_plans(container, account)
    relied_on: set[str] = set()
    ended: list[str] = []
    for summary in list_requests(container, account):
        if summary.has_ended:
            ended.append(summary.id)
        elif summary.kind == "erasure" and summary.state != "unreadable":
            relied_on.add(str(Ledger(container, account, summary.id).state().plan.get("request", "")))
    for request in ended:
        if request not in with_details | with_plans:
            continue
        ledger = Ledger(container, account, request)
        state = ledger.state()
        if state.ended is None or now - state.ended < keep:
            continue
        if request in with_details:
            ledger.delete_details()
        if request in relied_on:
            continue
        store.delete_many([blob.name for blob in store.list(f"{account}/plans/{request}/")])
        yield request


def _with_details(container: ContainerClient, account: str) -> set[str]:
    prefix = f"{account}/requests/"
    with store_errors(str(container.container_name), prefix):
        parts = (name.split("/") for name in container.list_blob_names(name_starts_with=prefix))
        return {part[-2] for part in parts if part[-1] == DETAILS}


def _with_plans(container: ContainerClient, account: str) -> set[str]:
    prefix = f"{account}/plans/"
    with store_errors(str(container.container_name), prefix):
        found = container.walk_blobs(name_starts_with=prefix, delimiter="/")
        return {str(each.name).removeprefix(prefix).rstrip("/") for each in found}
