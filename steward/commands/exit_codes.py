"""How the command line ends: one number for what came of it, for scripts."""

from collections.abc import Mapping

from steward.ledger.state import State
from steward.requests_api.answers import RequestDocument

DONE = 0
WRONG = 1
NOT_ASKED = 2
GAPS = 3
INCOMPLETE = 4
NOT_DONE = 5
OPEN = 6

MEANINGS: Mapping[int, str] = {
    DONE: "it came out as asked: a request is `completed` or `planned`, or waits for its approval (`erase`); a decision "
    "was taken; nothing wrong was found",
    WRONG: "something is wrong with what was looked at; a request has `failed`",
    NOT_ASKED: "nothing was found out: a wrong option, a refusal, no answer; the sentence on standard error says which",
    GAPS: "a request is `completed-with-gaps`",
    INCOMPLETE: "an erasure is `incomplete`",
    NOT_DONE: "a request was `refused`, `rejected` or `cancelled`",
    OPEN: "a request has not ended: `status --once`",
}

ENDS: Mapping[State, int] = {
    "completed": DONE,
    "planned": DONE,
    "failed": WRONG,
    "completed-with-gaps": GAPS,
    "incomplete": INCOMPLETE,
    "refused": NOT_DONE,
    "rejected": NOT_DONE,
    "cancelled": NOT_DONE,
}


def code_of(document: RequestDocument) -> int:
    """By the request's state."""
    return ENDS.get(document["state"], OPEN)


def table() -> str:
    """In Markdown, for the documentation."""
    rows = [f"| {code} | {meaning} |" for code, meaning in MEANINGS.items()]
    return "\n".join(["| exit code | |", "| --- | --- |", *rows]) + "\n"
