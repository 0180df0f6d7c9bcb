"""Account information from the management plane (Azure Resource Manager), since the API of today has none.

Source: Microsoft.CognitiveServices accounts/get and accounts/listUsages. The role Reader is enough. Keys are not asked for:
whether there are any follows from whether the account lets callers in by key.
"""

import re
from typing import Any, NotRequired, TypedDict, cast
from urllib.parse import urlsplit

import tenacity
from azure.core.credentials import TokenCredential

from steward.customvision.answers import presence
from steward.customvision.calls import Calls
from steward.customvision.errors import InvalidArgument, MalformedAnswer
from steward.customvision.retry import retry_policy
from steward.customvision.transport import Connected, Transport

PUBLIC_CLOUD = "https://management.azure.com"
_API_VERSION = "2025-09-01"
_ANSWER_LIMIT = 4 * 1024 * 1024
_RESOURCE_ID = re.compile(
    r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[\w.()-]{1,90}"
    r"/providers/Microsoft\.CognitiveServices/accounts/[A-Za-z0-9][\w.-]{1,63}",
    re.IGNORECASE,
)

# The other settings of some kinds of account are, or may be tomorrow, keys and connection strings of other resources
# [Microsoft.CognitiveServices, ApiProperties].
_SHOWN = {"aadClientId", "aadTenantId", "qnaAzureSearchEndpointId", "statisticsEnabled", "websiteName"}


def check_resource_id(value: str) -> str:
    """The same id, of an account of Azure AI services; raises InvalidArgument."""
    if _RESOURCE_ID.fullmatch(value):
        return value
    raise InvalidArgument(
        "resource id: expected /subscriptions/…/resourceGroups/…/providers/Microsoft.CognitiveServices/accounts/…"
    )


class ManagedAccount(TypedDict):
    """The account resource as Azure describes it; `keys` is added."""

    id: str
    name: str
    type: str
    kind: NotRequired[str | None]
    location: NotRequired[str | None]
    sku: NotRequired[dict[str, Any] | None]
    properties: dict[str, Any]
    keys: NotRequired[dict[str, Any]]


class UsageName(TypedDict):
    value: str


class Usage(TypedDict):
    """One quota: `currentValue` of `limit`, in `unit`."""

    name: UsageName
    limit: NotRequired[float | None]
    currentValue: NotRequired[float | None]
    unit: NotRequired[str | None]


class _Usages(TypedDict):
    value: list[Usage]
    nextLink: NotRequired[str | None]


class ManagementClient(Connected):
    """Reads one account's resource; `endpoint` differs in sovereign clouds. Raises the errors of `errors.py`."""

    def __init__(
        self,
        resource_id: str,
        credential: TokenCredential,
        *,
        endpoint: str = PUBLIC_CLOUD,
        timeout: tuple[float, float] = (5.0, 30.0),
        retrying: tenacity.Retrying | None = None,
    ) -> None:
        self._path = check_resource_id(resource_id).strip("/")
        self._host = urlsplit(endpoint).netloc
        self._transport = Transport(pool_size=1, timeout=timeout)
        self._calls = Calls(
            endpoint,
            credential,
            scope=f"{endpoint.rstrip('/')}/.default",
            budget=None,
            transport=self._transport,
            retrying=retrying or retry_policy(),
            answer_limit=_ANSWER_LIMIT,
        )

    def get_account(self) -> ManagedAccount:
        """The resource, its keys as `{"present": bool}` only."""
        account = self._calls.read(ManagedAccount, self._path, {"api-version": _API_VERSION})
        properties = account["properties"]
        others = cast(dict[str, Any], properties.get("apiProperties") or {})
        hidden = {name: value for name, value in others.items() if name not in _SHOWN}
        masked = {**properties, "apiProperties": {**others, **presence(hidden)}} if hidden else properties
        by_key = not properties.get("disableLocalAuth", False)
        return {**account, "properties": masked, "keys": {"present": by_key}}

    def list_usages(self) -> list[Usage]:
        """Every quota of the account and how much of it is used."""
        page = self._calls.read(_Usages, f"{self._path}/usages", {"api-version": _API_VERSION})
        found = page["value"]
        while link := page.get("nextLink"):
            parts = urlsplit(link)
            if parts.netloc != self._host:
                # The token goes to the endpoint only.
                raise MalformedAnswer("usages: the next page is said to be on another host")
            page = self._calls.read(_Usages, f"{parts.path.lstrip('/')}?{parts.query}")
            found = [*found, *page["value"]]
        return found
