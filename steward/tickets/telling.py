"""Who is told of a request's changes, and how."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from steward.ticket_settings import TicketSettings
from steward.tickets import callback, jira, servicenow
from steward.tickets.exchange import Unanswered
from steward.tickets.notices import Notice

JIRA, SERVICENOW, CALLBACK = "jira", "servicenow", "callback"


def places_of(document: Mapping[str, Any], settings: TicketSettings) -> tuple[str, ...]:
    """Where the changes of a request with this document are told, as the settings are now; most often nowhere."""
    system = document["ticket"]["system"] if document.get("ticket") else ""
    told = {
        JIRA: system == JIRA and settings.jira is not None,
        SERVICENOW: system == SERVICENOW and settings.servicenow is not None,
        CALLBACK: "callback" in document,
    }
    return tuple(place for place, there in told.items() if there)


def line_to(place: str, document: Mapping[str, Any]) -> str:
    """What is away when one of them is: the system, or the callback's host."""
    return urlsplit(str(document["callback"])).netloc if place == CALLBACK else place


def tell(place: str, document: Mapping[str, Any], settings: TicketSettings, notice: Notice) -> None:
    """Raises Untellable, Unanswered."""
    if place == JIRA and settings.jira:
        jira.comment(settings.jira, document["ticket"]["key"], notice)
    elif place == SERVICENOW and settings.servicenow:
        servicenow.write_work_note(settings.servicenow, document["ticket"]["key"], notice)
    elif place == CALLBACK and settings.callback_secret:
        callback.post(
            document["callback"],
            settings.callback_hosts,
            settings.callback_secret,
            settings.public_url,
            notice,
        )
    else:
        # It was set up when the request was accepted, and may be again.
        raise Unanswered("not-set-up")
