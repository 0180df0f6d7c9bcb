"""The catalogue of domains, as recorded."""

from typing import Any

from tests.emulator.service import Service

_SIX = ["VAIDK", "CoreML", "DockerFile", "ONNX", "OpenVino", "TensorFlow"]
_FOUR = ["CoreML", "DockerFile", "ONNX", "TensorFlow"]
_SHUFFLE = "A ShuffleNet-like model for {} classification problem."
_CATALOGUE: list[tuple[str, str, str, list[str], int, str]] = [
    ("ee85a74c-405e-4adc-bb47-ffa8ca0c9f31", "General", "Classification", [], 0, ""),
    ("c151d5b5-dd07-472a-acc8-15d29dea8518", "Food", "Classification", [], 0, ""),
    ("ca455789-012d-4b50-9fec-5bb63841c793", "Landmarks", "Classification", [], 0, ""),
    ("b30a91ae-e3c1-4f73-a81e-c270bff27c39", "Retail", "Classification", [], 0, ""),
    ("45badf75-3591-4f26-a705-45678d3e9f5f", "Adult", "Classification", [], 0, ""),
    (
        "0732100f-1a38-4e49-a514-c9b44c697ab5",
        "General (compact)",
        "Classification",
        _SIX,
        5,
        _SHUFFLE.format("general"),
    ),
    (
        "8882951b-82cd-4c32-970b-d5f8cb8bf6d7",
        "Food (compact)",
        "Classification",
        _SIX,
        5,
        _SHUFFLE.format("food"),
    ),
    (
        "b5cfd229-2ac7-4b2b-8d0a-2b0661344894",
        "Landmarks (compact)",
        "Classification",
        _SIX,
        5,
        _SHUFFLE.format("landmarks"),
    ),
    (
        "6b4faeda-8396-481b-9f8b-177b9fa3097f",
        "Retail (compact)",
        "Classification",
        _SIX,
        5,
        "A ShuffleNet-like based model for food classification problem.",
    ),
    ("da2e3a8a-40a5-4171-82f4-58522f70fbc1", "General", "ObjectDetection", [], 0, ""),
    ("1d8ffafe-ec40-4fb2-8f90-72b3b6cecea4", "Logo", "ObjectDetection", [], 0, ""),
    ("3780a898-81c3-4516-81ae-3a139614e1f3", "Products on Shelves", "ObjectDetection", [], 0, ""),
    (
        "a27d5ca5-bb19-49d8-a70a-fec086c47f5b",
        "General (compact)",
        "ObjectDetection",
        _FOUR,
        42,
        "A YOLO-like model for general detection problem.",
    ),
    (
        "7ec2ac80-887b-48a6-8df9-8b1357765430",
        "General (compact) [S1]",
        "ObjectDetection",
        [*_SIX, "IVS"],
        13,
        "A SSD-like model for general detection problem.",
    ),
]


def _domain(entry: tuple[str, str, str, list[str], int, str]) -> dict[str, Any]:
    identifier, name, kind, platforms, size, description = entry
    information = {"estimatedModelSizeInMegabytes": size, "description": description} if platforms else None
    return {
        "id": identifier,
        "name": name,
        "type": kind,
        "exportable": bool(platforms),
        "enabled": True,
        "exportablePlatforms": platforms,
        "modelInformation": information,
    }


def test_the_catalogue_in_its_order(small_emulator: Service) -> None:
    """DomainsApiTests (v3.4-preview): 14 domains; those that cannot be exported have an empty list and a null."""
    answer = small_emulator.answer("GET", "/domains", version="v3.4-preview")
    assert answer == [_domain(entry) for entry in _CATALOGUE]
    assert all(list(domain) == list(_domain(_CATALOGUE[0])) for domain in answer)


def test_one_domain(small_emulator: Service) -> None:
    """DomainsApiTests (v3.4-preview): the same object as in the list."""
    entry = _CATALOGUE[0]
    answer = small_emulator.answer("GET", f"/domains/{entry[0]}", version="v3.4-preview")
    assert answer == _domain(entry)


def test_before_the_preview_a_domain_ends_with_enabled(small_emulator: Service) -> None:
    """v3.3 OpenAPI file, Domain: exportablePlatforms and modelInformation came with v3.4-preview."""
    answer = small_emulator.answer("GET", "/domains", version="v3.3")
    assert [domain["id"] for domain in answer] == [entry[0] for entry in _CATALOGUE]
    assert {tuple(domain) for domain in answer} == {("id", "name", "type", "exportable", "enabled")}
