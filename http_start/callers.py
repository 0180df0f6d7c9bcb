"""Who asks over HTTP: a name only where the platform has authenticated the caller; with function keys alone nobody has."""

from collections.abc import Mapping
from typing import cast

import azure.functions as func

from starting.callers import NOBODY, Caller, readable_name
from steward.settings import current_settings


def caller_of(req: func.HttpRequest) -> Caller:
    """The principal that the platform has verified; where it verifies nobody, anybody could have written these headers.

    "External requests aren't allowed to set these headers, so they're present only if set by App Service" [App Service,
    "Work with user identities"].
    """
    if not current_settings().callers_verified:
        return NOBODY
    principal, name = (_header(req, f"X-MS-CLIENT-PRINCIPAL-{each}") for each in ("ID", "NAME"))
    caller = Caller(name=name or principal or None, verified=bool(name or principal))
    if principal:
        caller["id"] = principal
    return caller


def _header(req: func.HttpRequest, header: str) -> str:
    return readable_name(cast("Mapping[str, str]", req.headers).get(header) or "")
