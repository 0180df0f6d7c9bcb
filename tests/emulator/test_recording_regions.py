"""Detection images and their regions, as recorded."""

import itertools
import json
import struct
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.emulator.service import Service, pictures
from tests.emulator.shape import ID, NUMBER, TICKS, assert_shape, picture_uris

DETECTION = "da2e3a8a-40a5-4171-82f4-58522f70fbc1"
_BOX = {"left": 0.295343131, "top": 0.259428144, "width": 0.403186262, "height": 0.421568632}
_PICTURE_NUMBERS = itertools.count(5_000)
_OTHER_BOX = {"left": 0.378543377, "top": 0.162310928, "width": 0.280251384, "height": 0.6579386}


@pytest.fixture(scope="module")
def project(empty_emulator: Service) -> str:
    return empty_emulator.project("regions", domainId=DETECTION)


def new_image(service: Service, project: str) -> str:
    """Id of an image of a picture that no other test has."""
    (image,) = service.upload(project, pictures(1, start=next(_PICTURE_NUMBERS)))
    return image["id"]


def create_region(service: Service, project: str, image: str, tag: str, box: dict[str, float]) -> Any:
    body = {"regions": [{"imageId": image, "tagId": tag, **box}]}
    return service.answer("POST", f"/projects/{project}/images/regions", version="v3.1", json=body)


def region_shape(tag: str, name: str | None, box: dict[str, float]) -> dict[str, Any]:
    return {"regionId": ID, "tagName": name, "created": TICKS, "tagId": tag, **box}


def test_a_created_region(empty_emulator: Service, project: str) -> None:
    """RegionManipulation (v3.1): 200 with created, duplicated, exceeded; tagName null; a digit-exact single float."""
    tag = empty_emulator.tag(project, "created")
    image = new_image(empty_emulator, project)
    answer = create_region(empty_emulator, project, image, tag, _OTHER_BOX)
    region = {"imageId": image, **region_shape(tag, None, _OTHER_BOX)}
    assert_shape(answer, {"created": [region], "duplicated": [], "exceeded": []})


def test_images_with_regions_in_lists(empty_emulator: Service) -> None:
    """DownloadRegions (v3.3), RegionManipulation (v3.1): keys and their order, tagName filled, tags created by regions."""
    project = empty_emulator.project("regions listed", domainId=DETECTION)
    tag = empty_emulator.tag(project, "scissors")
    image = new_image(empty_emulator, project)
    create_region(empty_emulator, project, image, tag, _BOX)
    for version in ("v3.1", "v3.3"):
        (listed,) = empty_emulator.answer(
            "GET", f"/projects/{project}/images/tagged", version=version, params={"take": "50", "skip": "0"}
        )
        shape: dict[str, Any] = {
            "id": image,
            "created": TICKS,
            "width": 320,
            "height": 256,
            **picture_uris(project, image),
        }
        shape["tags"] = [{"tagId": tag, "tagName": "scissors", "created": TICKS}]
        shape["regions"] = [region_shape(tag, "scissors", _BOX)]
        assert_shape(listed, shape)


def test_a_region_brings_its_tag_and_takes_it_away(empty_emulator: Service, project: str) -> None:
    """RegionManipulation (v3.1): tags older first, regions newer first; the tag goes with its only region."""
    scissors = empty_emulator.tag(project, "scissors")
    later = empty_emulator.tag(project, "Test Tag 1")
    image = new_image(empty_emulator, project)
    create_region(empty_emulator, project, image, scissors, _BOX)
    created = create_region(empty_emulator, project, image, later, _OTHER_BOX)["created"][0]

    def read() -> Any:
        (found,) = empty_emulator.answer(
            "GET", f"/projects/{project}/images/id", version="v3.1", params={"imageIds": image}
        )
        return found

    both = read()
    assert_shape(
        both["tags"],
        [
            {"tagId": scissors, "tagName": "scissors", "created": TICKS},
            {"tagId": later, "tagName": "Test Tag 1", "created": TICKS},
        ],
    )
    assert_shape(
        both["regions"],
        [
            region_shape(later, "Test Tag 1", _OTHER_BOX) | {"regionId": created["regionId"]},
            region_shape(scissors, "scissors", _BOX),
        ],
    )

    path = f"/projects/{project}/images/regions"
    query = {"regionIds": created["regionId"]}
    response = empty_emulator.call("DELETE", path, version="v3.1", params=query)
    assert (response.status_code, response.content) == (204, b"")
    left = read()
    assert left["tags"] == both["tags"][:1]
    assert left["regions"] == both["regions"][1:]


def test_two_regions_of_one_tag_are_one_tag(empty_emulator: Service, project: str) -> None:
    """RegionManipulation (v3.1): the tag stays as long as another region has it."""
    tag = empty_emulator.tag(project, "twice")
    image = new_image(empty_emulator, project)
    first, second = (
        create_region(empty_emulator, project, image, tag, box)["created"][0]["regionId"]
        for box in (_BOX, _OTHER_BOX)
    )
    path = f"/projects/{project}/images"
    empty_emulator.call("DELETE", f"{path}/regions", params={"regionIds": first})
    (image_left,) = empty_emulator.answer("GET", f"{path}/id", params={"imageIds": image})
    assert [tag["tagName"] for tag in image_left["tags"]] == ["twice"]
    assert [region["regionId"] for region in image_left["regions"]] == [second]


def test_region_proposals_are_a_documented_501(empty_emulator: Service, project: str) -> None:
    """RegionManipulation (v3.1) shows proposals of the service's model: left out, and said so."""
    image = new_image(empty_emulator, project)
    response = empty_emulator.call("POST", f"/projects/{project}/images/{image}/regionproposals")
    assert response.status_code == 501
    assert list(response.json()) == ["code", "message"]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(left=st.floats(0, 0.5, width=32), width=st.floats(0.001953125, 0.5, width=32))
def test_numbers_are_written_as_single_floats(
    empty_emulator: Service, project: str, left: float, width: float
) -> None:
    """DownloadRegions (v3.3), GetIterationPerformance (v3.2), DeletePrediction (v3.1): .NET's form of a single float.

    Seven digits where they are enough to give the same single float, else nine; `1.0`, `1.1920929E-07`.
    """
    tag = tag_of(empty_emulator, project)
    image = new_image(empty_emulator, project)
    box = {"left": left, "top": 0.0, "width": width, "height": 1.0}
    create_region(empty_emulator, project, image, tag, box)
    text = empty_emulator.call("GET", f"/projects/{project}/images/id", params={"imageIds": image}).text
    (region,) = json.loads(text, parse_float=str)[0]["regions"]
    assert (region["top"], region["height"]) == ("0.0", "1.0")
    for name, value in (("left", left), ("width", width)):
        assert NUMBER.fullmatch(region[name]), region[name]
        assert struct.pack("f", float(region[name])) == struct.pack("f", value)
        digits = region[name].split("E")[0].replace(".", "").strip("0")
        seven_are_enough = struct.pack("f", float(f"{value:.7g}")) == struct.pack("f", value)
        assert len(digits) <= (7 if seven_are_enough else 9), region[name]


def tag_of(service: Service, project: str) -> str:
    """The tag that many examples share."""
    tags = {tag["name"]: tag["id"] for tag in service.answer("GET", f"/projects/{project}/tags")}
    return tags.get("numbers") or service.tag(project, "numbers")
