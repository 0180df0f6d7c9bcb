"""The official client, made strict: each answer is held against the client's own models before it reads it."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import isodate
from azure.cognitiveservices.vision.customvision.prediction import (
    CustomVisionPredictionClient,
)
from azure.cognitiveservices.vision.customvision.prediction import (
    models as prediction_models,
)
from azure.cognitiveservices.vision.customvision.training import (
    CustomVisionTrainingClient,
)
from azure.cognitiveservices.vision.customvision.training import (
    models as training_models,
)
from msrest.authentication import ApiKeyCredentials

from tests.emulator.service import Service

# The attributes of the generated client have no types.
type Client = Any
type Check = Callable[[Any], bool]

_SIMPLE: dict[str, Check] = {
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: type(value) is int,
    # The service always writes a decimal point (recordings README, "Wire").
    "float": lambda value: type(value) is float,
    "iso-8601": lambda value: isinstance(value, str) and bool(isodate.parse_datetime(value)),
}

# Errors of the gateway before the service have another form (reference 4.3).
_OF_THE_GATEWAY = {401, 403, 429}


def strict(deserialize: Callable[..., Any], models: Mapping[str, Any]) -> Callable[..., Any]:
    """A client's deserializer that first holds the answer against the client's models."""

    def deserialize_strictly(kind: str, response: Any, *arguments: Any) -> Any:
        if response.status_code not in _OF_THE_GATEWAY:
            assert_of_kind(response.json(), kind, models, kind)
        return deserialize(kind, response, *arguments)

    return deserialize_strictly


def assert_of_kind(value: Any, kind: str, models: Mapping[str, Any], path: str) -> None:
    """The JSON value fits the generated client's name of a type: `int`, `[Image]`, `{str}`, `Project`."""
    if kind.startswith("["):
        assert isinstance(value, list), f"{path}: {value!r} is no list"
        for number, entry in enumerate(cast("list[Any]", value)):
            assert_of_kind(entry, kind[1:-1], models, f"{path}[{number}]")
    elif kind.startswith("{"):
        assert isinstance(value, dict), f"{path}: {value!r} is no object"
        for key, entry in cast("dict[str, Any]", value).items():
            assert_of_kind(entry, kind[1:-1], models, f"{path}.{key}")
    elif kind in _SIMPLE:
        assert _SIMPLE[kind](value), f"{path}: {value!r} is no {kind}"
    else:
        assert_of_model(value, models[kind], models, path)


def assert_of_model(value: Any, model: Any, models: Mapping[str, Any], path: str) -> None:
    """No key that the model lacks, every required key, every value of its type or null."""
    assert isinstance(value, dict), f"{path}: {value!r} is no object"
    given = cast("dict[str, Any]", value)
    kinds = {entry["key"]: entry["type"] for entry in model._attribute_map.values()}
    required = {
        model._attribute_map[name]["key"] for name, rule in model._validation.items() if rule.get("required")
    }
    assert given.keys() <= kinds.keys(), f"{path}: unknown keys {given.keys() - kinds.keys()}"
    assert required <= given.keys(), f"{path}: missing keys {required - given.keys()}"
    for key, entry in given.items():
        if entry is not None:
            assert_of_kind(entry, kinds[key], models, f"{path}.{key}")


def training_client(service: Service, version: str = "v3.4-preview", key: str | None = None) -> Client:
    """A CustomVisionTrainingClient on the base path of that version."""
    credentials = ApiKeyCredentials(in_headers={"Training-key": key or service.training_key})
    client: Client = CustomVisionTrainingClient(service.endpoint, credentials)
    return _made_strict(client, training_models, "v3.4-preview", version)


def prediction_client(service: Service, version: str = "v3.1") -> Client:
    """A CustomVisionPredictionClient on the base path of that version."""
    credentials = ApiKeyCredentials(in_headers={"Prediction-key": service.prediction_key})
    client: Client = CustomVisionPredictionClient(service.endpoint, credentials)
    return _made_strict(client, prediction_models, "v3.1", version)


def _made_strict(client: Any, models: Any, own_version: str, version: str) -> Client:
    base = client.config.base_url
    client.config.base_url = client._client.config.base_url = base.replace(own_version, version)
    assert version in client.config.base_url
    client._deserialize = strict(client._deserialize, models.__dict__)
    return client
