"""The request document of exports and erasures: what may stand in it, and its defaults.

The same scope grammar serves both, so that a data subject's access request and erasure request are the same words.
"""

import contextlib
import re
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, cast

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    model_validator,
)
from pydantic.alias_generators import to_camel

from steward.tickets.callback_address import FORM, PATTERN, has_form

type JsonObject = dict[str, Any]

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
# RFC 3339; pydantic alone would also take a number of seconds written as text.
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)")


def _uuid(value: str) -> str:
    if not _UUID.fullmatch(value):
        raise ValueError("expected a UUID such as 00000000-0000-4000-8000-000000000000")
    return value.lower()


def _time(value: object) -> object:
    # In UTC, times at either end of the calendar are beyond it.
    with contextlib.suppress(OverflowError):
        if isinstance(value, str) and _TIME.fullmatch(value):
            return datetime.fromisoformat(value).astimezone(UTC)
    raise ValueError("expected a time with its offset, such as 2026-01-31T00:00:00Z")


def _readable(value: str) -> str:
    if _CONTROL.search(value):
        raise ValueError("expected text without control characters")
    return value


def _callback(value: str) -> str:
    if not has_form(value):
        raise ValueError(FORM)
    return value


def _may_leave_out_the_account(schema: JsonObject) -> None:
    """The account's name is filled in before the document is checked."""
    schema["required"].remove("account")


def _no_null(schema: JsonObject) -> None:
    """In the published schema as in `_Selector`: nothing in it may be null, and something must be there."""
    schema["minProperties"] = 1
    for part in schema["properties"].values():
        if {"type": "null"} in part.get("anyOf", ()):
            part["anyOf"].remove({"type": "null"})
            del part["default"]


type Identifier = Annotated[str, AfterValidator(_uuid), Field(json_schema_extra={"format": "uuid"})]
type Text = Annotated[
    str,
    StringConstraints(min_length=1, max_length=512),
    AfterValidator(_readable),
    Field(json_schema_extra={"pattern": r"^[^\x00-\x1f\x7f]+$"}),
]
type Value = Annotated[str, StringConstraints(max_length=512)]
type Time = Annotated[AwareDatetime, BeforeValidator(_time)]
# Not strict: the array that JSON knows is a list.
type Some[T] = Annotated[tuple[T, ...], Field(min_length=1, max_length=10_000, strict=False)]
# Whether a host is allowed is the settings' to say, when the request comes in and whenever it is called.
type Callback = Annotated[
    str,
    StringConstraints(max_length=2000),
    AfterValidator(_callback),
    Field(json_schema_extra={"format": "uri", "pattern": PATTERN}),
]
type Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
type RequestId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,79}$")]
type Purpose = Literal["data-subject", "off-boarding", "backup", "migration"]


class StrictDocument(BaseModel):
    """What callers send: camel case, and nothing that is not named."""

    # Python's `$` would let a newline through.
    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, alias_generator=to_camel, regex_engine="rust-regex"
    )


class _Selector(StrictDocument):
    """A part of the scope: a null in it could be read as "all" as well as "none", so it is neither."""

    model_config = ConfigDict(json_schema_extra=_no_null)

    @model_validator(mode="before")
    @classmethod
    def _holds_no_null(cls, value: object) -> object:
        if isinstance(value, dict):
            found = cast("JsonObject", value)
            # Other names are refused as such, and not repeated: somebody may have written a person's there.
            nulls = [name for name in _wire_names(cls) if name in found and found[name] is None]
            if nulls:
                raise ValueError(f"{nulls[0]} is null; leave it out, or say what it selects")
            if not value:
                raise ValueError("selects nothing; expected at least one of " + ", ".join(_wire_names(cls)))
        return cast("object", value)


def _wire_names(model: type[BaseModel]) -> list[str]:
    return [str(field.alias) for field in model.model_fields.values()]


