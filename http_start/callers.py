"""Who asks: a name only where the platform has authenticated the caller; with function keys alone nobody has."""

from collections.abc import Mapping
from typing import NotRequired, TypedDict, cast

import azure.functions as func

from steward.settings import current_settings

_LONGEST_NAME = 200


class Caller(TypedDict):
    """`verified`: an identity provider vouches for the name; `id`: its own word for the principal, where the platform gave it."""

    name: str | None
    verified: bool
    id: NotRequired[str]


NOBODY = Caller(name=None, verified=False)


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
    text = cast("Mapping[str, str]", req.headers).get(header) or ""
    return "".join(each for each in text if each.isprintable())[:_LONGEST_NAME].strip()


def why_no_approval(asker: Caller, approver: Caller) -> str:
    """Why the one cannot approve what the other asked for; empty where he can. With keys alone nobody is known."""
    if not _takes_two():
        return ""
    if not asker["verified"]:
        return "who asked for it was not verified, so nobody can be told to be another person"
    if not approver["verified"]:
        return "who approves has to be verified: sign in"
    return "" if _are_two(asker, approver) else "who asked for an erasure cannot approve it"


def why_no_asking(asker: Caller) -> str:
    """Why nobody could approve what this caller asks for; empty where somebody can."""
    return (
        "who asks has to be verified, or nobody can approve it: sign in"
        if _takes_two() and not asker["verified"]
        else ""
    )


def _takes_two() -> bool:
    settings = current_settings()
    return settings.callers_verified and not settings.approve_own_requests


def _are_two(one: Caller, other: Caller) -> bool:
    """Whether they share no word, and have words of one kind to compare: a token may have a name that another lacks.

    Identity providers do not tell capitals apart.
    """
    words = [{(each["name"] or "").casefold(), each.get("id", "").casefold()} - {""} for each in (one, other)]
    if not words[0].isdisjoint(words[1]):
        return False
    named = ("id" not in each or each["id"] != each["name"] for each in (one, other))
    return ("id" in one and "id" in other) or all(named)
