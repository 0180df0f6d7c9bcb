"""Lists of requests: what may be asked of them, and one page after another, the newest first."""

import base64
import heapq
import json
from collections import Counter
from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Annotated, get_args
from urllib.parse import parse_qsl

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter

from steward.ledger.index import Summary
from steward.ledger.state import ENDED_STATES, OpenState
from steward.requests_api.contract import LONGEST_NAME, parse_parameters
from steward.requests_api.documents import StrictDocument, Time
from steward.requests_api.identity import Kind
from steward.requests_api.problems import FieldProblem, InvalidRequest

LISTED_STATES = (*get_args(OpenState.__value__), *ENDED_STATES, "unreadable")


def _known(state: str) -> str:
    if state not in LISTED_STATES:
        raise ValueError(f"expected one of {', '.join(LISTED_STATES)}")
    return state


type ListedState = Annotated[
    str, AfterValidator(_known), Field(json_schema_extra={"enum": list(LISTED_STATES)})
]
type _Place = tuple[AwareDatetime, str, str]

MOST = 1000
_PLACE: TypeAdapter[_Place] = TypeAdapter(_Place)
_NEVER = datetime.min.replace(tzinfo=UTC)


class RequestQuery(StrictDocument):
    """What is left out narrows nothing; what is given narrows together."""

    state: Annotated[
        tuple[ListedState, ...] | None,
        Field(description="One of these; several with commas between them.", strict=False),
    ] = None
    kind: Kind | None = None
    account: Annotated[str | None, Field(description="A name in the settings.")] = None
    ticket_system: Annotated[str | None, Field(description="As the request has it: jira, servicenow …")] = (
        None
    )
    ticket_key: Annotated[
        str | None, Field(description="As the request has it; known until it is forgotten.")
    ] = None
    accepted_from: Annotated[Time | None, Field(description="Accepted then or later.")] = None
    accepted_to: Annotated[Time | None, Field(description="Accepted before.")] = None
    limit: Annotated[int, Field(ge=1, le=MOST, strict=False, description="Requests a page.")] = 100
    continuation: Annotated[str | None, Field(description="As the page before gave it.")] = None

    def fits(self, summary: Summary) -> bool:
        accepted = summary.accepted
        system, key = summary.ticket or (None, None)
        return (
            (self.state is None or summary.state in self.state)
            and (self.kind is None or summary.kind == self.kind)
            and (self.account is None or summary.account == self.account)
            and (self.ticket_system is None or system == self.ticket_system)
            and (self.ticket_key is None or key == self.ticket_key)
            and (self.accepted_from is None or (accepted is not None and accepted >= self.accepted_from))
            and (self.accepted_to is None or (accepted is not None and accepted < self.accepted_to))
        )


def parse_query(text: str, accounts: Collection[str]) -> RequestQuery:
    """The query of an address, without its question mark; a function key in it is passed over. Raises InvalidRequest."""
    pairs = [(name, value) for name, value in parse_qsl(text, keep_blank_values=True) if name != "code"]
    states = [each for name, value in pairs if name == "state" for each in value.split(",")]
    given: dict[str, object] = {name: value for name, value in pairs if name != "state"}
    times = Counter(name for name, _ in pairs)
    if twice := [name[:LONGEST_NAME] for name in given if times[name] > 1]:
        raise InvalidRequest([FieldProblem("is given twice", parameter=name) for name in twice])
    query = parse_parameters(RequestQuery, given | ({"state": states} if states else {}))
    if query.account is not None and query.account not in accounts:
        expected = ", ".join(sorted(accounts))
        detail = f"is not an account of this app; expected one of {expected}"
        raise InvalidRequest([FieldProblem(detail, parameter="account")])
    if query.continuation is not None:
        _read_place(query.continuation)
    return query


def page(summaries: Iterable[Summary], query: RequestQuery) -> tuple[list[Summary], str]:
    """The query's page, and the continuation of the next one; empty after the last."""
    after = _read_place(query.continuation) if query.continuation is not None else None
    fitting = (each for each in summaries if query.fits(each) and (after is None or _place(each) < after))
    found = heapq.nlargest(query.limit + 1, fitting, key=_place)
    shown = found[: query.limit]
    return shown, _written(_place(shown[-1])) if len(found) > query.limit else ""


def _place(summary: Summary) -> _Place:
    """Total, so that no two pages have the same request; what cannot be read comes last."""
    return summary.accepted or _NEVER, summary.account, summary.id


def _written(place: _Place) -> str:
    text = json.dumps([place[0].isoformat(), *place[1:]])
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_place(continuation: str) -> _Place:
    """Raises InvalidRequest."""
    try:
        padded = continuation.encode("ascii") + b"=" * (-len(continuation) % 4)
        return _PLACE.validate_json(base64.b64decode(padded, altchars=b"-_", validate=True), strict=True)
    except (ValueError, TypeError, RecursionError):
        detail = "expected what the page before gave as its continuation"
        raise InvalidRequest([FieldProblem(detail, parameter="continuation")]) from None
