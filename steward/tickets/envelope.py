"""The envelope: a ticket's wish as a queue, an event and a webhook bring it.

It is the request document of `POST /api/exports` or `POST /api/erasures`, with its `ticket`, and `kind` beside it.
"""

from collections.abc import Collection

from steward.requests_api.contract import parse_erasure, parse_export
from steward.requests_api.documents import AnyRequest, JsonObject
from steward.requests_api.problems import FieldProblem, InvalidRequest

_PARSERS = {"export": parse_export, "erasure": parse_erasure}


def parse_envelope(envelope: JsonObject, accounts: Collection[str]) -> AnyRequest:
    """The request that it asks for; `accounts` are the names in the settings. Raises InvalidRequest."""
    kind = envelope.get("kind")
    if not isinstance(kind, str) or kind not in _PARSERS:
        raise InvalidRequest([FieldProblem("expected 'export' or 'erasure'", "#/kind")])
    document = {field: value for field, value in envelope.items() if field != "kind"}
    request = _PARSERS[kind](document, accounts)
    if request.ticket is None:
        # Without it each delivery would be a request of its own.
        raise InvalidRequest([FieldProblem("is required", "#/ticket")])
    return request


def account_of(envelope: JsonObject, accounts: Collection[str]) -> str:
    """The account that it belongs to as far as that can be read, else the one that is meant where none is named."""
    named = envelope.get("account")
    if isinstance(named, str) and named in accounts:
        return named
    return home_account(accounts)


def home_account(accounts: Collection[str]) -> str:
    """The account of what belongs to none: "default", else the first."""
    return "default" if "default" in accounts else next(iter(accounts))
