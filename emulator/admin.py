"""`/.emulator/…`: what an operator or a test asks of the emulator itself."""

import json
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from emulator.account import Account
from emulator.calls import CallLog
from emulator.faults import FaultRule, Faults
from emulator.options import Options

_RULES = TypeAdapter(list[FaultRule])


class _Advance(BaseModel):
    """Body of POST clock."""

    seconds: float


def admin_app(prefix: str, account: Account, options: Options, log: CallLog, faults: Faults) -> Starlette:
    """Routes under the prefix; changes hold from the next call on."""

    async def calls(request: Request) -> Response:
        if request.method == "DELETE":
            log.clear()
            return Response(status_code=204)
        return JSONResponse(log.calls(request.query_params.get("operation")))

    async def counters(request: Request) -> Response:  # noqa: ARG001 - the framework's form
        return JSONResponse(log.counters())

    async def fault_rules(request: Request) -> Response:
        if request.method == "DELETE":
            faults.rules.clear()
            return Response(status_code=204)
        if request.method == "POST":
            faults.rules.extend(_read_rules(await request.body()))
        return JSONResponse([_rule_json(rule) for rule in faults.rules])

    async def named_options(request: Request) -> Response:
        if request.method == "PUT":
            change_options(options, json.loads(await request.body()))
        return JSONResponse(options.model_dump())

    async def clock(request: Request) -> Response:
        advance = _Advance.model_validate_json(await request.body())
        account.clock.advance(advance.seconds)
        return JSONResponse({"now": account.clock.now()})

    routes = [
        Route("/calls", calls, methods=["GET", "DELETE"]),
        Route("/counters", counters),
        Route("/faults", fault_rules, methods=["GET", "POST", "DELETE"]),
        Route("/options", named_options, methods=["GET", "PUT"]),
        Route("/clock", clock, methods=["POST"]),
    ]
    return Starlette(
        routes=[Mount(prefix, routes=routes)],
        exception_handlers={ValidationError: _invalid, json.JSONDecodeError: _invalid},
    )


def change_options(options: Options, changes: dict[str, Any]) -> None:
    """Set options by name, all or none. Raises ValidationError naming the option."""
    changed = Options.model_validate(options.model_dump() | changes)
    for name in changes:
        setattr(options, name, getattr(changed, name))


def _read_rules(body: bytes) -> list[FaultRule]:
    """One rule, or a list of them."""
    if body.lstrip().startswith(b"["):
        return _RULES.validate_json(body)
    return [FaultRule.model_validate_json(body)]


def _rule_json(rule: FaultRule) -> dict[str, Any]:
    return rule.model_dump(by_alias=True, exclude_defaults=True) | {"kind": rule.kind, "fired": rule.fired}


async def _invalid(request: Request, error: Exception) -> Response:  # noqa: ARG001 - the framework's form
    if isinstance(error, ValidationError):
        problems = [
            {"field": ".".join(str(part) for part in one["loc"]), "problem": one["msg"]}
            for one in error.errors(include_url=False, include_input=False)
        ]
        return JSONResponse({"errors": problems}, status_code=400)
    return JSONResponse({"errors": [{"field": "body", "problem": str(error)}]}, status_code=400)
