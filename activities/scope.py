"""What the request asks for: read from its details and its recorded plan, never carried through the durable boundary."""

import functools
import json

from activities.payloads import RequestRef
from steward.accounts import account
from steward.archive.names import BagNames
from steward.erasure.names import ErasureNames
from steward.erasure.plan import RecordedPlan, read_plan
from steward.ledger.ledger import Ledger
from steward.requests_api.contract import parse_erasure, parse_export
from steward.requests_api.documents import ErasureRequest, ExportRequest, JsonObject, Scope
from steward.requests_api.scope import ScopedProject, resolve_projects


class DetailsDeleted(Exception):  # noqa: N818 - it names what is found
    """The request's details are gone, so nobody can say any more what it asked for."""


@functools.lru_cache(maxsize=64)
def export_request(account_name: str, request: str) -> ExportRequest:
    """The request document; it never changes once it is accepted."""
    return parse_export(_document(account_name, request), [account_name])


@functools.lru_cache(maxsize=64)
def erasure_request(account_name: str, request: str) -> ErasureRequest:
    """As `export_request`."""
    return parse_erasure(_document(account_name, request), [account_name])


def scope_of(ref: RequestRef) -> Scope:
    """The scope of an export or an erasure."""
    document = _document(ref["account"], ref["request"])
    parse = parse_erasure if "dryRun" in document else parse_export
    return parse(document, [ref["account"]]).scope


def _document(account_name: str, request: str) -> JsonObject:
    details = Ledger(account(account_name).container, account_name, request).details()
    if details is None:
        raise DetailsDeleted(f"the details of request {request} have been deleted")
    return details.document


def plan_blob(ref: RequestRef) -> str:
    """Where the list of chosen projects stands while the request is worked on."""
    return f"{BagNames(ref['account'], ref['request']).work}projects.json"


@functools.lru_cache(maxsize=64)
def planned_projects(account_name: str, request: str) -> tuple[ScopedProject, ...]:
    """The plan's projects, in its order; it is written once and never computed anew."""
    ref = RequestRef(request=request, account=account_name)
    recorded = json.loads(account(account_name).store.read(plan_blob(ref)))
    return resolve_projects(scope_of(ref), recorded["projects"]).chosen


@functools.lru_cache(maxsize=16)
def recorded_plan(account_name: str, request: str) -> RecordedPlan:
    """The plan that an erasure has on record, its own or the dry run's that it took up; raises PlanAltered."""
    home = account(account_name)
    found = Ledger(home.container, account_name, request).state().plan
    return read_plan(home.store, ErasureNames(account_name, found["request"]), found["hash"])


def scoped_project(ref: RequestRef, project: str) -> ScopedProject:
    """The selectors for one project of the plan."""
    for planned in planned_projects(ref["account"], ref["request"]):
        if planned.id == project:
            return planned
    raise KeyError(f"project {project} is not in the plan of {ref['request']}")
