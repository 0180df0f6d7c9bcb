"""What a caller says of a legal hold."""

from typing import Annotated, Literal, Self

from pydantic import Tag, model_validator

from steward.requests_api.documents import (
    ACCOUNT_FORM,
    OBJECT_FORM,
    Identifier,
    StrictDocument,
    Text,
    account_or,
)


class HeldObject(StrictDocument):
    """A project whole, or one tag or one image of it."""

    project: Identifier
    tag: Identifier | None = None
    image: Identifier | None = None

    @model_validator(mode="after")
    def _is_one_object(self) -> Self:
        if self.tag and self.image:
            raise ValueError("expected tag or image, not both")
        return self


type Covers = Annotated[
    Annotated[Literal["account"], Tag(ACCOUNT_FORM)] | Annotated[HeldObject, Tag(OBJECT_FORM)],
    account_or(HeldObject, "project"),
]


class HoldRequest(StrictDocument):
    """`account` may be left out where the settings have one, or one that is called default."""

    account: str | None = None
    covers: Covers
    reason: Text


class Lifting(StrictDocument):
    reason: Text
