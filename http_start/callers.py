"""Who asks: a name only where the platform has authenticated the caller; with function keys alone nobody has."""

import os
from collections.abc import Mapping
from typing import TypedDict, cast

import azure.functions as func

_LONGEST_NAME = 200
# App Service sets it where authentication is on; it removes these headers from what comes from outside then
# [App Service, "Work with user identities": x-ms-client-principal-name, x-ms-client-principal-id].
_AUTHENTICATION = "WEBSITE_AUTH_ENABLED"


class Caller(TypedDict):
    """`verified`: an identity provider vouches for the name."""

    name: str | None
    verified: bool


def caller_of(req: func.HttpRequest) -> Caller:
    """The principal that the platform has verified; headers of that name are believed from nobody else."""
    if os.environ.get(_AUTHENTICATION, "").lower() != "true":
        return Caller(name=None, verified=False)
    headers = cast("Mapping[str, str]", req.headers)
    name = headers.get("X-MS-CLIENT-PRINCIPAL-NAME") or headers.get("X-MS-CLIENT-PRINCIPAL-ID") or ""
    readable = "".join(each for each in name if each.isprintable())[:_LONGEST_NAME]
    return Caller(name=readable or None, verified=bool(readable))
