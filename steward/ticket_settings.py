"""Settings of ticketing systems: secrets of what they send, where and how they are answered, and who else may be told."""

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from steward.connections import LOOPBACK
from steward.setting_checks import SettingsError, address
from steward.tickets.default_fields import TicketSystem
from steward.tickets.mapping import TicketFields, default_fields, read_fields

_SHORTEST_SECRET = 24
"""Bytes; the least that Standard Webhooks asks for."""
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*(?::([1-9][0-9]{0,4}))?")


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True)


class JiraSettings(_Settings):
    """Where comments go; `user` and `token` as in Jira Cloud's basic authentication."""

    url: str
    user: str
    token: SecretStr


class ServiceNowSettings(_Settings):
    """Where work notes go; `table` holds the tickets."""

    url: str
    user: str
    password: SecretStr
    table: str


class TicketSettings(_Settings):
    """`secrets`: of webhooks, by system; one without is not set up.

    `fields`: where in a ticket the fields of a request stand, by system. `callback_hosts`: the hosts that a request's
    callback may name, `HOST:PORT` where a port is to be named. `public_url`: of the app itself, for links.
    """

    secrets: dict[TicketSystem, SecretStr]
    fields: dict[TicketSystem, TicketFields]
    jira: JiraSettings | None
    servicenow: ServiceNowSettings | None
    callback_hosts: tuple[str, ...]
    callback_secret: SecretStr | None
    public_url: str


def read_ticket_settings(environment: Mapping[str, str]) -> TicketSettings:
    """Everything that can be checked without a call; raises SettingsError."""
    hosts = _callback_hosts(environment)
    secret = _standard_secret(environment, "CALLBACK_SECRET")
    if hosts and not secret:
        raise SettingsError(
            "CALLBACK_SECRET: is not set, but CALLBACK_HOSTS is; callbacks are signed with it"
        )
    # The platform sets the second.
    hostname = environment.get("WEBSITE_HOSTNAME", "")
    return TicketSettings(
        secrets=_secrets(environment),
        fields=_fields(environment),
        jira=_jira(environment),
        servicenow=_servicenow(environment),
        callback_hosts=hosts,
        callback_secret=secret,
        public_url=_url(environment, "PUBLIC_URL") or (f"https://{hostname}" if hostname else ""),
    )


def _secrets(environment: Mapping[str, str]) -> dict[TicketSystem, SecretStr]:
    """Jira signs with the text itself; the others as Standard Webhooks says, with what the text stands for."""
    jira = environment.get("JIRA_WEBHOOK_SECRET", "")
    if jira and len(jira.encode()) < _SHORTEST_SECRET:
        raise SettingsError(f"JIRA_WEBHOOK_SECRET: expected at least {_SHORTEST_SECRET} characters")
    found: dict[TicketSystem, SecretStr | None] = {
        "jira": SecretStr(jira) if jira else None,
        "servicenow": _standard_secret(environment, "SERVICENOW_WEBHOOK_SECRET"),
        "generic": _standard_secret(environment, "GENERIC_WEBHOOK_SECRET"),
    }
    return {system: secret for system, secret in found.items() if secret}


def _standard_secret(environment: Mapping[str, str], name: str) -> SecretStr | None:
    """As https://www.standardwebhooks.com writes them: whsec_ and base64."""
    text = environment.get(name, "")
    if not text:
        return None
    try:
        secret = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        secret = b""
    if not text.startswith("whsec_") or len(secret) < _SHORTEST_SECRET:
        raise SettingsError(f"{name}: expected whsec_ and base64 of at least {_SHORTEST_SECRET} bytes")
    return SecretStr(text)


def _fields(environment: Mapping[str, str]) -> dict[TicketSystem, TicketFields]:
    name = environment.get("TICKET_FIELDS", "")
    if not name:
        return default_fields()
    if not Path(name).is_file():
        raise SettingsError(
            "TICKET_FIELDS: expected the name of a file that is there, from the app's folder on"
        )
    return read_fields(Path(name))


def _jira(environment: Mapping[str, str]) -> JiraSettings | None:
    url, user, token = _together(environment, "JIRA_URL", "JIRA_USER", "JIRA_TOKEN")
    return JiraSettings(url=url, user=user, token=SecretStr(token)) if url else None


def _servicenow(environment: Mapping[str, str]) -> ServiceNowSettings | None:
    url, user, password = _together(environment, "SERVICENOW_URL", "SERVICENOW_USER", "SERVICENOW_PASSWORD")
    table = environment.get("SERVICENOW_TABLE") or "incident"
    if not re.fullmatch(r"[a-z0-9_]{1,80}", table):
        raise SettingsError("SERVICENOW_TABLE: expected the name of a table: a-z, 0-9 and _")
    return ServiceNowSettings(url=url, user=user, password=SecretStr(password), table=table) if url else None


def _together(environment: Mapping[str, str], url: str, *others: str) -> tuple[str, str, str]:
    """An address and the two settings that belong to it: all of them are set, or the address is not."""
    first, second = (environment.get(name, "") for name in others)
    for name, text in zip(others, (first, second), strict=True):
        if environment.get(url) and not text:
            raise SettingsError(f"{name}: is not set, but {url} is")
    return _url(environment, url), first, second


def _url(environment: Mapping[str, str], name: str) -> str:
    text = environment.get(name, "")
    if not text:
        return ""
    parts = address(text)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return text.rstrip("/")
    raise SettingsError(
        f"{name}: expected https://HOST (http only for this machine), with nothing secret in it"
    )


def _callback_hosts(environment: Mapping[str, str]) -> tuple[str, ...]:
    text = environment.get("CALLBACK_HOSTS", "").lower()
    hosts = tuple(filter(None, (each.strip() for each in text.split(","))))
    if all((found := _HOST.fullmatch(host)) and int(found[1] or 443) < 65536 for host in hosts):
        return hosts
    raise SettingsError(
        "CALLBACK_HOSTS: expected host names with commas between them, each with :PORT or not"
    )
