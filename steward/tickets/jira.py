"""Comments on Jira's issues: REST API v3, POST /rest/api/3/issue/{issueIdOrKey}/comment, in Atlassian Document Format.

Source: developer.atlassian.com/cloud/jira/platform/rest/v3, "Issue comments", and its page on the document format.
"""

from typing import Any

from requests.auth import HTTPBasicAuth

from steward.connections import Connections
from steward.ticket_settings import JiraSettings
from steward.tickets.exchange import TIMEOUT, USER_AGENT, exchange
from steward.tickets.keys import checked_key
from steward.tickets.notices import Notice

_connections = Connections(4, block=False)


def comment(jira: JiraSettings, key: str, notice: Notice) -> None:
    """Raises Refused, Unanswered."""
    url = f"{jira.url}/rest/api/3/issue/{checked_key(key)}/comment"
    auth = HTTPBasicAuth(jira.user.encode(), jira.token.get_secret_value().encode())
    body = {"body": adf(notice)}
    exchange(
        lambda: _connections.request(
            "POST", url, headers=USER_AGENT, json=body, auth=auth, timeout=TIMEOUT, stream=True
        )
    )


def adf(notice: Notice) -> dict[str, Any]:
    """A paragraph for what happened, and one for each link."""
    paragraphs = [[_text(" ".join(notice.sentences))]]
    paragraphs += [[_text(f"{name}: "), _text(url, link=url)] for name, url in notice.links.items()]
    return {
        "type": "doc",
        "version": 1,
        "content": [{"type": "paragraph", "content": content} for content in paragraphs],
    }


def _text(text: str, *, link: str = "") -> dict[str, Any]:
    node: dict[str, Any] = {"type": "text", "text": text}
    return {**node, "marks": [{"type": "link", "attrs": {"href": link}}]} if link else node
