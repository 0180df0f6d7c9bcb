"""Comments on Jira's issues: REST API v3, GET and POST /rest/api/3/issue/{issueIdOrKey}/comment, in Atlassian Document Format.

Source: developer.atlassian.com/cloud/jira/platform/rest/v3, "Issue comments", and its page on the document format.
"""

import json
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel
from requests.auth import HTTPBasicAuth

from steward.ticket_settings import JiraSettings
from steward.tickets.exchange import call
from steward.tickets.keys import checked_key
from steward.tickets.notices import Notice

_NEWEST = urlencode({"orderBy": "-created", "maxResults": 50})


class _Comment(BaseModel):
    body: Any

    def says(self, notice: Notice) -> bool:
        return notice.headline in json.dumps(self.body, ensure_ascii=False)


class _Comments(BaseModel):
    comments: list[_Comment]


def comment(jira: JiraSettings, key: str, notice: Notice) -> None:
    """Comment, unless one of the newest comments says so already: the answer to an earlier try may have been lost.

    Raises Untellable, Unanswered.
    """
    url = f"{jira.url}/rest/api/3/issue/{checked_key(key)}/comment"
    auth = HTTPBasicAuth(jira.user.encode(), jira.token.get_secret_value().encode())
    newest = call("GET", f"{url}?{_NEWEST}", auth, status=200, answer=_Comments)
    if not any(each.says(notice) for each in newest.comments):
        call("POST", url, auth, status=201, answer=_Comment, body={"body": adf(notice)})


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
