"""Work notes on ServiceNow's tickets: the Table API knows a record by its sys_id, which is asked for by the ticket's number.

Source: ServiceNow's REST API reference, "Table API": GET /api/now/table/{tableName} and PATCH …/{sys_id}. A journal field, such
as work_notes, has all its entries in its display value, and is empty without.
"""

from typing import Annotated
from urllib.parse import urlencode

from pydantic import BaseModel, Field
from requests.auth import HTTPBasicAuth

from steward.ticket_settings import ServiceNowSettings
from steward.tickets.exchange import Unanswered, Untellable, call
from steward.tickets.keys import checked_key
from steward.tickets.notices import Notice

_SHOWING = {"sysparm_fields": "sys_id,work_notes", "sysparm_display_value": "true"}


class _Record(BaseModel):
    sys_id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    work_notes: str | None = None

    def says(self, notice: Notice) -> bool:
        return notice.headline in (self.work_notes or "")


class _Found(BaseModel):
    result: list[_Record]


class _Written(BaseModel):
    result: _Record


def write_work_note(servicenow: ServiceNowSettings, key: str, notice: Notice) -> None:
    """Write one, unless the ticket says so already: the answer to an earlier try may have been lost.

    Raises Untellable, Unanswered.
    """
    table = f"{servicenow.url}/api/now/table/{servicenow.table}"
    auth = HTTPBasicAuth(servicenow.user.encode(), servicenow.password.get_secret_value().encode())
    # Two, so that a number which stands for more than one ticket is seen.
    query = urlencode({"sysparm_query": f"number={checked_key(key)}", "sysparm_limit": 2, **_SHOWING})

    def look() -> _Record:
        return _only(call("GET", f"{table}?{query}", auth, status=200, answer=_Found))

    ticket = look()
    if ticket.says(notice):
        return
    url, body = f"{table}/{ticket.sys_id}?{urlencode(_SHOWING)}", {"work_notes": text(notice)}
    written = call("PATCH", url, auth, status=200, answer=_Written, body=body)
    if not (written.result.says(notice) or look().says(notice)):
        # Fields that this user may not write are passed over in silence; where it may write and not read, each try would be
        # one more note.
        raise Untellable("not-shown")


def text(notice: Notice) -> str:
    """A work note is plain text; ServiceNow makes links of addresses itself."""
    return "\n".join([" ".join(notice.sentences), *(f"{name}: {url}" for name, url in notice.links.items())])


def _only(found: _Found) -> _Record:
    if not found.result:
        # It may also be there, and not to be seen with the roles of now.
        raise Unanswered("no-such-ticket")
    if len(found.result) > 1:
        raise Unanswered("ticket-not-unique")
    return found.result[0]
