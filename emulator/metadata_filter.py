"""`$filter` of GetImages: `key1 eq 'value1' and key2 ne 'value2'`; `and` binds tighter than `or` (OpenAPI v3.3)."""

import re
from collections.abc import Callable, Mapping

from emulator.errors import ServiceError

type Filter = Callable[[Mapping[str, str]], bool]

# A quote in a value is written twice, as OData does.
_TERM = re.compile(
    r"\s*(?P<key>[^\s']+)\s+(?P<operator>eq|ne)\s+'(?P<value>(?:[^']|'')*)'\s*(?:(?P<joint>and|or)\s|$)",
    re.IGNORECASE,
)


def metadata_filter(expression: str) -> Filter:
    """Whether an image's metadata fits. ServiceError where the expression does not read."""
    alternatives: list[list[Filter]] = [[]]
    position = 0
    while True:
        term = _TERM.match(expression, position)
        if term is None:
            raise ServiceError(
                "BadRequestInvalid", "$filter: expected key eq 'value' or key ne 'value', joined by and, or."
            )
        alternatives[-1].append(
            _comparison(term["key"], term["operator"].lower(), term["value"].replace("''", "'"))
        )
        position = term.end()
        if not term["joint"]:
            return lambda metadata: any(all(fits(metadata) for fits in terms) for terms in alternatives)
        if term["joint"].lower() == "or":
            alternatives.append([])


def _comparison(key: str, operator: str, value: str) -> Filter:
    if operator == "eq":
        return lambda metadata: metadata.get(key) == value
    return lambda metadata: metadata.get(key) != value
