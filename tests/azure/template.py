"""infra/ as data, read by a Bicep parser: what it sets, and whom it lets do what."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, cast

from pycep import BicepParser

from stack.processes import ROOT

INFRA = ROOT / "infra"
FILES = sorted(INFRA.glob("*.bicep"))
type Json = dict[str, Any]


@cache
def parsed(name: str) -> Json:
    """A file of infra/; raises where its syntax is wrong."""
    return cast("Json", BicepParser().parse(file_path=INFRA / f"{name}.bicep"))


def variable(file: str, name: str) -> Any:
    return parsed(file)["variables"][name]["value"]


def type_of(name: str) -> Json:
    """The properties of a type."""
    return parsed("types")["types"][name]["value"]


def parameters(file: str, module: str) -> Json:
    """What a module of a file is given."""
    return _config(parsed(file)["modules"][module])["params"]


def modules() -> Iterator[tuple[Path, str, Json]]:
    """Every module: the file, its name there, and what the parser has of it."""
    for file in FILES:
        for name, module in parsed(file.stem).get("modules", {}).items():
            yield file, name, module


def given(module: Json) -> set[str]:
    """The parameters that a module is given."""
    return set(_config(module)["params"])


def objects(node: Any) -> Iterator[Json]:
    """Every object in it, whatever expression it stands in."""
    if isinstance(node, Mapping):
        found = cast("Json", node)
        yield found
        for value in found.values():
            yield from objects(value)
    elif isinstance(node, list):
        for value in cast("list[Any]", node):
            yield from objects(value)


def roles(node: Any, file: str) -> set[str]:
    """Ids of the built-in roles that are assigned in it; a custom role's own name."""
    assigned = [each["roleDefinitionIdOrName"] for each in objects(node) if "roleDefinitionIdOrName" in each]
    return {
        variable(file, name) if isinstance(name, str) else name["operator"]["operands"]["operand_1"]
        for name in assigned
    }


def _config(module: Json) -> Json:
    """Conditions and loops are around it."""
    config: Json = module["config"]
    return config if "params" in config else config["config"]
