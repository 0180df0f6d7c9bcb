"""How settings are checked: what is wrong is told by the setting's name and what was expected, never by what was found."""

import re
from typing import Annotated
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails


class SettingsError(Exception):
    """A setting is missing or wrong; the text names it and says what was expected, never what was found.

    Keys get pasted where names, addresses and numbers belong, and a text may reach a log.
    """


def address(value: str) -> SplitResult:
    """The parts of an address that names a host and nothing secret; else none."""
    try:
        # An address is of these characters [RFC 3986, 2]; of some others urlsplit says nothing, and takes them away.
        parts = urlsplit(value if re.fullmatch("[!-~]*", value) else "")
        port = parts.port
    except ValueError:
        # Its text quotes the address.
        return urlsplit("")
    secret = parts.query or parts.fragment or parts.username or parts.password
    return parts if parts.hostname and port != 0 and not secret else urlsplit("")


def _setting_name(value: str) -> str:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", value):
        return value
    raise ValueError("expected the name of a setting (letters, digits and _), not what that setting holds")


type SettingName = Annotated[str, AfterValidator(_setting_name)]


class SettingModel(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


def expected(error: ErrorDetails) -> str:
    return error["msg"].removeprefix("Value error, ")
