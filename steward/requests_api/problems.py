"""Answers to a request that cannot be taken, as problem documents (RFC 9457, application/problem+json)."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import NotRequired, TypedDict
from urllib.parse import quote

from pydantic import ConfigDict, with_config

MEDIA_TYPE = "application/problem+json"
# What a fragment may have as it is, beside letters, digits and -._~ (RFC 3986, section 3.5).
_FRAGMENT = "!$&'()*+,;=:@?"
_MOST_PROBLEMS = 20


@with_config(ConfigDict(extra="forbid"))
class FieldError(TypedDict):
    """`pointer`: a JSON pointer in a URI fragment (RFC 6901, section 6) into the body; `header`, `parameter`: a name."""

    detail: str
    pointer: NotRequired[str]
    header: NotRequired[str]
    parameter: NotRequired[str]


@with_config(ConfigDict(extra="forbid"))
class Problem(TypedDict):
    """`errors` is this project's own member: every field that is wrong, up to twenty of them, not only the first."""

    type: str
    title: str
    status: int
    detail: str
    errors: NotRequired[list[FieldError]]


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One field that is wrong, and what was expected there; `parameter` is one of the query."""

    detail: str
    pointer: str | None = None
    header: str | None = None
    parameter: str | None = None

    def __str__(self) -> str:
        return f"{self.header or self.parameter or self.pointer or '#'}: {self.detail}"

    def to_error(self) -> FieldError:
        error = FieldError(detail=self.detail)
        if self.pointer is not None:
            error["pointer"] = self.pointer
        if self.header is not None:
            error["header"] = self.header
        if self.parameter is not None:
            error["parameter"] = self.parameter
        return error


class InvalidRequest(Exception):  # noqa: N818 - it names the caller's mistake
    """The request document is not one that can be taken; the text never repeats a value, since those may be personal."""

    def __init__(self, problems: Sequence[FieldProblem]) -> None:
        self.problems = tuple(problems[:_MOST_PROBLEMS])
        super().__init__("; ".join(map(str, self.problems)))

    def to_problem(self) -> Problem:
        document = problem(HTTPStatus.BAD_REQUEST, str(self.problems[0]))
        document["errors"] = [found.to_error() for found in self.problems]
        return document


def problem(status: HTTPStatus, detail: str) -> Problem:
    """A problem with no type of its own: "about:blank" and the status's own phrase (RFC 9457, section 4.2.1)."""
    return Problem(type="about:blank", title=status.phrase, status=status.value, detail=detail)


def json_pointer(path: Sequence[str | int]) -> str:
    """The pointer to a place in a JSON document, as a URI fragment (RFC 6901, section 6)."""
    return "#" + "".join("/" + _part(str(part)) for part in path)


def _part(name: str) -> str:
    return quote(name.replace("~", "~0").replace("/", "~1"), safe=_FRAGMENT)
