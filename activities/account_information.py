"""Account information: names, quotas and which keys there are; never a key."""

from collections.abc import Callable, Mapping
from typing import Any

import azure.durable_functions as df

from activities.outcome import fault_of, is_passing, outcome
from activities.payload_files import write_document
from activities.payloads import AccountInformation
from steward.accounts import Account, account, reader_of
from steward.archive.documents import gap
from steward.archive.names import ACCOUNT_PATH
from steward.customvision.errors import CustomVisionError, MalformedAnswer
from steward.customvision.management import ManagementClient

bp = df.Blueprint()

type Part = dict[str, Any]


@bp.activity_trigger(input_name="asked")
@outcome
def export_account_information(asked: AccountInformation) -> Mapping[str, Any]:
    """Write account.json: what the management plane says and what the old v1.2 call says, each by itself; else why not."""
    home, last = account(asked["account"]), asked["last"]
    document: dict[str, Any] = {
        "endpoint": home.settings.endpoint,
        "management": _part(lambda: _management(home), last=last),
        # GetAccountInfo has been gone since API 2.0; an endpoint may still answer for v1.2.
        "accountInformation": _part(lambda: {"account": home.client.get_account()}, last=last),
    }
    write_document(asked, ACCOUNT_PATH, document)
    return {"written": True}


def _management(home: Account) -> Part:
    if not home.settings.resource_id:
        return _not_available("NotConfigured", "the account's resourceId is not in CUSTOM_VISION_ACCOUNTS")
    with ManagementClient(home.settings.resource_id, reader_of(home.settings)) as management:
        return {"account": management.get_account(), "usages": management.list_usages()}


def _part(ask: Callable[[], Part], *, last: bool) -> Part:
    """What is answered; a refusal, or an answer that is no account, is all that there is to say. An outage may pass.

    One that has not passed at last is not what the service has to say, so it is a gap as well.
    """
    try:
        return ask()
    except CustomVisionError as error:
        fault = fault_of(error)
        if isinstance(error, MalformedAnswer) or not is_passing(error):
            return _not_available(**fault)
        if not last:
            raise
        return {**_not_available(**fault), **gap(**fault)}


def _not_available(code: str, reason: str) -> Part:
    return {"notAvailable": {"code": code, "reason": reason}}
