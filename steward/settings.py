"""The app's settings: read once from the environment, checked whole, refused with a sentence that names the setting."""

import base64
import functools
import json
import os
import re
from collections.abc import Mapping
from typing import Annotated, Literal, cast
from urllib.parse import SplitResult, urlsplit

from azure.storage.blob import ContainerClient
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from steward.connections import LOOPBACK
from steward.customvision.credentials import TrainingKey
from steward.customvision.errors import InvalidArgument
from steward.customvision.management import check_resource_id
from steward.evidence.keys import SigningKeyError, check_place

ACCOUNTS = "CUSTOM_VISION_ACCOUNTS"
_LONGEST_WORD = 30


class SettingsError(Exception):
    """A setting is missing or wrong; the text names it and says what was expected, never what was found.

    Keys get pasted where names, addresses and numbers belong, and a text may reach a log.
    """


def _address(value: str) -> SplitResult:
    """The parts of an address that names a host and nothing secret; else none."""
    try:
        parts = urlsplit(value)
    except ValueError:
        # Its text quotes the address.
        return urlsplit("")
    secret = parts.query or parts.fragment or parts.username or parts.password
    return parts if parts.hostname and not secret else urlsplit("")


def _endpoint(value: str) -> str:
    parts = _address(value)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if safe and not parts.path.rstrip("/"):
        return value.rstrip("/")
    raise ValueError("expected https://HOST (http only for this machine), with no path and no key in it")


def _setting_name(value: str) -> str:
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", value):
        return value
    raise ValueError("expected the name of a setting (letters, digits and _), not what that setting holds")


type SettingName = Annotated[str, AfterValidator(_setting_name)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, alias_generator=to_camel)


class ArchiveSettings(_Model):
    """Where an account's bags, ledgers and turn are kept."""

    connection: SettingName = "ARCHIVE_STORAGE"
    """Name of the setting with a connection string, or the prefix of NAME__blobServiceUri / NAME__accountName."""
    container: Annotated[str, Field(pattern=r"^[a-z0-9](-?[a-z0-9]){2,62}$")] = "archive"


class AccountSettings(_Model):
    """One Custom Vision account; a request names it, and no URL in a request is ever called."""

    endpoint: Annotated[str, AfterValidator(_endpoint)]
    key_setting: SettingName | None = None
    """Name of the setting that holds the training key; without it the app's identity asks for a token."""
    api_version: Literal["v3.3", "v3.4-preview"] = "v3.3"
    resource_id: Annotated[str, AfterValidator(check_resource_id)] | None = None
    """The account's resource id, for the management plane's account information; left out, the bag says so."""
    archive: ArchiveSettings = ArchiveSettings()


class _Numbers(_Model):
    calls_per_second: Annotated[float, Field(gt=0, le=1000, strict=False)]
    picture_threads: Annotated[int, Field(ge=1, le=256, strict=False)]
    plan_hours: Annotated[float, Field(gt=0, le=24 * 365, strict=False)]
    approval_hours: Annotated[float, Field(gt=0, le=24 * 365, strict=False)]
    export_age_hours: Annotated[float, Field(gt=0, le=24 * 365, strict=False)]
    details_days: Annotated[float, Field(gt=0, le=3650, strict=False)]
    delete_patience_seconds: Annotated[float, Field(ge=0, le=21_600, strict=False)]


class Settings(BaseModel):
    """All settings; made by `read_settings`, one instance a process."""

    model_config = ConfigDict(frozen=True)

    accounts: dict[str, AccountSettings]
    task_hub: str
    calls_per_second: float
    picture_threads: int
    plan_hours: float
    """How long a plan may be carried out."""
    approval_hours: float
    """How long an erasure waits for a person."""
    export_age_hours: float
    """How old the export that an erasure relies on may be when its plan is made."""
    details_days: float
    """How long details and plans of ended requests are kept."""
    delete_patience_seconds: float
    """How long an erasure waits for deletes that the service has accepted."""
    approve_own_requests: bool
    """Whether who asked for an erasure may approve it: for teams of one."""
    callers_verified: bool
    """Whether the platform authenticates callers, and says in headers who they are."""
    picture_hosts: tuple[str, ...]
    evidence_key: str
    environment: Mapping[str, str] = Field(repr=False)

    def secret(self, name: str) -> str:
        """The value of a setting that another setting names; `read_settings` has seen that it is there."""
        return self.environment[name]


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
    try:
        check_place(evidence_key)
    except SigningKeyError as error:
        raise SettingsError(f"EVIDENCE_KEY: {error}") from None
    settings = Settings(
        accounts=accounts,
        task_hub=_task_hub(environment),
        **numbers.model_dump(),
        approve_own_requests=_flag(environment, "APPROVE_OWN_REQUESTS"),
        # "Read-only. Injected into a Windows or Linux app to indicate whether App Service authentication is enabled."
        # [App Service, "Environment variables and app settings reference"]; it is written True.
        callers_verified=environment.get("WEBSITE_AUTH_ENABLED", "").lower() == "true",
        picture_hosts=_picture_hosts(environment),
        evidence_key=evidence_key,
        environment=environment,
    )
    for name, account in accounts.items():
        if account.key_setting:
            _check_key(environment, f"{name}.keySetting", account.key_setting)
        _check_storage(environment, f"{name}.archive.connection", account.archive.connection)
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
    if not isinstance(found, dict):
        raise SettingsError(f"{ACCOUNTS}: is not a JSON object; expected one such as {example}")
    if not found:
        raise SettingsError(f"{ACCOUNTS}: names no account; expected an object such as {example}")
    for place, name in enumerate(cast("dict[str, object]", found), start=1):
        # The name is the first part of every blob name and stands in request documents.
        if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?", name):
            raise SettingsError(
                f"{ACCOUNTS}: the name of account {place}: expected at most 32 of a-z, 0-9 and -"
            )
    try:
        return TypeAdapter(dict[str, AccountSettings]).validate_python(found)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise SettingsError(f"{ACCOUNTS}: {_place(first)}: {_expected(first)}") from None


