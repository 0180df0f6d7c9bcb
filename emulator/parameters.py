"""Query parameters: how each kind is read, and what is answered when it cannot be."""

import math
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import QueryParams

from emulator.errors import ServiceError
from emulator.options import Options

type Reader = Callable[[str, str, Options], Any]


@dataclass(frozen=True)
class Parameter:
    """One query parameter of an operation; `versions` where not all of the operation's have it."""

    name: str
    read: Reader
    default: Any = None
    required: bool = False
    versions: Sequence[str] | None = None


def identifier(name: str, text: str, options: Options) -> str:
    """Canonical text of an id. 400 otherwise."""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise ServiceError(options.malformed_id_code, f"{name}: {text[:64]!r} is not a UUID.") from None


def an_id(name: str, *, required: bool = False) -> Parameter:
    return Parameter(name, identifier, required=required)


def ids(name: str, most: int | None, *, required: bool = False, too_many: str | None = None) -> Parameter:
    """Ids joined by commas; a repeated id counts once. `too_many`: a code of its own for more than `most`."""

    def read(name: str, text: str, options: Options) -> list[str]:
        found = list(dict.fromkeys(identifier(name, part, options) for part in text.split(",") if part))
        if most is not None and len(found) > most:
            code = too_many or options.too_many_ids_code
            raise ServiceError(code, f"{name}: {len(found)} ids; expected {most} at most.")
        return found

    return Parameter(name, read, default=[], required=required)


def boolean(name: str, *, default: bool = False, versions: Sequence[str] | None = None) -> Parameter:
    def read(name: str, text: str, _: Options) -> bool:
        if text.lower() not in {"true", "false"}:
            raise ServiceError("BadRequestInvalid", f"{name}: {text[:64]!r}; expected true or false.")
        return text.lower() == "true"

    return Parameter(name, read, default=default, versions=versions)


def one_of(name: str, *choices: str, default: str | None = None, required: bool = False) -> Parameter:
    """One of these words, whatever their case."""
    words = {choice.lower(): choice for choice in choices}

    def read(name: str, text: str, _: Options) -> str:
        if text.lower() not in words:
            raise ServiceError(
                "BadRequestInvalid", f"{name}: {text[:64]!r}; expected one of {', '.join(choices)}."
            )
        return words[text.lower()]

    return Parameter(name, read, default=default, required=required)


def text(name: str, *, required: bool = False) -> Parameter:
    return Parameter(name, lambda _, text, __: text, required=required)


def number(name: str) -> Parameter:
    """A number from 0 to 1."""

    def read(name: str, text: str, _: Options) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value <= 1:
            raise ServiceError("BadRequestInvalid", f"{name}: {text[:64]!r}; expected a number from 0 to 1.")
        return value

    return Parameter(name, read)


def integer(name: str, *, default: int) -> Parameter:
    def read(name: str, text: str, _: Options) -> int:
        if not (text.isascii() and text.isdigit()) or len(text) > 9:
            raise ServiceError("BadRequestInvalid", f"{name}: {text[:64]!r}; expected a whole number from 0.")
        return int(text)

    return Parameter(name, read, default=default)


def _read_take(name: str, text: str, options: Options) -> int:
    value: int = integer(name, default=0).read(name, text, options)
    if value > 256 and options.too_large_take == "refuse":
        raise ServiceError("BadRequestExceededBatchSize", f"{name}: {value}; expected 256 at most.")
    return min(value, 256)


# take: default 50, 0 to 256; skip: default 0 (OpenAPI files, GetTaggedImages).
PAGE = (Parameter("take", _read_take, default=50), integer("skip", default=0))
ORDER = one_of("orderBy", "Newest", "Oldest", default="Newest")


def read_query(
    declared: Sequence[Parameter], version: str, query: QueryParams, options: Options
) -> Mapping[str, Any]:
    """Values by name, defaults filled in. Raises ServiceError naming the parameter."""
    known = [one for one in declared if one.versions is None or version in one.versions]
    unknown = query.keys() - {one.name for one in known}
    if unknown and options.unknown_parameters == "refuse":
        raise ServiceError("BadRequestInvalid", f"{min(unknown)}: v{version} has no such parameter here.")
    values: dict[str, Any] = {}
    for one in known:
        given = ",".join(query.getlist(one.name))
        if given:
            values[one.name] = one.read(one.name, given, options)
        elif one.required:
            raise ServiceError("BadRequestRequiredParamIsNull", f"{one.name}: missing.")
        else:
            values[one.name] = one.default
    return values
