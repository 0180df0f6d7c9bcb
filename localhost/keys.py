"""Access keys as the Functions host has them: master, host, function and system keys."""

import hmac
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from localhost.misconfigured import Misconfigured
from localhost.settings import read_json_object

# The names that extensions give their system keys.
DURABLE_SYSTEM_KEY = "durabletask_extension"
EVENT_GRID_SYSTEM_KEY = "eventgrid_extension"


def _new_key() -> str:
    return secrets.token_urlsafe(40)


def _new_host_keys() -> dict[str, str]:
    return {"default": _new_key()}


def _new_system_keys() -> dict[str, str]:
    return {name: _new_key() for name in (DURABLE_SYSTEM_KEY, EVENT_GRID_SYSTEM_KEY)}


@dataclass(frozen=True, repr=False)
class Keys:
    """Every key by its name. No key is ever shown but the default host key and the master key, once, at start."""

    master_key: str = field(default_factory=_new_key)
    host_keys: Mapping[str, str] = field(default_factory=_new_host_keys)
    function_keys: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, dict[str, str]])
    system_keys: Mapping[str, str] = field(default_factory=_new_system_keys)

    @property
    def default_host_key(self) -> str:
        """What callers of a function with level "function" are given."""
        return self.host_keys.get("default") or next(iter(self.host_keys.values()))

    def allow(self, level: str, function: str, given: str | None) -> bool:
        """Whether a key opens a function of an auth level: anonymous, function or admin (any case)."""
        match level.lower():
            case "anonymous":
                return True
            case "function":
                own = self.function_keys.get(function, {}).values()
                return _is_one_of(given, [self.master_key, *self.host_keys.values(), *own])
            case _:
                return _is_one_of(given, [self.master_key])

    def allow_system(self, extension: str, given: str | None) -> bool:
        """Whether a key opens the webhooks of an extension."""
        return _is_one_of(given, [self.master_key, self.system_keys[extension]])


def _is_one_of(given: str | None, keys: Iterable[str]) -> bool:
    if not given:
        return False
    return any(hmac.compare_digest(given.encode(), key.encode()) for key in keys)


def read_keys(file: Path | None) -> Keys:
    """Keys from a file {"masterKey", "hostKeys": {name: key}, "functionKeys": {function: {name: key}}}.

    What the file does not say, or without a file everything, is made at random.

    Raises:
        Misconfigured: the file is missing or of another shape.
    """
    if file is None:
        return Keys()
    document = read_json_object(file)
    unknown = document.keys() - {"masterKey", "hostKeys", "functionKeys"}
    if unknown:
        raise Misconfigured(
            f"{file.name}: {min(unknown)} is not known; expected masterKey, hostKeys, functionKeys."
        )
    function_keys: object = document.get("functionKeys", {})
    if not isinstance(function_keys, dict):
        raise Misconfigured(f"{file.name}: functionKeys must be an object of functions.")
    return Keys(
        master_key=_key(file, "masterKey", document["masterKey"]) if "masterKey" in document else _new_key(),
        host_keys=_named(file, "hostKeys", document.get("hostKeys")) or _new_host_keys(),
        function_keys={
            function: _named(file, f"functionKeys.{function}", keys)
            for function, keys in cast(dict[str, object], function_keys).items()
        },
    )


def _named(file: Path, where: str, keys: object) -> dict[str, str]:
    if keys is None:
        return {}
    if not isinstance(keys, dict):
        raise Misconfigured(f"{file.name}: {where} must be an object of names and keys.")
    return {name: _key(file, f"{where}.{name}", key) for name, key in cast(dict[str, object], keys).items()}


def _key(file: Path, where: str, key: object) -> str:
    if not isinstance(key, str) or not key:
        raise Misconfigured(f"{file.name}: {where} must be a text that is not empty.")
    return key
