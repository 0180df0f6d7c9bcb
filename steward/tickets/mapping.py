"""From a ticket to the envelope: expressions say where its fields stand, its step says what is asked for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self, get_args

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import ConfigDict, Field, model_validator

from steward.requests_api.contract import parse_document, read_object
from steward.requests_api.documents import JsonObject, StrictDocument
from steward.requests_api.problems import FieldProblem, InvalidRequest
from steward.setting_checks import SettingsError
from steward.tickets.default_fields import DEFAULTS, TicketSystem

SYSTEMS: tuple[TicketSystem, ...] = get_args(TicketSystem.__value__)

type FieldName = Literal[
    "step",
    "key",
    "by",
    "account",
    "purpose",
    "scope",
    "options",
    "callback",
    "plan",
    "waiveExport",
    "derivedIterations",
    "archives",
]

# No fields of the request document.
_ASIDE = ("step", "key", "by")
# Forms of ticketing systems have texts, no objects.
_OBJECTS = ("scope", "options", "plan", "waiveExport")
# One form serves an export and an erasure; to an export these mean nothing. (What an erasure is not to have is refused: who
# says `options` there may mean to erase less.)
_OF_ERASURES = ("plan", "waiveExport", "derivedIterations", "archives")
_JIRA_BLOCK = re.compile(r"\s*\{(code(?:[:|][^}]*)?|noformat)\}(?P<text>.*)\{(code|noformat)\}\s*", re.DOTALL)


class _Step(StrictDocument):
    """What a ticket asks for when it comes to a step."""

    kind: Literal["export", "erasure"]
    dry_run: bool | None = None

    @model_validator(mode="after")
    def _says_what_is_erased(self) -> Self:
        if (self.kind == "erasure") != (self.dry_run is not None):
            raise ValueError("expected dryRun beside the kind erasure, and beside no other")
        return self


class _System(StrictDocument):
    fields: dict[FieldName, str | None] = Field(default_factory=dict[FieldName, str | None])
    steps: dict[str, _Step] | None = None


class _File(StrictDocument):
    """What TICKET_FIELDS says; a field that is null has no default any more, and `steps` replace all defaults."""

    # The systems' names are no words of ours, to be written in camel case.
    model_config = ConfigDict(alias_generator=None)

    jira: _System | None = None
    servicenow: _System | None = None
    generic: _System | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """The envelope, and the name of who asks, where the ticket says it."""

    envelope: JsonObject
    by: str


@dataclass(frozen=True, slots=True)
class TicketFields:
    """Where one system's tickets have their fields."""

    system: TicketSystem
    expressions: Mapping[str, str]
    steps: Mapping[str, JsonObject]

    def read(self, ticket: JsonObject) -> Asked | None:
        """What the ticket asks for, None where its step starts nothing. Raises InvalidRequest, which names the mapped field."""
        step = self._find("step", ticket)
        if not isinstance(step, str) or step not in self.steps:
            return None
        asked = self.steps[step]
        left_out = _ASIDE if asked["kind"] == "erasure" else (*_ASIDE, *_OF_ERASURES)
        said = {field: self._find(field, ticket) for field in self.expressions}
        fields = {
            field: _object(field, value)
            for field, value in said.items()
            if field not in left_out and value not in (None, "")
        }
        by = said.get("by")
        envelope = {**asked, **fields, "ticket": {"system": self.system, "key": said.get("key")}}
        return Asked(envelope, by if isinstance(by, str) else "")

    def _find(self, field: str, ticket: JsonObject) -> Any:
        if not (expression := self.expressions.get(field)):
            return None
        try:
            return jmespath.search(expression, ticket)
        except JMESPathError:
            # Its text quotes what stands there.
            detail = f"the expression for it does not fit this ticket ({self.system}, TICKET_FIELDS)"
            raise InvalidRequest([FieldProblem(detail, f"#/{field}")]) from None


def _object(field: str, value: Any) -> Any:
    """The object that a text stands for, in a block of Jira's code or without; any other value as it is.

    A text that is none stays one, which the contract refuses.
    """
    if field not in _OBJECTS or not isinstance(value, str):
        return value
    block = _JIRA_BLOCK.fullmatch(value)
    text = (block["text"] if block else value).strip()
    try:
        return read_object(text)
    except InvalidRequest:
        return text


def default_fields() -> dict[TicketSystem, TicketFields]:
    return {system: _fields(system, None) for system in SYSTEMS}


def read_fields(file: Path) -> dict[TicketSystem, TicketFields]:
    """The defaults, overruled by the file that TICKET_FIELDS names. Raises SettingsError."""
    try:
        said = parse_document(_File, read_object(file.read_bytes()))
        found: dict[TicketSystem, TicketFields] = {
            "jira": _fields("jira", said.jira),
            "servicenow": _fields("servicenow", said.servicenow),
            "generic": _fields("generic", said.generic),
        }
    except InvalidRequest as error:
        # pydantic's word for a key that is wrong.
        raise SettingsError(f"TICKET_FIELDS: {error.problems[0]}".replace("/[key]", "")) from None
    except OSError as error:
        raise SettingsError(f"TICKET_FIELDS: cannot be read ({type(error).__name__})") from None
    return found


def _fields(system: TicketSystem, said: _System | None) -> TicketFields:
    defaults = DEFAULTS[system]
    expressions: dict[str, str | None] = dict(defaults["fields"])
    steps: dict[str, JsonObject] = defaults["steps"]
    if said:
        expressions.update((str(field), text) for field, text in said.fields.items())
    if said and said.steps is not None:
        steps = {name: step.model_dump(by_alias=True, exclude_none=True) for name, step in said.steps.items()}
    for field, expression in expressions.items():
        try:
            jmespath.compile(expression or "@")
        except JMESPathError:
            raise InvalidRequest(
                [FieldProblem("expected a JMESPath expression", f"#/{system}/fields/{field}")]
            ) from None
    for field in ("step", "key"):
        if not expressions[field]:
            raise InvalidRequest([FieldProblem("is required", f"#/{system}/fields/{field}")])
    return TicketFields(system, {field: text for field, text in expressions.items() if text}, steps)
