"""Who asks, whichever way: a name counts as verified where a person's own words were proved to be theirs.

Over HTTP the platform proves it; a signed webhook vouches for whom its ticketing system names; a queue or an event names nobody.
"""

from collections.abc import Collection

from steward.requests_api.answers import Caller
from steward.settings import current_settings

_LONGEST_NAME = 200


NOBODY = Caller(name=None, verified=False)


def readable_name(text: str) -> str:
    """A name as it may stand in a ledger."""
    return "".join(each for each in text if each.isprintable())[:_LONGEST_NAME].strip()


def why_no_approval(asker: Caller, approver: Caller, names: Collection[str] = ()) -> str:
    """Why the one cannot approve what the other asked for; empty where he can. With keys alone nobody is known.

    `names`: all that the approver is called: who asked by another way in may go by another of them.
    """
    if not _takes_two():
        return ""
    if not asker["verified"]:
        return "who asked for it was not verified, so nobody can be told to be another person"
    if not approver["verified"]:
        return "who approves has to be verified: sign in"
    return "" if _are_two(asker, approver, names) else "who asked for an erasure cannot approve it"


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


def _are_two(one: Caller, other: Caller, names: Collection[str]) -> bool:
    """Whether they share no word, and have words of one kind to compare: a token may have a name that another lacks.

    Identity providers do not tell capitals apart.
    """
    words, others = _words(one), _words(other) | {name.casefold() for name in names}
    if not words.isdisjoint(others):
        return False
    named = ("id" not in each or each["id"] != each["name"] for each in (one, other))
    return ("id" in one and "id" in other) or all(named)


def _words(caller: Caller) -> set[str]:
    return {(caller["name"] or "").casefold(), caller.get("id", "").casefold()} - {""}
