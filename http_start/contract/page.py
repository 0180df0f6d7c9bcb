"""The contract as a page for people: one HTML file with nothing to load and nothing that runs."""

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markupsafe import Markup

from http_start.contract.openapi import openapi_document
from steward.pages.templating import page_environment
from steward.requests_api.documents import JsonObject

# Words of JSON Schema that say more of a value than its type.
_LIMITS = {
    "format": "{}",
    "pattern": "matches {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minimum": "at least {}",
    "maximum": "at most {}",
    "default": "{} if left out",
}


@functools.cache
def contract_page() -> str:
    """The same contract makes the same page."""
    environment = page_environment(
        Path(__file__).parent / "templates", kind=_kind, limits=_limits, words=_words
    )
    document = openapi_document()
    return environment.get_template("contract.html").render(
        document=document, groups=_groups(document), schemas=document["components"]["schemas"]
    )


def _groups(document: JsonObject) -> dict[str, list[JsonObject]]:
    """Operations by their tag, each with its path and method, in the document's order."""
    found: dict[str, list[JsonObject]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append(
                {**operation, "path": path, "method": method.upper()}
            )
    return found


def _kind(schema: JsonObject) -> Markup:
    """What a value is, in few words; schemas that have names are links to them."""
    return Markup(" or ").join(_kinds(schema))


def _kinds(schema: JsonObject) -> Iterator[Markup]:
    if reference := schema.get("$ref"):
        name = str(reference).rpartition("/")[2]
        yield Markup('<a href="#schema-{0}">{0}</a>').format(name)
    elif "const" in schema:
        yield Markup("<code>{}</code>").format(schema["const"])
    elif "enum" in schema:
        yield from (Markup("<code>{}</code>").format(each) for each in schema["enum"])
    elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
        yield from (found for each in alternatives for found in _kinds(each))
    elif schema.get("type") == "array":
        yield Markup("list of {}").format(_kind(schema.get("items", {})))
    elif schema.get("additionalProperties") not in (None, True, False):
        yield Markup("object of {} by name").format(_kind(schema["additionalProperties"]))
    else:
        yield Markup("{}").format(
            {"string": "text"}.get(schema.get("type", ""), schema.get("type", "anything"))
        )


def _limits(schema: JsonObject) -> str:
    return "; ".join(said.format(_written(schema[key])) for key, said in _LIMITS.items() if key in schema)


def _written(value: Any) -> str:
    """Numbers as JSON has them; the library keeps whole ones as floats."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _words(text: str) -> Markup:
    """Text of a description: what stands between backquotes is code, an empty line begins a paragraph."""
    paragraphs: list[Markup] = []
    for paragraph in text.split("\n\n"):
        plain, code = Markup("{}"), Markup("<code>{}</code>")
        parts = paragraph.split("`")
        inline = ((code if number % 2 else plain).format(part) for number, part in enumerate(parts))
        paragraphs.append(Markup("<p>{}</p>").format(Markup("").join(inline)))
    return Markup("\n").join(paragraphs)