class ImageSelector(_Selector):
    """Images that fit every part that is given: all of `tags` (by name or id), one of `ids`, each pair of `metadata`."""

    tags: Some[Text] | None = None
    ids: Some[Identifier] | None = None
    metadata: Annotated[dict[Text, Value], Field(min_length=1)] | None = None


class PredictionSelector(_Selector):
    """Stored predictions made from `from` on and before `to`; either may be left open."""

    since: Time | None = Field(default=None, alias="from")
    until: Time | None = Field(default=None, alias="to")

    @model_validator(mode="after")
    def _is_a_span(self) -> Self:
        if self.since and self.until and self.since >= self.until:
            raise ValueError("expected from to be before to")
        return self


class ProjectSelector(_Selector):
    """One project by `id` or exact `name`, meant whole where nothing inside it is selected.

    Entries that mean the same project add up.
    """

    id: Identifier | None = None
    name: Text | None = None
    images: ImageSelector | None = None
    iterations: Some[Text] | None = None
    predictions: PredictionSelector | None = None

    @model_validator(mode="after")
    def _is_named_once(self) -> Self:
        if (self.id is None) == (self.name is None):
            raise ValueError("expected either id or name")
        return self

    @property
    def whole(self) -> bool:
        return self.images is None and self.iterations is None and self.predictions is None


class ProjectsScope(_Selector):
    projects: Some[ProjectSelector]


# In brackets, so that they are not taken for parts of a field's path.
ACCOUNT_FORM, OBJECT_FORM = "(account)", "(object)"


def account_or(model: type[StrictDocument], expected: str) -> Discriminator:
    """Tells the word "account" from an object, which `expected` describes."""

    def form(value: object) -> str | None:
        if isinstance(value, dict | model):
            return OBJECT_FORM
        return ACCOUNT_FORM if value == "account" else None

    return Discriminator(
        form,
        custom_error_type="form",
        custom_error_message=f'expected "account", or an object with {expected}',
    )


type Scope = Annotated[
    Annotated[Literal["account"], Tag(ACCOUNT_FORM)] | Annotated[ProjectsScope, Tag(OBJECT_FORM)],
    account_or(ProjectsScope, "projects"),
]


class Ticket(StrictDocument):
    """Where the request comes from; `system` as in jira or servicenow."""

    system: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]
    key: Annotated[Text, StringConstraints(max_length=200)]


class Options(StrictDocument):
    """Which rows beside projects, tags and images an export takes along."""

    iterations: bool = True
    predictions: bool = True
    models: bool = True
    image_performance: bool = True


class PlanRef(StrictDocument):
    """The plan of a dry run, by that request's id and the plan's hash."""

    request: RequestId
    hash: Sha256


class Waiver(StrictDocument):
    reason: Text


class _Request(StrictDocument):
    model_config = ConfigDict(json_schema_extra=_may_leave_out_the_account)

    account: str
    scope: Scope
    ticket: Ticket | None = None
    callback: Callback | None = None

    def to_document(self) -> JsonObject:
        """The document with all defaults, as JSON: two bodies that mean the same are equal here."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class ExportRequest(_Request):
    purpose: Purpose = "backup"
    options: Options = Field(default_factory=lambda: Options.model_validate({}))


class ErasureRequest(_Request):
    """An erasure; `archives` is "erase" for a data subject unless said, "keep" for every other purpose."""

    purpose: Purpose
    dry_run: bool = True
    plan: PlanRef | None = None
    waive_export: Waiver | None = None
    derived_iterations: Literal["keep", "erase"] = "keep"
    archives: Annotated[
        Literal["erase", "keep"],
        Field(
            default_factory=lambda earlier: "erase" if earlier.get("purpose") == "data-subject" else "keep"
        ),
    ]

    @model_validator(mode="after")
    def _takes_up_a_plan_only_for_real(self) -> Self:
        if self.dry_run and self.plan:
            raise ValueError("plan is taken up by a real erase; expected dryRun false beside it")
        return self


type AnyRequest = ExportRequest | ErasureRequest
