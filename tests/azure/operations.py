"""What the app asks of its stores, read off Azurite's output, and the RBAC action that each operation needs.

Source: Azure Storage REST API, "Authorize with Microsoft Entra ID", permissions for calling data operations.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

_REQUEST = re.compile(r'"(GET|HEAD|PUT|POST|DELETE) /devstoreaccount1([^ "]*) HTTP/1\.1"')
_BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
_BLOB = f"{_BLOBS}/containers/blobs"
_QUEUE = "Microsoft.Storage/storageAccounts/queueServices/queues"

# By method and what the query says; without a blob in the path it is of the container, or of the account.
_ACTIONS = {
    "Get User Delegation Key": f"{_BLOBS}/generateUserDelegationKey/action",
    "Get Account Information": f"{_BLOBS}/getInfo/action",
    "Get Blob Service Properties": f"{_BLOBS}/read",
    "Get Container Properties": f"{_BLOBS}/containers/read",
    "Blob Batch": f"{_BLOBS}/containers/write",
    "List Blobs": f"{_BLOB}/read",
    "Get Blob": f"{_BLOB}/read",
    "Put Blob": f"{_BLOB}/write",
    "Delete Blob": f"{_BLOB}/delete",
    "Get Messages": f"{_QUEUE}/messages/process/action",
    "Delete Message": f"{_QUEUE}/messages/process/action",
    "Update Message": f"{_QUEUE}/messages/write",
    # Either this, or messages/add/action.
    "Put Message": f"{_QUEUE}/messages/write",
    "Create Queue": f"{_QUEUE}/write",
}


@dataclass(frozen=True)
class Operation:
    """`container`: or the queue; empty where it is the account that is asked."""

    name: str
    container: str

    @property
    def action(self) -> str:
        return _ACTIONS[self.name]


def operations_in(output: str) -> set[Operation]:
    """Of a store's output; fails at a request that no row is for."""
    return set(_operations(output))


def _operations(output: str) -> Iterator[Operation]:
    for request in _REQUEST.finditer(output):
        method, parts = str(request[1]), urlsplit(str(request[2]))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        container, _, blob = parts.path.strip("/").partition("/")
        yield Operation(_name(method, query, container, blob), container)


def _name(method: str, query: dict[str, str], container: str, blob: str) -> str:  # noqa: C901, PLR0911 - a table of the protocol
    comp, kind = query.get("comp", ""), query.get("restype", "")
    match (method, kind, comp):
        case ("POST", "service", "userdelegationkey"):
            return "Get User Delegation Key"
        case (_, "account", "properties"):
            return "Get Account Information"
        case ("GET", "service", "properties"):
            return "Get Blob Service Properties"
        case ("GET", "container", "list"):
            return "List Blobs"
        case ("GET" | "HEAD", "container", ""):
            return "Get Container Properties"
        case ("POST", "container", "batch"):
            return "Blob Batch"
        case _ if blob == "messages" or blob.startswith("messages/"):
            names = {
                "GET": "Get Messages",
                "POST": "Put Message",
                "PUT": "Update Message",
                "DELETE": "Delete Message",
            }
            return names[method]
        case ("GET" | "HEAD", "", "") if blob:
            return "Get Blob"
        case ("PUT", "", "" | "metadata" | "block" | "blocklist" | "appendblock") if blob:
            return "Put Blob"
        case ("DELETE", "", "") if blob:
            return "Delete Blob"
        case _:
            raise AssertionError(f"no row for {method} {container}/{blob} {query}")
