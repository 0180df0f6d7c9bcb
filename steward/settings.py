"""The app's settings: read once from the environment, checked whole, refused with a sentence that names the setting."""

import functools
import os
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from steward.account_settings import AccountSettings, read_accounts
from steward.evidence.keys import SigningKeyError, check_place
from steward.schedules import checked_schedule
from steward.setting_checks import SettingModel, SettingsError, expected
from steward.ticket_settings import TicketSettings, read_ticket_settings


class _Numbers(SettingModel):
    calls_per_second: Annotated[float, Field(gt=0, le=1000, strict=False)]
    picture_threads: Annotated[int, Field(ge=1, le=256, strict=False)]
    plan_hours: Annotated[float, Field(gt=0, le=24 * 365, strict=False)]
    approval_hours: Annotated[float, Field(gt=0, le=24 * 365, strict=False)]
    export_age_hours: Annotated[float, Field(gt=0, le=24 * 365, strict=False)]
    details_days: Annotated[float, Field(gt=0, le=3650, strict=False)]
    data_subject_days: Annotated[float, Field(gt=0, le=3650, strict=False)]
    retention_days: Annotated[float, Field(ge=0, le=3650, strict=False)]
    retention_runs: Annotated[int, Field(ge=0, le=100_000, strict=False)]
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
    data_subject_days: float
    """How long the bag of an export for a data subject is kept."""
    retention_days: float
    """How old every other bag may be; 0: any age."""
    retention_runs: int
    """How many exports of an account are kept, the newest; 0: any number. Beyond either of the two a bag goes."""
    delete_patience_seconds: float
    """How long an erasure waits for deletes that the service has accepted."""
    approve_own_requests: bool
    """Whether who asked for an erasure may approve it: for teams of one."""
    callers_verified: bool
    """Whether the platform authenticates callers, and says in headers who they are."""
    picture_hosts: tuple[str, ...]
    evidence_key: str
    export_schedule: str
    """NCRONTAB; its last due time is part of the id of a scheduled export."""
    retention_schedule: str
    """As `export_schedule`, of retention."""
    tickets: TicketSettings
    environment: Mapping[str, str] = Field(repr=False)

    def secret(self, name: str) -> str:
        """The value of a setting that another setting names; `read_settings` has seen that it is there."""
        return self.environment[name]


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Check everything that can be checked without a call; raises SettingsError."""
    accounts = read_accounts(environment)
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
    return Settings(
        accounts=accounts,
        task_hub=_task_hub(environment),
        **numbers.model_dump(),
        approve_own_requests=_flag(environment, "APPROVE_OWN_REQUESTS"),
        # "Read-only. Injected into a Windows or Linux app to indicate whether App Service authentication is enabled."
        # [App Service, "Environment variables and app settings reference"]; it is written True.
        callers_verified=environment.get("WEBSITE_AUTH_ENABLED", "").lower() == "true",
        picture_hosts=_picture_hosts(environment),
        evidence_key=evidence_key,
        export_schedule=_schedule(environment, "EXPORT_SCHEDULE"),
        retention_schedule=_schedule(environment, "RETENTION_SCHEDULE"),
        tickets=read_ticket_settings(environment),
        environment=environment,
    )


@functools.cache
def current_settings() -> Settings:
    """The settings of this process."""
    return read_settings(dict(os.environ))


# By field: the setting and its default.
_NUMBERS = {
    "callsPerSecond": ("CUSTOM_VISION_CALLS_PER_SECOND", "10"),
    "pictureThreads": ("PICTURE_THREADS", "16"),
    "planHours": ("PLAN_HOURS", "72"),
    "approvalHours": ("APPROVAL_HOURS", "72"),
    "exportAgeHours": ("EXPORT_AGE_HOURS", "24"),
    "detailsDays": ("DETAILS_DAYS", "30"),
    "dataSubjectDays": ("DATA_SUBJECT_DAYS", "30"),
    "retentionDays": ("RETENTION_DAYS", "0"),
    "retentionRuns": ("RETENTION_RUNS", "0"),
    "deletePatienceSeconds": ("DELETE_PATIENCE_SECONDS", "600"),
}


def _numbers(environment: Mapping[str, str]) -> _Numbers:
    values = {field: environment.get(name) or default for field, (name, default) in _NUMBERS.items()}
    try:
        return _Numbers.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise SettingsError(f"{_NUMBERS[str(first['loc'][0])][0]}: {expected(first)}") from None


def _flag(environment: Mapping[str, str], name: str) -> bool:
    text = environment.get(name, "").strip().lower() or "false"
    if text not in {"true", "false"}:
        raise SettingsError(f"{name}: expected true or false")
    return text == "true"


def _schedule(environment: Mapping[str, str], name: str) -> str:
    """Empty where it is not set, which the Functions host refuses: it reads the setting too."""
    text = environment.get(name, "")
    try:
        return checked_schedule(text) if text else ""
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from None


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
