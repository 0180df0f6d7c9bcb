"""The setting that names the app's Custom Vision accounts, and what it names in turn: keys, and storage of archives."""

import base64
import json
import re
from collections.abc import Mapping
from typing import Annotated, Literal, cast
from urllib.parse import urlsplit

from azure.storage.blob import ContainerClient
from pydantic import AfterValidator, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from steward.connections import LOOPBACK
from steward.customvision.credentials import TrainingKey
from steward.customvision.errors import InvalidArgument
from steward.customvision.management import check_resource_id
from steward.setting_checks import SettingModel, SettingName, SettingsError, address, expected

ACCOUNTS = "CUSTOM_VISION_ACCOUNTS"
_LONGEST_WORD = 30


def _endpoint(value: str) -> str:
    parts = address(value)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if safe and not parts.path.rstrip("/"):
        return value.rstrip("/")
    raise ValueError("expected https://HOST (http only for this machine), with no path and no key in it")


class ContainerSettings(SettingModel):
    """A container of a storage account."""

    connection: SettingName = "ARCHIVE_STORAGE"
    """Name of the setting with a connection string, or the prefix of NAME__blobServiceUri / NAME__accountName."""
    container: Annotated[str, Field(pattern=r"^[a-z0-9](-?[a-z0-9]){2,62}$")] = "archive"


def _client_id(value: str) -> str:
    if re.fullmatch(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", value):
        return value.lower()
    raise ValueError("expected the client id of a user-assigned identity")


type ClientId = Annotated[str, AfterValidator(_client_id)]


class AccountSettings(SettingModel):
    """One Custom Vision account; a request names it, and no URL in a request is ever called."""

    endpoint: Annotated[str, AfterValidator(_endpoint)]
    key_setting: SettingName | None = None
    """Name of the setting that holds the training key; without it an identity of the app asks for a token."""
    reader_client_id: ClientId | None = None
    """The user-assigned identity that calls; left out, the one that the environment gives."""
    contributor_client_id: ClientId | None = None
    """The one that makes the calls which delete; left out, the same as all others."""
    api_version: Literal["v3.3", "v3.4-preview"] = "v3.3"
    resource_id: Annotated[str, AfterValidator(check_resource_id)] | None = None
    """The account's resource id, for the management plane's account information; left out, the bag says so."""
    archive: ContainerSettings = ContainerSettings()
    """Where bags, ledgers and the account's turn are kept."""
    budget: ContainerSettings | None = None
    """Where the blob is that shares out the calls, if not in the archive: each call's write is a version where the store keeps any."""


def read_accounts(environment: Mapping[str, str]) -> dict[str, AccountSettings]:
    """By name, with everything that they name found to be there; raises SettingsError."""
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
        accounts = TypeAdapter(dict[str, AccountSettings]).validate_python(found)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise SettingsError(f"{ACCOUNTS}: {_place(first)}: {expected(first)}") from None
    for name, account in accounts.items():
        _check_named(environment, name, account)
    return accounts


def _check_named(environment: Mapping[str, str], name: str, account: AccountSettings) -> None:
    """What an account names in turn is there."""
    if account.key_setting:
        _check_key(environment, f"{name}.keySetting", account.key_setting)
        if account.reader_client_id or account.contributor_client_id:
            raise SettingsError(f"{ACCOUNTS}: {name}: expected keySetting, or client ids of identities")
    _check_storage(environment, f"{name}.archive.connection", account.archive.connection)
    if account.budget:
        _check_storage(environment, f"{name}.budget.connection", account.budget.connection)


def _place(error: ErrorDetails) -> str:
    """Where in the accounts; a field that is not ours is repeated where it is a plain word, as a misspelt name is."""
    account, *fields = map(str, error["loc"])
    return ".".join(
        [account, *(name if name.isalpha() and len(name) <= _LONGEST_WORD else "…" for name in fields)]
    )


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
        if address(text).scheme != "https":
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
