"""The command line: each argument with its environment variable, and how those that are more than one value are read."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from emulator.admin import change_options
from emulator.faults import FaultRule
from emulator.gateway import Key
from emulator.options import Options


class Seed(StrEnum):
    NONE = "none"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


def _argument(variable: str, help: str = "", **more: Any) -> Any:  # noqa: A002 - the library's word
    return typer.Option(envvar=f"EMULATOR_{variable}", help=help, **more)


Host = Annotated[str, _argument("HOST")]
Port = Annotated[int, _argument("PORT", "0: any free one")]
PlantedSeed = Annotated[Seed, _argument("SEED", "what the account holds at start")]
Images = Annotated[
    Path | None, _argument("IMAGES", "folder of photographs to plant", exists=True, file_okay=False)
]
TrainingKeys = Annotated[
    list[str] | None,
    _argument("TRAINING_KEY", "KEY or KEY:read-only; may be repeated. Default: a new one"),
]
PredictionKey = Annotated[str | None, _argument("PREDICTION_KEY", "default: a new one")]
BearerAudience = Annotated[
    str, _argument("BEARER_AUDIENCE", "audience of bearer tokens; none are taken without")
]
BearerReaders = Annotated[
    list[str] | None,
    _argument("BEARER_READER", "client id whose tokens may only read; may be repeated"),
]
Clock = Annotated[float, typer.Option(help="seconds that the emulator's clock is ahead")]
Faults = Annotated[
    list[str] | None, typer.Option(help="a rule as JSON, see docs/emulator.md; may be repeated")
]

# Of emulator/options.py, those that are asked for most; the rest by --option.
RateLimit = Annotated[str | None, _argument("RATE_LIMIT", "off, or CALLS/BURST: calls a second, at once")]
Latency = Annotated[float | None, _argument("LATENCY_MS")]
SasLifetime = Annotated[float | None, _argument("SAS_LIFETIME", "seconds")]
Private = Annotated[
    bool | None,
    typer.Option("--private", envvar="EMULATOR_PRIVATE", help="relative URIs, read by GetArtifact"),
]
TrainSeconds = Annotated[float | None, _argument("TRAIN_SECONDS")]
DeleteSeconds = Annotated[float | None, _argument("DELETE_SECONDS")]
AnyOption = Annotated[
    list[str] | None, typer.Option(help="NAME=VALUE, see docs/emulator-coverage.md; may be repeated")
]


def read_options(named: dict[str, Any], pairs: list[str] | None) -> Options:
    """Arguments of their own (None: not given), and NAME=VALUE, which overrule them."""
    given = {name: value for name, value in named.items() if value is not None}
    options = Options.model_validate({})
    try:
        change_options(options, given | dict(_pair(text) for text in pairs or ()))
    except ValidationError as error:
        raise typer.BadParameter(_first_problem(error), param_hint="--option") from None
    return options


def read_rule(text: str) -> FaultRule:
    """A fault rule from JSON."""
    try:
        return FaultRule.model_validate_json(text)
    except ValidationError as error:
        raise typer.BadParameter(_first_problem(error), param_hint="--fault") from None


def read_key(text: str) -> Key:
    """KEY or KEY:read-only."""
    try:
        return Key.read(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--training-key") from None


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r}: expected NAME=VALUE", param_hint="--option")
    return name.replace("-", "_"), value


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
