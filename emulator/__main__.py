"""`python -m emulator`: serves one emulated account until it is told to stop."""

import json
import logging
import secrets
import signal
import socket
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from pydantic import ValidationError

from emulator.admin import change_options
from emulator.app import App
from emulator.faults import FaultRule, Faults
from emulator.gateway import Gateway, Key
from emulator.options import Options
from emulator.seeds import plant, plant_folder
from emulator.state import Account

# Longer than the pauses between two calls of a client, so that pooled connections stay open.
_KEEP_ALIVE_SECONDS = 75
_SHUTDOWN_SECONDS = 3


class Seed(StrEnum):
    NONE = "none"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


def serve(
    host: Annotated[str, typer.Option(envvar="EMULATOR_HOST")] = "127.0.0.1",
    port: Annotated[int, typer.Option(envvar="EMULATOR_PORT", help="0: any free one")] = 7072,
    seed: Annotated[
        Seed, typer.Option(envvar="EMULATOR_SEED", help="what the account holds at start")
    ] = Seed.NONE,
    images: Annotated[
        Path | None,
        typer.Option(
            envvar="EMULATOR_IMAGES", exists=True, file_okay=False, help="folder of photographs to plant"
        ),
    ] = None,
    training_key: Annotated[
        list[str] | None,
        typer.Option(
            envvar="EMULATOR_TRAINING_KEY", help="KEY or KEY:read-only; may be repeated. Default: a new one"
        ),
    ] = None,
    prediction_key: Annotated[str | None, typer.Option(envvar="EMULATOR_PREDICTION_KEY")] = None,
    bearer_audience: Annotated[
        str,
        typer.Option(
            envvar="EMULATOR_BEARER_AUDIENCE", help="audience of bearer tokens; none are taken without"
        ),
    ] = "",
    rate_limit: Annotated[
        str | None,
        typer.Option(envvar="EMULATOR_RATE_LIMIT", help="off, or CALLS/BURST: calls a second, at once"),
    ] = None,
    latency_ms: Annotated[float | None, typer.Option(envvar="EMULATOR_LATENCY_MS")] = None,
    sas_lifetime: Annotated[
        float | None, typer.Option(envvar="EMULATOR_SAS_LIFETIME", help="seconds")
    ] = None,
    private: Annotated[
        bool | None,
        typer.Option("--private", envvar="EMULATOR_PRIVATE", help="relative URIs, read by GetArtifact"),
    ] = None,
    train_seconds: Annotated[float | None, typer.Option(envvar="EMULATOR_TRAIN_SECONDS")] = None,
    delete_seconds: Annotated[float | None, typer.Option(envvar="EMULATOR_DELETE_SECONDS")] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, see emulator/options.py; may be repeated")
    ] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="a rule as JSON, see docs/emulator.md; may be repeated")
    ] = None,
    clock: Annotated[float, typer.Option(help="seconds that the emulator's clock is ahead")] = 0,
) -> None:
    """Serve a local Custom Vision account; prints one line of JSON with the endpoint and the keys when it answers."""
    logging.basicConfig(format="%(asctime)s %(name)s %(levelname)s %(message)s")
    named = {
        "rate_limit": rate_limit,
        "latency_ms": latency_ms,
        "sas_lifetime": sas_lifetime,
        "private": private,
        "train_seconds": train_seconds,
        "delete_seconds": delete_seconds,
    }
    given = {name: value for name, value in named.items() if value is not None}
    options = _options(given | dict(_pair(text) for text in option or ()))
    faults = Faults([_rule(text) for text in fault or ()])
    keys = tuple(_key(text) for text in training_key or (secrets.token_hex(16),))
    gateway = Gateway(keys, Key(prediction_key or secrets.token_hex(16)), bearer_audience)
    account = Account()
    account.clock.advance(clock)
    plant(account, seed.value)
    if images:
        plant_folder(account, images)
    _run(App(account, options, gateway, faults), host, port, gateway)


def _run(app: App, host: str, port: int, gateway: Gateway) -> None:
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    # uvicorn raises the signal that ended it once more: a stop that was asked for is no failure.
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, _do_nothing)
    _Server(config, gateway).run()


def _do_nothing(*_: object) -> None:
    pass


class _Server(uvicorn.Server):
    """Says where it is once it answers."""

    def __init__(self, config: uvicorn.Config, gateway: Gateway) -> None:
        super().__init__(config)
        self._gateway = gateway

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # It binds by itself: on a listener of ours the two writes of an answer would wait for each other's ACK, as
        # asyncio sets TCP_NODELAY only on sockets made with their protocol named.
        await super().startup(sockets)
        host, port = self.servers[0].sockets[0].getsockname()[:2]
        announcement = {
            "endpoint": f"http://{host}:{port}",
            "trainingKey": self._gateway.training_keys[0].value,
            "predictionKey": self._gateway.prediction_key.value,
        }
        typer.echo(json.dumps(announcement))


def _options(given: dict[str, Any]) -> Options:
    options = Options.model_validate({})
    try:
        change_options(options, given)
    except ValidationError as error:
        raise typer.BadParameter(_first_problem(error), param_hint="--option") from None
    return options


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r}: expected NAME=VALUE", param_hint="--option")
    return name.replace("-", "_"), value


def _rule(text: str) -> FaultRule:
    try:
        return FaultRule.model_validate_json(text)
    except ValidationError as error:
        raise typer.BadParameter(_first_problem(error), param_hint="--fault") from None


def _key(text: str) -> Key:
    try:
        return Key.read(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--training-key") from None


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


if __name__ == "__main__":
    typer.run(serve)
