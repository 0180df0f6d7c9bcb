"""Accepting a request, whichever way it came: it is put on record, and its orchestration is started."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import azure.durable_functions as df

from starting.instances import start_new_instance
from starting.telling import start_tellers
from steward.accounts import account
from steward.ledger.chain import ChainBroken
from steward.ledger.details import Details, DetailsAltered
from steward.ledger.ledger import Ledger, find
from steward.ledger.state import RequestState
from steward.requests_api.documents import AnyRequest, ErasureRequest, PlanRef
from steward.requests_api.identity import kind_of
from steward.requests_api.problems import FieldProblem, InvalidRequest
from steward.settings import current_settings
from steward.tickets.callback_address import why_refused
from steward.tickets.telling import places_of

# What a plan depends on, or what was shown to whoever approves it.
_SAME = ("purpose", "scope", "derivedIterations", "archives")


def put_on_record(request: AnyRequest, name: str, *, by: Mapping[str, Any]) -> RequestState:
    """Its state, with the task hub that works on it named; the same request again is the same record.

    Raises InvalidRequest where it takes up a plan that it cannot, or names a callback that is not allowed; Conflict,
    ArchiveError, ChainBroken, DetailsAltered.
    """
    ledger = Ledger(account(request.account).container, request.account, name)
    tickets, document = current_settings().tickets, request.to_document()
    plan = request.plan if isinstance(request, ErasureRequest) else None
    if (plan or request.callback) and not _is_on_record(ledger):
        if plan:
            _check_plan(request, plan)
        if request.callback:
            _check_callback(request.callback, tickets.callback_hosts)
    return with_hub(
        ledger, ledger.create(kind_of(request), document, by=by, tell=places_of(document, tickets))
    )


def with_hub(ledger: Ledger, state: RequestState) -> RequestState:
    """The state of a request whose ledger names a task hub, this one where it named none; one that has ended needs none."""
    if state.has_ended:
        return state
    ledger.start(current_settings().task_hub)
    return ledger.state()


def start(client: df.SyncDurableFunctionsClient, state: RequestState) -> None:
    """Start what is on record, where it has not ended and is this task hub's, and tell who waits. Raises grpc.RpcError.

    Whatever arrives again starts nothing again.
    """
    if not state.has_ended and state.hub == current_settings().task_hub:
        start_new_instance(client, state)
    start_tellers(client, state)


def _is_on_record(ledger: Ledger) -> bool:
    """One that arrives again is the same request, whatever has become of its plan, or of the settings, since."""
    return find(account(ledger.account).container, ledger.account, ledger.id) is not None


def _check_callback(callback: str, hosts: Sequence[str]) -> None:
    """Raises InvalidRequest where nobody may be called there."""
    if why := why_refused(callback, hosts):
        raise InvalidRequest([FieldProblem(why, "#/callback")])


def _dry_run(account_name: str, name: str) -> tuple[RequestState | None, Details | None]:
    """What is on record of it. Raises InvalidRequest where that cannot be believed: it is the dry run's record, not ours."""
    try:
        ledger = find(account(account_name).container, account_name, name)
        return (ledger.state(), ledger.details()) if ledger else (None, None)
    except (ChainBroken, DetailsAltered) as error:
        why = f"is of a dry run whose record cannot be believed ({error}): let a person look, and ask for a new one"
        raise InvalidRequest([FieldProblem(why, "#/plan/request")]) from None


def _check_plan(request: AnyRequest, plan: PlanRef) -> None:
    """Raises InvalidRequest where the plan is not one of a dry run of the same request, ArchiveError."""
    state, details = _dry_run(request.account, plan.request)
    if not state or not state.plan or not state.dry_run or state.state != "planned":
        raise InvalidRequest(
            [FieldProblem("expected the id of a dry run of this account that has ended", "#/plan/request")]
        )
    if state.plan["hash"] != plan.hash:
        raise InvalidRequest([FieldProblem("is not the hash of that dry run's plan", "#/plan/hash")])
    if datetime.fromisoformat(state.plan["expires"]) <= datetime.now(UTC):
        raise InvalidRequest(
            [FieldProblem(f"the plan expired at {state.plan['expires']}: ask for a new one", "#/plan")]
        )
    if details is None:
        raise InvalidRequest(
            [FieldProblem("is of a dry run whose details are gone: ask for a new one", "#/plan")]
        )
    ours = request.to_document()
    if different := [field for field in _SAME if ours.get(field) != details.document.get(field)]:
        raise InvalidRequest(
            [
                FieldProblem("is another one than in the dry run whose plan is named", f"#/{field}")
                for field in different
            ]
        )
