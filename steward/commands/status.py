"""The command that follows a request."""

from typing import Annotated

import typer

from steward.app_client import AppClient
from steward.commands.app_options import AppKey, AppUrl, AsJson, Audience, Request
from steward.commands.following import end_with, follow


def status(
    request: Request,
    *,
    url: AppUrl = "",
    key: AppKey = "",
    audience: Audience = "",
    once: Annotated[bool, typer.Option("--once", help="Look once, whether it has ended or not.")] = False,
    as_json: AsJson = False,
) -> None:
    """Follow a request to its end, and say what came of it."""
    with AppClient(url, key=key, audience=audience) as app:
        document = app.request(request)[0] if once else follow(app, request)
    end_with(document, as_json=as_json)
