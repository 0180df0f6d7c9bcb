"""HTTP triggers of every kind that the local host serves."""

import json
import logging
import os
from typing import Any

import azure.functions as func

app = func.FunctionApp(http_auth_level=func.AuthLevel.FUNCTION)
print("printed while loading")  # noqa: T201 - must not reach the host's standard output


@app.route(route="requests/{id}/files/{name}", methods=["GET", "POST"], auth_level=func.AuthLevel.ANONYMOUS)
def show(req: func.HttpRequest) -> func.HttpResponse:
    """Give back what arrived."""
    seen: dict[str, Any] = {
        "method": req.method,
        "url": req.url,
        "params": dict(req.params),
        "route": dict(req.route_params),
        "header": req.headers.get("X-Test"),
        "empty": req.headers.get("X-Empty"),
        "body": list(req.get_body()),
    }
    return func.HttpResponse(json.dumps(seen), mimetype="application/json", status_code=201)


@app.route(route="requests/{id}/files/latest", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def latest(req: func.HttpRequest) -> str:
    return "the literal route"


@app.route(route="rest/{*path}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
async def rest(req: func.HttpRequest) -> str:
    return req.route_params["path"]


@app.route(methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def cookies(req: func.HttpRequest) -> func.HttpResponse:
    response = func.HttpResponse(b"\x00\xff", headers={"X-Answer": "42", "Content-Type": "image/x-test"})
    response.headers.add("Set-Cookie", "a=1; Path=/; HttpOnly")
    response.headers.add("Set-Cookie", "b=2; Path=/; Secure; SameSite=Strict")
    return response


@app.route(route="guarded", methods=["GET"])
def guarded(req: func.HttpRequest) -> str:
    return "in"


@app.route(route="administered", methods=["GET"], auth_level=func.AuthLevel.ADMIN)
def administered(req: func.HttpRequest) -> str:
    return "in"


@app.route(route="broken", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def broken(req: func.HttpRequest) -> str:
    raise RuntimeError("first line\nsecond line")


@app.route(route="setting/{name}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
def setting(req: func.HttpRequest) -> str:
    logging.getLogger("the app").info("asked for %s", req.route_params["name"])
    return os.environ.get(req.route_params["name"], "")


@app.route(route="disabled", auth_level=func.AuthLevel.ANONYMOUS)
def disabled(req: func.HttpRequest) -> str:
    return "not to be seen"
