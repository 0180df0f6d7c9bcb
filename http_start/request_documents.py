"""The request document as callers see it: what the ledger says, and how far the orchestration has come."""

import json
from collections.abc import Mapping
from typing import Any, cast

import azure.durable_functions as df

from steward.ledger.index import Summary
from steward.ledger.state import RequestState


def request_document(state: RequestState, progress: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Camel case; what is not known is left out."""
    document: dict[str, Any] = {
        "id": state.id,
        "kind": state.kind,
        "account": state.account,
        "purpose": state.purpose,
        "state": state.state,
        "accepted": state.accepted.isoformat() if state.accepted else None,
        "ended": state.ended.isoformat() if state.ended else None,
        "behind": state.behind,
        "reason": state.reason,
        "bag": state.bag,
        "totals": state.totals,
    }
    if progress and not state.has_ended:
        document["phase"] = progress.get("phase")
        document["progress"] = {"done": progress.get("done", 0), "total": progress.get("total", 0)}
    return {key: value for key, value in document.items() if value not in (None, "", {})}


def summary_document(summary: Summary) -> dict[str, Any]:
    """One entry of a list."""
    document: dict[str, Any] = {
        "id": summary.id,
        "kind": summary.kind,
        "account": summary.account,
        "purpose": summary.purpose,
        "state": summary.state,
        "accepted": summary.accepted.isoformat() if summary.accepted else None,
        "updated": summary.updated.isoformat() if summary.updated else None,
        "ticket": {"system": summary.ticket[0], "key": summary.ticket[1]} if summary.ticket else None,
    }
    return {key: value for key, value in document.items() if value is not None}


def progress_of(client: df.SyncDurableFunctionsClient, instance: str) -> dict[str, Any]:
    """The orchestration's own word on its phase and progress; empty where this hub does not know it."""
    state = client.get_orchestration_state(instance)
    if state is None or not state.serialized_custom_status:
        return {}
    return cast(dict[str, Any], json.loads(state.serialized_custom_status))
