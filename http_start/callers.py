"""Who asks over HTTP: a name only where the platform has authenticated the caller; with function keys alone nobody has."""

import base64
from collections.abc import Mapping
from typing import cast

import azure.functions as func
from pydantic import BaseModel

from starting.callers import NOBODY, readable_name
from steward.requests_api.answers import Caller
from steward.settings import current_settings

_PRINCIPAL = "X-MS-CLIENT-PRINCIPAL"
# What identity providers call a principal's name and its id, the more telling ones first; Entra ID's in both of its spellings.
_NAMES = (
    "preferred_username",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn",
    "upn",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
    "email",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name",
    "name",
)
_IDS = (
    "http://schemas.microsoft.com/identity/claims/objectidentifier",
    "oid",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
    "sub",
)


class _Claim(BaseModel):
    typ: str
    val: str


class _Principal(BaseModel):
    """The header as App Service writes it: base64 of JSON."""

    name_typ: str | None = None
    claims: list[_Claim] = []

    def first(self, *types: str | None) -> str:
        """The claim of the first of these types that it has."""
        said = {claim.typ: claim.val for claim in reversed(self.claims)}
        return next((readable_name(said[each]) for each in types if each and said.get(each)), "")

    def names(self) -> set[str]:
        """All that it is called."""
        return {readable_name(claim.val) for claim in self.claims if claim.typ in {self.name_typ, *_NAMES}}


def caller_of(req: func.HttpRequest) -> Caller:
    """The principal that the platform has verified; where it verifies nobody, anybody could have written these headers.

    "External requests aren't allowed to set these headers, so they're present only if set by App Service" [App Service,
    "Work with user identities"].
    """
    if not current_settings().callers_verified:
        return NOBODY
    principal, name = (readable_name(_header(req, f"{_PRINCIPAL}-{each}")) for each in ("ID", "NAME"))
    if not (principal and name):
        claims = _principal(_header(req, _PRINCIPAL))
        principal = principal or claims.first(*_IDS)
        name = name or claims.first(claims.name_typ, *_NAMES)
    caller = Caller(name=name or principal or None, verified=bool(name or principal))
    if principal:
        caller["id"] = principal
    return caller


def names_of(req: func.HttpRequest) -> set[str]:
    """All that the platform says the principal is called: who it is on record as has only the most telling one."""
    if not current_settings().callers_verified:
        return set()
    return {
        readable_name(_header(req, f"{_PRINCIPAL}-NAME")),
        *_principal(_header(req, _PRINCIPAL)).names(),
    } - {""}


def _principal(header: str) -> _Principal:
    """With no claims where the header is not there, or is not what the platform writes."""
    try:
        return _Principal.model_validate_json(base64.b64decode(header, validate=True))
    except ValueError:
        return _Principal()


def _header(req: func.HttpRequest, header: str) -> str:
    return cast("Mapping[str, str]", req.headers).get(header) or ""
