"""`POST /api/erasures`: accept an erasure; without `"dryRun": false` it ends with its plan."""

from datetime import UTC, datetime
from http import HTTPStatus

import azure.durable_functions as df
import azure.functions as func

from http_start.accepting import accept, named
from http_start.answers import problems_answered, record_of, refusal
from http_start.callers import caller_of, why_no_asking
from steward.accounts import account
from steward.ledger.ledger import find
from steward.requests_api.contract import parse_erasure
from steward.requests_api.documents import ErasureRequest, PlanRef
from steward.requests_api.problems import FieldProblem, InvalidRequest, problem
from steward.settings import current_settings

bp = df.Blueprint()

# What a plan depends on, or what was shown to whoever approves it.
_SAME = ("purpose", "scope", "derivedIterations", "archives")


@bp.route(route="erasures", methods=["POST"])
@bp.durable_client_input(client_name="client")
@problems_answered
def post_erasure(req: func.HttpRequest, client: df.SyncDurableFunctionsClient) -> func.HttpResponse:
    """202 and the request document; the same request again is the same erasure."""
    request = parse_erasure(req.get_body(), current_settings().accounts.keys())
    if not request.dry_run and (why := why_no_asking(caller_of(req))):
        return refusal(problem(HTTPStatus.FORBIDDEN, f"{why} (APPROVE_OWN_REQUESTS)"))
    name = named(request, req)
    if request.plan and not _is_on_record(request, name):
        with record_of(request.account, request.plan.request):
            _check_plan(request, request.plan)
    return accept(request, name, req, client)


def _is_on_record(request: ErasureRequest, name: str) -> bool:
    """One that arrives again is the same erasure, whatever has become of its plan since."""
    with record_of(request.account, name):
        return find(account(request.account).container, request.account, name) is not None


def _check_plan(request: ErasureRequest, plan: PlanRef) -> None:
    """Raises InvalidRequest where the plan is not one of a dry run of the same request."""
    dry_run = find(account(request.account).container, request.account, plan.request)
    state = dry_run.state() if dry_run else None
    if not dry_run or not state or not state.plan or not state.dry_run or state.state != "planned":
        raise InvalidRequest(
            [FieldProblem("expected the id of a dry run of this account that has ended", "#/plan/request")]
        )
    if state.plan["hash"] != plan.hash:
        raise InvalidRequest([FieldProblem("is not the hash of that dry run's plan", "#/plan/hash")])
    if datetime.fromisoformat(state.plan["expires"]) <= datetime.now(UTC):
        raise InvalidRequest(
            [FieldProblem(f"the plan expired at {state.plan['expires']}: ask for a new one", "#/plan")]
        )
    if (details := dry_run.details()) is None:
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
