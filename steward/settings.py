"""The app's settings: read once from the environment, checked whole, refused with a sentence that names the setting."""

import functools
import json
import os
import re
from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

ACCOUNTS = "CUSTOM_VISION_ACCOUNTS"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


class SettingsError(Exception):
    """A setting is missing or wrong; the text names it and says what was expected, never its value's secret part."""


def _endpoint(value: str) -> str:
    parts = urlsplit(value)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if safe and parts.hostname and not parts.query and not parts.username:
        return value.rstrip("/")
    raise ValueError("expected https://HOST (http only for this machine), with no key in it")


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


class ArchiveSettings(_Model):
    """Where an account's bags, ledgers and turn are kept."""

    connection: str = "ARCHIVE_STORAGE"
    """Name of the setting with a connection string, or the prefix of NAME__blobServiceUri / NAME__accountName."""
    container: Annotated[str, Field(pattern=r"^[a-z0-9](-?[a-z0-9]){2,62}$")] = "archive"


class AccountSettings(_Model):
    """One Custom Vision account; a request names it, and no URL in a request is ever called."""

    endpoint: Annotated[str, AfterValidator(_endpoint)]
    key_setting: str | None = None
    """Name of the setting that holds the training key; without it the app's identity asks for a token."""
    api_version: Literal["v3.3", "v3.4-preview"] = "v3.3"
    resource_id: (
        Annotated[str, Field(pattern=r"^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/.+")] | None
    ) = None
    """The account's resource id, for the management plane's account information; left out, the bag says so."""
    archive: ArchiveSettings = ArchiveSettings()


class _Numbers(_Model):
    calls_per_second: Annotated[float, Field(gt=0, le=1000, strict=False)]
    picture_threads: Annotated[int, Field(ge=1, le=256, strict=False)]


class Settings(BaseModel):
    """All settings; made by `read_settings`, one instance a process."""

    model_config = ConfigDict(frozen=True)

    accounts: dict[str, AccountSettings]
    task_hub: str
    calls_per_second: float
    picture_threads: int
    picture_hosts: tuple[str, ...]
    evidence_key: str
    environment: Mapping[str, str] = Field(repr=False)

    def secret(self, name: str) -> str:
        """The value of a setting that another setting names."""
        value = self.environment.get(name, "")
        if not value:
            raise SettingsError(f"{name}: is not set, but {ACCOUNTS} names it")
        return value


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Check everything that can be checked without a call; raises SettingsError."""
    accounts = _accounts(environment)
    numbers = _numbers(environment)
    evidence_key = environment.get("EVIDENCE_KEY", "")
    # The platform sets the first on every instance of an app.
    if environment.get("WEBSITE_INSTANCE_ID") and not evidence_key.startswith("azurekms://"):
        raise SettingsError(
            "EVIDENCE_KEY: expected azurekms://VAULT.vault.azure.net/keys/NAME; a key on an instance's disk is gone with it"
        )
    settings = Settings(
        accounts=accounts,
        task_hub=_task_hub(environment),
        calls_per_second=numbers.calls_per_second,
        picture_threads=numbers.picture_threads,
        picture_hosts=tuple(
            environment.get("PICTURE_HOSTS", "*.blob.core.windows.net").replace(" ", "").split(",")
        ),
        evidence_key=evidence_key,
        environment=environment,
    )
    for account in accounts.values():
        if account.key_setting:
            settings.secret(account.key_setting)
        _check_storage(environment, account.archive.connection)
    return settings


@functools.cache
def current_settings() -> Settings:
    """The settings of this process."""
    return read_settings(dict(os.environ))


def _accounts(environment: Mapping[str, str]) -> dict[str, AccountSettings]:
    text = environment.get(ACCOUNTS, "")
    example = '{"default": {"endpoint": "https://…", "keySetting": "CUSTOM_VISION_TRAINING_KEY"}}'
    if not text:
        raise SettingsError(
            f"{ACCOUNTS}: is not set; expected a JSON object of accounts by name, such as {example}"
        )
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise SettingsError(
            f"{ACCOUNTS}: is not JSON ({error}); expected an object such as {example}"
        ) from None
    try:
        accounts = TypeAdapter(dict[str, AccountSettings]).validate_python(found)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise SettingsError(f"{ACCOUNTS}: {place}: {first['msg']}") from None
    if not accounts:
        raise SettingsError(f"{ACCOUNTS}: names no account; expected an object such as {example}")
    for name in accounts:
        # The name is the first part of every blob name and stands in request documents.
        if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", name):
            raise SettingsError(f"{ACCOUNTS}: {name!r}: expected a name of at most 32 of a-z, 0-9 and -")
    return accounts


def _numbers(environment: Mapping[str, str]) -> _Numbers:
    names = {"callsPerSecond": "CUSTOM_VISION_CALLS_PER_SECOND", "pictureThreads": "PICTURE_THREADS"}
    defaults = {"callsPerSecond": "10", "pictureThreads": "16"}
    values = {field: environment.get(name) or defaults[field] for field, name in names.items()}
    try:
        return _Numbers.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise SettingsError(
            f"{names[str(first['loc'][0])]}: {first['msg']}, found {first['input']!r}"
        ) from None


def _task_hub(environment: Mapping[str, str]) -> str:
    hub = environment.get("TASK_HUB_NAME", "")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,44}", hub):
        raise SettingsError(
            f"TASK_HUB_NAME: expected 3 to 45 letters and digits, a letter first, found {hub!r}"
        )
    return hub


def _check_storage(environment: Mapping[str, str], name: str) -> None:
    if not any(environment.get(key) for key in (name, f"{name}__blobServiceUri", f"{name}__accountName")):
        raise SettingsError(
            f"{name}: is not set; expected a storage connection string, or {name}__blobServiceUri, or {name}__accountName"
        )
