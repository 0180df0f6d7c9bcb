"""What a caller says of a legal hold."""

from typing import Annotated, Literal, Self

from pydantic import Discriminator, Tag, model_validator

from steward.requests_api.documents import Identifier, StrictDocument, Text

# In brackets, so that they are not taken for parts of a field's path.
_ACCOUNT, _OBJECT = "(account)", "(object)"


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


def _form(value: object) -> str | None:
    if isinstance(value, dict | HeldObject):
        return _OBJECT
    return _ACCOUNT if value == "account" else None


type Covers = Annotated[
    Annotated[Literal["account"], Tag(_ACCOUNT)] | Annotated[HeldObject, Tag(_OBJECT)],
    Discriminator(
        _form,
        custom_error_type="covers_form",
        custom_error_message='expected "account", or an object with project',
    ),
]


class HoldRequest(StrictDocument):
    """`account` may be left out where the settings have one, or one that is called default."""

    account: str | None = None
    covers: Covers
    reason: Text


class Lifting(StrictDocument):
    reason: Text
