"""Settings as the Functions host has them: local.settings.json becomes the environment, %NAME% is looked up in it."""

import json
import os
import re
from pathlib import Path
from typing import Any, cast

from localhost.misconfigured import Misconfigured


def load_settings(file: Path, *, required: bool) -> None:
    """Put the file's Values into the environment, where the real environment does not say otherwise.

    Where the file is not required it may be missing: everything may stand in the environment.

    Raises:
        Misconfigured: the file cannot be read, is not JSON, is encrypted, or a value is not text.
    """
    if not required and not file.exists():
        return
    document = read_json_object(file)
    if document.get("IsEncrypted") is True:
        raise Misconfigured(f"{file.name}: IsEncrypted is true; only plain settings can be read here.")
    values: object = document.get("Values", {})
    if not isinstance(values, dict):
        raise Misconfigured(f"{file.name}: Values must be an object of names and texts.")
    for name, value in cast(dict[str, object], values).items():
        if not isinstance(value, str):
            raise Misconfigured(f"{file.name}: Values.{name} must be a text.")
        os.environ.setdefault(name, value)


def read_json_object(file: Path) -> dict[str, Any]:
    """The JSON object in a file.

    Raises:
        Misconfigured: it cannot be read, or is something else.
    """
    try:
        document: object = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Misconfigured(f"{file} cannot be read: {error.strerror}.") from None
    except ValueError as error:
        raise Misconfigured(f"{file} is not JSON: {error}.") from None
    if not isinstance(document, dict):
        raise Misconfigured(f"{file} must hold a JSON object.")
    return cast(dict[str, Any], document)


def resolve(text: str, where: str) -> str:
    """The text with each %NAME% replaced by the setting of that name.

    Raises:
        Misconfigured: a setting is not set; `where` says what named it.
    """

    def look_up(match: re.Match[str]) -> str:
        value = os.environ.get(match[1])
        if value is None:
            raise Misconfigured(f"{where} names the setting {match[1]}, which is not set.")
        return value

    return re.sub(r"%([^%\s]+)%", look_up, text)