def _place(error: ErrorDetails) -> str:
    """Where in the accounts; a field that is not ours is repeated where it is a plain word, as a misspelt name is."""
    account, *fields = map(str, error["loc"])
    return ".".join(
        [account, *(name if name.isalpha() and len(name) <= _LONGEST_WORD else "…" for name in fields)]
    )


def _expected(error: ErrorDetails) -> str:
    return error["msg"].removeprefix("Value error, ")


# By field: the setting and its default.
_NUMBERS = {
    "callsPerSecond": ("CUSTOM_VISION_CALLS_PER_SECOND", "10"),
    "pictureThreads": ("PICTURE_THREADS", "16"),
    "planHours": ("PLAN_HOURS", "72"),
    "approvalHours": ("APPROVAL_HOURS", "72"),
    "exportAgeHours": ("EXPORT_AGE_HOURS", "24"),
    "detailsDays": ("DETAILS_DAYS", "30"),
    "deletePatienceSeconds": ("DELETE_PATIENCE_SECONDS", "600"),
}


def _numbers(environment: Mapping[str, str]) -> _Numbers:
    values = {field: environment.get(name) or default for field, (name, default) in _NUMBERS.items()}
    try:
        return _Numbers.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise SettingsError(f"{_NUMBERS[str(first['loc'][0])][0]}: {_expected(first)}") from None


def _flag(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name, "").strip().lower() or "false"
    if text not in {"true", "false"}:
        raise SettingsError(f"{name}: expected true or false")
    return text == "true"


def _picture_hosts(environment: Mapping[str, str]) -> tuple[str, ...]:
    text = environment.get("PICTURE_HOSTS", "").replace(" ", "") or "*.blob.core.windows.net"
    hosts = tuple(text.split(","))
    if all(re.fullmatch(r"(\*\.)?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", host) for host in hosts):
        return hosts
    raise SettingsError(
        "PICTURE_HOSTS: expected host names with commas between them, each with *. at its front or not"
    )


def _task_hub(environment: Mapping[str, str]) -> str:
    hub = environment.get("TASK_HUB_NAME", "")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9]{2,44}", hub):
        raise SettingsError("TASK_HUB_NAME: expected 3 to 45 letters and digits, a letter first")
    return hub


def _check_key(environment: Mapping[str, str], place: str, name: str) -> None:
    key = environment.get(name, "")
    if not key:
        raise SettingsError(f"{_unset(place, name)}; expected a training key there")
    try:
        TrainingKey(key)
    except InvalidArgument as error:
        raise SettingsError(f"{name}: {error}") from None


def _check_storage(environment: Mapping[str, str], place: str, name: str) -> None:
    url, account = f"{name}__blobServiceUri", f"{name}__accountName"
    if text := environment.get(name):
        _check_connection_string(name, text)
    elif text := environment.get(url):
        # The storage library sends no token over http. A path names the account where the host does not.
        if _address(text).scheme != "https":
            raise SettingsError(f"{url}: expected https://HOST, with no key in it")
    elif text := environment.get(account):
        if not re.fullmatch(r"[a-z0-9]{3,24}", text):
            raise SettingsError(f"{account}: expected the name of a storage account, 3 to 24 of a-z and 0-9")
    else:
        raise SettingsError(
            f"{_unset(place, name)}; expected a storage connection string there, "
            "or the same name with __blobServiceUri or __accountName"
        )


def _check_connection_string(setting: str, text: str) -> None:
    """As the storage library will read it, and what it would find out only at its first request."""
    parts = (part.partition("=") for part in text.split(";"))
    fields = {name.strip().lower(): value for name, _, value in parts if value}
    try:
        ContainerClient.from_connection_string(text, "archive").close()
        base64.b64decode(fields.get("accountkey", ""), validate=True)
        if not urlsplit(fields.get("blobendpoint", "https://HOST")).scheme.startswith("http"):
            fields = {}
    except ValueError:
        fields = {}
    if not fields.keys() & {"accountkey", "sharedaccesssignature", "usedevelopmentstorage"}:
        raise SettingsError(
            f"{setting}: expected a storage connection string, with AccountName and AccountKey, or SharedAccessSignature"
        )


def _unset(place: str, name: str) -> str:
    """A setting that is missing, by its name; a key that passes for a name (digits, and no _ between words) is not shown."""
    if "_" in name or name.isalpha():
        return f"{name}: is not set, but {ACCOUNTS}: {place} names it"
    return f"{ACCOUNTS}: {place}: names no setting that is set"
