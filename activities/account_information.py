"""Account information: names, quotas and which keys there are; never a key."""

from typing import Any

import azure.durable_functions as df
from azure.identity import DefaultAzureCredential

from activities.outcome import fault_of, is_passing
from activities.payload_files import write_document
from activities.payloads import AccountInformation, RequestRef
from steward.accounts import Account, account
from steward.archive.names import ACCOUNT_PATH
from steward.customvision.errors import CustomVisionError, MalformedAnswer
from steward.customvision.management import ManagementClient

bp = df.Blueprint()


@bp.activity_trigger(input_name="ref")
def export_account_information(ref: RequestRef) -> AccountInformation:
    """Write account.json: what the management plane says and what the old v1.2 call says, each by itself; else why not."""
    home = account(ref["account"])
    parts = {"management": _management(home), "accountInformation": _account_information(home)}
    write_document(ref, ACCOUNT_PATH, {"endpoint": home.settings.endpoint, **parts})
    return AccountInformation(complete=not any("gap" in part for part in parts.values()))


def _management(home: Account) -> dict[str, Any]:
    if not home.settings.resource_id:
        return _not_available("NotConfigured", "the account's resourceId is not in CUSTOM_VISION_ACCOUNTS")
    try:
        with ManagementClient(home.settings.resource_id, DefaultAzureCredential()) as management:
            return {"account": management.get_account(), "usages": management.list_usages()}
    except CustomVisionError as error:
        # Whoever names a resource id wants to have it.
        return {"gap": fault_of(error)}


def _account_information(home: Account) -> dict[str, Any]:
    """GetAccountInfo has been gone since API 2.0; an endpoint may still answer for v1.2."""
    try:
        return {"account": home.client.get_account()}
    except CustomVisionError as error:
        # A refusal, or an answer that is no account, is all that a version which is gone has to say; an outage may pass.
        gone = not is_passing(error) or isinstance(error, MalformedAnswer)
        return _not_available(**fault_of(error)) if gone else {"gap": fault_of(error)}


def _not_available(code: str, reason: str) -> dict[str, Any]:
    return {"notAvailable": {"code": code, "reason": reason}}
