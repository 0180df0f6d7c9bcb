"""All checks, in the order in which one stands on the other."""

from collections.abc import Iterator, Mapping

from steward.app_client import AppClient, AppRefused, AppUnreachable
from steward.doctor.findings import Amiss, Finding, found_by
from steward.doctor.queue import find_queue
from steward.doctor.service import ServiceExamination
from steward.doctor.store import StoreExamination
from steward.evidence.keys import load_signer
from steward.setting_checks import SettingsError
from steward.settings import Settings, read_settings

_SETTINGS = (
    "docs/settings.md explains each setting; local.settings.sample.json has values that work on one machine"
)
# The host reads these for the app's timers, and does not start without them.
_SCHEDULES = ("EXPORT_SCHEDULE", "RETENTION_SCHEDULE", "FORGET_SCHEDULE", "RECONCILE_SCHEDULE")


def examine(
    environment: Mapping[str, str], *, erases: bool = True, app: AppClient | None = None
) -> Iterator[Finding]:
    """`environment`: the app's settings. `erases`: whether the app is to erase. `app`: the running app, to be asked as well."""
    settings: Settings | None = None
    try:
        settings = read_settings(environment)
        told = f"accounts {', '.join(settings.accounts)}; task hub {settings.task_hub}"
        yield Finding("settings", True, told)
    except SettingsError as error:
        yield Finding("settings", False, str(error), _SETTINGS)
    yield found_by("schedules", lambda: _schedules(environment), _SETTINGS)
    if settings:
        yield from _by_settings(settings, erases)
    yield found_by("queue", lambda: find_queue(environment))
    if app:
        yield from _of_app(app, settings)


def _by_settings(settings: Settings, erases: bool) -> Iterator[Finding]:
    yield found_by(
        "signing key",
        lambda: _signing_key(settings.evidence_key),
        "EVIDENCE_KEY: in Key Vault, the identity needs the role Key Vault Crypto User on the key",
    )
    for name in settings.accounts:
        yield from StoreExamination(settings, name).findings()
        yield from ServiceExamination(settings, name).findings(erases=erases)


def _schedules(environment: Mapping[str, str]) -> str:
    if missing := [name for name in _SCHEDULES if not environment.get(name)]:
        raise Amiss(f"{', '.join(missing)}: not set, and the Functions host does not start without")
    return "all are set"


def _signing_key(place: str) -> str:
    """One that is not there would be made by loading it, which is the app's to do."""
    if not place.startswith("azurekms://"):
        return "a file on this machine" if place else "a key of this machine's user"
    load_signer(place)
    return "is in Key Vault"


def _of_app(app: AppClient, settings: Settings | None) -> Iterator[Finding]:
    """What the app says of itself, with its own identity and from its own network."""
    try:
        health = app.health()
    except (AppRefused, AppUnreachable) as error:
        yield Finding("app", False, str(error))
        return
    for each in health["checks"]:
        advice = (
            ""
            if each["ok"]
            else "as of the check of this name above; the app has an identity and a network of its own"
        )
        yield Finding(f"app: {each['name']}", each["ok"], each["detail"], advice)
    hub = next((each["detail"] for each in health["checks"] if each["name"] == "task hub" and each["ok"]), "")
    if settings and hub and hub != f"{settings.task_hub} answers":
        yield Finding(
            "app: hub",
            False,
            f"the app's task hub is {hub.removesuffix(' answers')}, and TASK_HUB_NAME is {settings.task_hub} here",
            "these are settings of another app, or the app has not been restarted since: what the one starts, the other never "
            "takes up",
        )
