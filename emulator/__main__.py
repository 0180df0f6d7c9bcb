"""`python -m emulator`: serves one emulated account until it is told to stop."""

import json
import logging
import secrets
import signal
import socket

import typer
import uvicorn

from emulator import arguments
from emulator.account import Account
from emulator.app import App
from emulator.faults import Faults
from emulator.gateway import Gateway, Key
from emulator.seeds import plant, plant_folder

# Longer than the pauses between two calls of a client, so that pooled connections stay open.
_KEEP_ALIVE_SECONDS = 75
_SHUTDOWN_SECONDS = 3


def serve(
    host: arguments.Host = "127.0.0.1",
    port: arguments.Port = 7072,
    seed: arguments.PlantedSeed = arguments.Seed.NONE,
    images: arguments.Images = None,
    training_key: arguments.TrainingKeys = None,
    prediction_key: arguments.PredictionKey = None,
    bearer_audience: arguments.BearerAudience = "",
    bearer_reader: arguments.BearerReaders = None,
    rate_limit: arguments.RateLimit = None,
    latency_ms: arguments.Latency = None,
    sas_lifetime: arguments.SasLifetime = None,
    private: arguments.Private = None,
    train_seconds: arguments.TrainSeconds = None,
    delete_seconds: arguments.DeleteSeconds = None,
    option: arguments.AnyOption = None,
    fault: arguments.Faults = None,
    clock: arguments.Clock = 0,
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
    options = arguments.read_options(named, option)
    faults = Faults([arguments.read_rule(text) for text in fault or ()])
    keys = tuple(arguments.read_key(text) for text in training_key or (secrets.token_hex(16),))
    gateway = Gateway(
        keys, Key(prediction_key or secrets.token_hex(16)), bearer_audience, frozenset(bearer_reader or ())
    )
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


if __name__ == "__main__":
    typer.run(serve)
