"""Who asks: a name only where the platform has authenticated the caller; with function keys alone nobody has."""

from collections.abc import Mapping
from typing import TypedDict, cast

import azure.functions as func

from steward.settings import current_settings

_LONGEST_NAME = 200


class Caller(TypedDict):
    """`verified`: an identity provider vouches for the name."""

    name: str | None
    verified: bool


def caller_of(req: func.HttpRequest) -> Caller:
    """The principal that the platform has verified; where it verifies nobody, anybody could have written these headers.

    "External requests aren't allowed to set these headers, so they're present only if set by App Service" [App Service,
    "Work with user identities"].
    """
    if not current_settings().callers_verified:
        return Caller(name=None, verified=False)
    headers = cast("Mapping[str, str]", req.headers)
    name = headers.get("X-MS-CLIENT-PRINCIPAL-NAME") or headers.get("X-MS-CLIENT-PRINCIPAL-ID") or ""
    readable = "".join(each for each in name if each.isprintable())[:_LONGEST_NAME].strip()
    return Caller(name=readable or None, verified=bool(readable))


def is_same_person(one: Caller, other: Caller) -> bool:
    """Whether both are verified and go by one name; identity providers do not tell capitals apart."""
    return (
        one["verified"]
        and other["verified"]
        and (one["name"] or "").casefold() == (other["name"] or "").casefold()
    )
