"""Wire forms that hold for every operation, as the recordings of the real service show them."""

import re

import pytest

from tests.emulator.service import Service

RECORDED_VERSIONS = ("v3.0", "v3.1", "v3.2", "v3.3", "v3.4-preview")


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
def test_json_is_compact_and_utf_8(small_emulator: Service, version: str) -> None:
    """ProjectRetrieval and all others: `application/json; charset=utf-8`, no blanks between tokens."""
    response = small_emulator.call("GET", "/projects", version=version)
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"
    outside_strings = re.sub(r'"(\\.|[^"\\])*"', '""', response.content.decode("utf-8"))
    assert re.search(r"\s", outside_strings) is None


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
def test_request_id_is_given_from_v3_2_on(small_emulator: Service, version: str) -> None:
    """GetIterationPerformance (v3.2), ImageCounts (v3.3), ProjectRetrieval (v3.4-preview); absent in GetIterations (v3.1)."""
    headers = small_emulator.call("GET", "/projects", version=version).headers
    if version in {"v3.0", "v3.1"}:
        assert "Request-Id" not in headers
    else:
        assert headers["Request-Id"] == headers["apim-request-id"]


def test_request_ids_differ(small_emulator: Service) -> None:
    """GetImagesAndCount: each answer has its own."""
    ids = {small_emulator.call("GET", "/projects").headers["Request-Id"] for _ in range(3)}
    assert len(ids) == 3


@pytest.mark.parametrize("version", RECORDED_VERSIONS)
def test_a_delete_answers_204_with_nothing(empty_emulator: Service, version: str) -> None:
    """CreateDeleteProjectWithDomain, CreateUpdateDeleteTag, DeleteImages: Content-Length 0, no Content-Type."""
    project = empty_emulator.project(f"deleted in {version}")
    response = empty_emulator.call("DELETE", f"/projects/{project}", version=version)
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["Content-Length"] == "0"
    assert "Content-Type" not in response.headers


def test_a_doubled_slash_and_the_case_of_training_are_forgiven(small_emulator: Service) -> None:
    """Export (v1.2) writes `Training`; all recordings of v3.x were asked for `//customvision`."""
    wanted = small_emulator.answer("GET", "/domains")
    for path in (
        "//customvision/v3.3/training",
        "/customvision/v3.3/Training",
        "//customvision/v3.3/Training",
    ):
        response = small_emulator.http.get(
            f"{small_emulator.endpoint}{path}/domains",
            headers={"Training-Key": small_emulator.training_key},
            timeout=10,
        )
        assert response.json() == wanted


def test_the_name_of_the_key_header_has_no_case(small_emulator: Service) -> None:
    """Reference 1.2: Microsoft's samples write `Training-key`."""
    url = f"{small_emulator.endpoint}/customvision/v3.3/training/domains"
    for name in ("Training-key", "training-key", "TRAINING-KEY"):
        answer = small_emulator.http.get(url, headers={name: small_emulator.training_key}, timeout=10)
        assert answer.status_code == 200
