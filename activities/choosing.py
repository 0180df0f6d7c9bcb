"""Which of the account's projects a request means: chosen among all that the service lists, and written down once."""

import contextlib
import json
from collections.abc import Sequence

from activities.payloads import Fault, RequestRef
from activities.scope import plan_blob, scope_of
from steward.account_settings import ACCOUNTS
from steward.accounts import Account, account
from steward.archive.errors import BlobExists
from steward.customvision.answers import Project
from steward.customvision.errors import CustomVisionError, Forbidden, Unauthorized, Unreachable
from steward.requests_api.scope import Resolution, resolve_projects


def record_projects(ref: RequestRef, projects: list[Project], archived: Sequence[Project] = ()) -> str:
    """Why there is no plan, empty where there is one now, this or a twin's. `archived`: projects that only bags have."""
    projects_of_both = [*projects, *archived]
    resolution = resolve(ref, projects_of_both)
    if refusal := refusal_of(ref, resolution):
        return refusal
    chosen = {each.id for each in resolution.chosen}
    # Only what resolving the scope again needs; the details go into the bag.
    recorded = [
        {"id": each["id"], "name": each["name"]} for each in projects_of_both if each["id"].lower() in chosen
    ]
    others = [each["id"].lower() for each in projects if each["id"].lower() not in chosen]
    plan = json.dumps({"projects": recorded, "others": others}).encode()
    with contextlib.suppress(BlobExists):
        account(ref["account"]).store.write(plan_blob(ref), plan, if_none_match=True)
    return ""


def resolve(ref: RequestRef, projects: list[Project]) -> Resolution:
    return resolve_projects(scope_of(ref), projects)


def refusal_of(ref: RequestRef, resolution: Resolution) -> str:
    """Which entries of the scope name no project; by their place, not by name: a refusal is kept in the ledger, and a
    name may be a person's."""
    scope = scope_of(ref)
    if scope == "account" or not resolution.unknown:
        return ""
    places = [
        f"#/scope/projects/{place}"
        for place, entry in enumerate(scope.projects)
        if (entry.id or entry.name) in resolution.unknown
    ]
    return f"{', '.join(places[:5])}: account {ref['account']} has no such project"


def with_setting(home: Account, error: CustomVisionError, fault: Fault) -> Fault:
    """The error's fault, and the setting that a person looks at to mend it."""
    if isinstance(error, Unauthorized | Forbidden):
        setting = home.settings.key_setting or f"{ACCOUNTS}: {home.name}: the app's own identity"
    elif isinstance(error, Unreachable):
        setting = f"{ACCOUNTS}: {home.name}.endpoint: {home.settings.endpoint}"
    else:
        return fault
    return Fault(code=fault["code"], reason=f"{setting}: {fault['reason']}")
