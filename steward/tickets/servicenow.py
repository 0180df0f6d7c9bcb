"""Work notes on ServiceNow's tickets: the Table API knows a record by its sys_id, which is asked for by the ticket's number.

Source: ServiceNow's REST API reference, "Table API": GET /api/now/table/{tableName} and PATCH …/{sys_id}.
"""

import json
import re
from typing import Any, cast
from urllib.parse import urlencode

from requests.auth import HTTPBasicAuth

from steward.connections import Connections
from steward.ticket_settings import ServiceNowSettings
from steward.tickets.exchange import TIMEOUT, USER_AGENT, Refused, exchange
from steward.tickets.keys import checked_key
from steward.tickets.notices import Notice

_HEADERS = {**USER_AGENT, "Accept": "application/json"}
_SYS_ID = re.compile(r"[0-9a-f]{32}")
_connections = Connections(4, block=False)


def write_work_note(servicenow: ServiceNowSettings, key: str, notice: Notice) -> None:
    """Raises Refused, Unanswered."""
    table = f"{servicenow.url}/api/now/table/{servicenow.table}"
    auth = HTTPBasicAuth(servicenow.user.encode(), servicenow.password.get_secret_value().encode())
    # Two, so that a number which stands for more than one ticket is seen.
    query = urlencode(
        {"sysparm_query": f"number={checked_key(key)}", "sysparm_fields": "sys_id", "sysparm_limit": 2}
    )
    found = exchange(
        lambda: _connections.request(
            "GET", f"{table}?{query}", headers=_HEADERS, auth=auth, timeout=TIMEOUT, stream=True
        ),
        read=True,
    )
    url, body = f"{table}/{_only_sys_id(found)}", {"work_notes": text(notice)}
    exchange(
        lambda: _connections.request(
            "PATCH", url, headers=_HEADERS, json=body, auth=auth, timeout=TIMEOUT, stream=True
        )
    )


def text(notice: Notice) -> str:
    """A work note is plain text; ServiceNow makes links of addresses itself."""
    return "\n".join([" ".join(notice.sentences), *(f"{name}: {url}" for name, url in notice.links.items())])


def _only_sys_id(answer: bytes) -> str:
    try:
        records = cast("list[dict[str, Any]]", json.loads(answer)["result"])
        ids = [str(record["sys_id"]) for record in records]
    except (ValueError, KeyError, TypeError):
        raise Refused("answer-not-understood") from None
    if not ids:
        raise Refused("no-such-ticket")
    if len(ids) > 1:
        raise Refused("ticket-not-unique")
    if not _SYS_ID.fullmatch(ids[0]):
        raise Refused("answer-not-understood")
    return ids[0]
