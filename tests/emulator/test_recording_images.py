"""Images: create, list, count, tag, delete; as recorded."""

import base64
from typing import Any

import pytest

from tests.emulator.service import Service, pictures, running
from tests.emulator.shape import ID, TICKS, assert_shape, picture_uris, sql_server_order

WIDTH, HEIGHT = 320, 256


def image_shape(project: str, answer: Any, *tags: dict[str, Any]) -> dict[str, Any]:
    """A classification image: no regions ever, tags only where there are some."""
    shape: dict[str, Any] = {"id": ID, "created": TICKS, "width": WIDTH, "height": HEIGHT}
    shape |= picture_uris(project, answer["id"])
    return shape | ({"tags": list(tags)} if tags else {})


def image_tag(tag: str, name: str | None) -> dict[str, Any]:
    return {"tagId": tag, "tagName": name, "created": TICKS}


def assert_created(answer: Any, project: str, source: str, *tags: dict[str, Any]) -> None:
    """An ImageCreateSummary of one image: a create answers `tagName: null`."""
    entry = {
        "sourceUrl": source,
        "status": "OK",
        "image": image_shape(project, answer["images"][0]["image"], *tags),
    }
    assert_shape(answer, {"isBatchSuccessful": True, "images": [entry]})


def test_create_from_data(empty_emulator: Service) -> None:
    """CreateImagesFromData (v3.0): sourceUrl is the multipart file name as sent, quotes included."""
    project = empty_emulator.project("from data")
    tag = empty_emulator.tag(project, "Test Tag 1")
    answer = empty_emulator.answer(
        "POST",
        f"/projects/{project}/images",
        version="v3.0",
        params={"tagIds": tag},
        files={"imageData": ("hemlock_1.jpg", *pictures(1))},
    )
    assert_created(answer, project, '"hemlock_1.jpg"', image_tag(tag, None))


def test_create_from_files(empty_emulator: Service) -> None:
    """CreateImagesFromFiles (v3.4-preview): sourceUrl is the name sent."""
    project = empty_emulator.project("from files")
    tag = empty_emulator.tag(project, "Test Tag 1")
    contents = base64.b64encode(*pictures(1)).decode()
    body = {"images": [{"name": "hemlock_1.jpg", "contents": contents}], "tagIds": [tag]}
    path = f"/projects/{project}/images/files"
    answer = empty_emulator.answer("POST", path, version="v3.4-preview", json=body)
    assert_created(answer, project, "hemlock_1.jpg", image_tag(tag, None))


def test_create_from_urls(empty_emulator: Service) -> None:
    """CreateImageFromUrl (v3.0; with a tag), DeleteImages (v3.1; without): sourceUrl is the URL."""
    project = empty_emulator.project("from urls")
    tag = empty_emulator.tag(project, "Test Tag 1")
    (source,) = empty_emulator.upload(project, pictures(1))
    url = source["originalImageUri"]
    path = f"/projects/{project}/images/urls"

    other = empty_emulator.project("from urls, tagged")
    other_tag = empty_emulator.tag(other, "Test Tag 1")
    body = {"images": [{"url": url}], "tagIds": [other_tag]}
    answer = empty_emulator.answer("POST", path.replace(project, other), version="v3.0", json=body)
    assert_created(answer, other, url, image_tag(other_tag, None))

    bare = empty_emulator.project("from urls, untagged")
    body = {"images": [{"url": url}]}
    answer = empty_emulator.answer("POST", path.replace(project, bare), version="v3.1", json=body)
    assert_created(answer, bare, url)
    assert tag != other_tag


def test_delete_by_id(empty_emulator: Service) -> None:
    """DeleteImages (v3.1): 204, and the image is gone."""
    project = empty_emulator.project("images deleted")
    one, other = empty_emulator.upload(project, pictures(2))
    response = empty_emulator.call(
        "DELETE", f"/projects/{project}/images", version="v3.1", params={"imageIds": one["id"]}
    )
    assert (response.status_code, response.content) == (204, b"")
    left = empty_emulator.answer("GET", f"/projects/{project}/images/untagged")
    assert [image["id"] for image in left] == [other["id"]]


@pytest.fixture(scope="module")
def tagged(empty_emulator: Service) -> tuple[str, dict[str, str]]:
    """A project with two tags, five images each, uploaded in two calls; its id, and the tags' names by id."""
    project = empty_emulator.project("tagged images")
    tags = {empty_emulator.tag(project, name): name for name in ("Tag1", "Tag2")}
    for number, tag in enumerate(tags):
        empty_emulator.upload(project, pictures(5, start=10 * number), [tag])
    return project, tags


@pytest.mark.parametrize(
    ("path", "query", "version"),
    [
        ("/images", {"taggingStatus": "All", "take": "50", "skip": "0"}, "v3.4-preview"),
        ("/images/tagged", {"take": "50", "skip": "0"}, "v3.3"),
        ("/images/tagged", {}, "v3.1"),
    ],
)
def test_lists_are_newest_first(
    empty_emulator: Service,
    tagged: tuple[str, dict[str, str]],
    path: str,
    query: dict[str, str],
    version: str,
) -> None:
    """GetImagesAndCount (v3.4-preview), GetTaggedImages (v3.3): later reads fill tagName; no regions key."""
    project, tags = tagged
    answer = empty_emulator.answer("GET", f"/projects/{project}{path}", version=version, params=query)
    assert len(answer) == 10
    for image in answer:
        (tag,) = image["tags"]
        assert_shape(image, image_shape(project, image, image_tag(tag["tagId"], tags[tag["tagId"]])))
    assert [image["tags"][0]["tagName"] for image in answer] == ["Tag2"] * 5 + ["Tag1"] * 5
    assert answer == in_order(answer)


def in_order(images: list[Any]) -> list[Any]:
    """Created descending, ties in SQL Server's order of ids."""
    by_id = sorted(images, key=lambda image: sql_server_order(image["id"]))
    return sorted(by_id, key=lambda image: exact(image["created"]), reverse=True)


def exact(created: str) -> tuple[str, str]:
    """Sorts times whose trailing zeros were trimmed."""
    seconds, _, fraction = created.partition(".")
    return seconds, fraction.ljust(7, "0")


def test_images_of_one_moment_are_in_the_order_of_their_ids(small_emulator: Service) -> None:
    """GetTaggedImages, DownloadRegions, RegionManipulation: 21 pairs of equal `created` were seen in that order."""
    ties = 0
    for project in small_emulator.answer("GET", "/projects"):
        for kind in ("", "/tagged", "/untagged"):
            path = f"/projects/{project['id']}/images{kind}"
            images = small_emulator.answer("GET", path, params={"take": "256"})
            assert images == in_order(images)
            oldest = small_emulator.answer("GET", path, params={"take": "256", "orderBy": "Oldest"})
            assert sorted(oldest, key=lambda image: exact(image["created"])) == oldest
            ties += len(images) - len({image["created"] for image in images})
    assert ties > 0


def test_a_part_of_the_list(empty_emulator: Service, tagged: tuple[str, dict[str, str]]) -> None:
    """GetImagesAndCount (v3.4-preview): take 5, skip 0 of 10; the count is a bare number."""
    path = f"/projects/{tagged[0]}/images"
    query = {"taggingStatus": "All"}
    assert empty_emulator.call("GET", f"{path}/count", version="v3.4-preview", params=query).content == b"10"
    whole = empty_emulator.answer("GET", path, version="v3.4-preview", params=query)
    part = empty_emulator.answer(
        "GET", path, version="v3.4-preview", params=query | {"take": "5", "skip": "0"}
    )
    assert [image["id"] for image in part] == [image["id"] for image in whole[:5]]


def test_counts_are_bare_numbers(empty_emulator: Service, tagged: tuple[str, dict[str, str]]) -> None:
    """ImageCounts (v3.3): `10` and `0` as JSON."""
    path = f"/projects/{tagged[0]}/images"
    for kind, count in (("tagged", b"10"), ("untagged", b"0")):
        response = empty_emulator.call("GET", f"{path}/{kind}/count")
        assert (response.status_code, response.content) == (200, count)
        assert response.headers["Content-Type"] == "application/json; charset=utf-8"


def test_no_images_are_an_empty_list(empty_emulator: Service, tagged: tuple[str, dict[str, str]]) -> None:
    """GetUntaggedImages, ImageTagManipulation (v3.4-preview): `[]` with 200."""
    path = f"/projects/{tagged[0]}/images/untagged"
    query = {"take": "50", "skip": "0"}
    response = empty_emulator.call("GET", path, version="v3.4-preview", params=query)
    assert (response.status_code, response.content) == (200, b"[]")


def test_images_by_id_come_in_reverse(empty_emulator: Service, tagged: tuple[str, dict[str, str]]) -> None:
    """GetImagesByIds (v3.4-preview): one tag's five images asked for newest first come oldest first."""
    project, tags = tagged
    tag = next(iter(tags))
    query = {"tagIds": tag, "take": "50", "skip": "0"}
    path = f"/projects/{project}/images"
    listed = empty_emulator.answer("GET", f"{path}/tagged", version="v3.4-preview", params=query)
    assert {image["tags"][0]["tagId"] for image in listed} == {tag}
    ids = [image["id"] for image in listed]
    answer = empty_emulator.answer(
        "GET", f"{path}/id", version="v3.4-preview", params={"imageIds": ",".join(ids)}
    )
    assert [image["id"] for image in answer] == ids[::-1]
    for image in answer:
        assert_shape(image, image_shape(project, image, image_tag(tag, tags[tag])))


def test_a_tag_is_taken_off_and_put_on(empty_emulator: Service) -> None:
    """ImageTagManipulation (v3.4-preview)."""
    project = empty_emulator.project("tags of images")
    tag = empty_emulator.tag(project, "Tag2")
    (image,) = empty_emulator.upload(project, pictures(1), [tag])
    path = f"/projects/{project}/images"

    def call(method: str, **arguments: Any) -> Any:
        return empty_emulator.call(method, f"{path}/tags", version="v3.4-preview", **arguments)

    removed = call("DELETE", params={"imageIds": image["id"], "tagIds": tag})
    assert (removed.status_code, removed.content) == (204, b"")
    (untagged,) = empty_emulator.answer("GET", f"{path}/untagged", version="v3.4-preview")
    assert_shape(untagged, image_shape(project, untagged) | {"created": image["created"]})

    pair = {"imageId": image["id"], "tagId": tag}
    created = call("POST", json={"tags": [pair]})
    assert created.status_code == 200
    assert_shape(created.json(), {"created": [pair], "duplicated": [], "exceeded": []})
    assert empty_emulator.answer("GET", f"{path}/untagged") == []


def test_metadata_is_answered_back(empty_emulator: Service) -> None:
    """UpdateImageMetadata (v3.4-preview)."""
    project = empty_emulator.project("metadata")
    (image,) = empty_emulator.upload(project, pictures(1))
    path = f"/projects/{project}/images"
    metadata = {"type": "unit test", "value": "30"}
    answer = empty_emulator.answer(
        "POST",
        f"{path}/metadata",
        version="v3.4-preview",
        params={"imageIds": image["id"]},
        json=metadata,
    )
    entry = {"imageId": image["id"], "status": "OK", "metadata": metadata}
    assert_shape(answer, {"isBatchSuccessful": True, "images": [entry]})
    (read,) = empty_emulator.answer("GET", path)
    assert read["metadata"] == metadata


@pytest.mark.parametrize("slash", ["/", ""], ids=["slash", "no slash"])
def test_a_picture_is_read_as_an_artifact(empty_emulator: Service, slash: str) -> None:
    """GetArtifacts (v3.3): path with a leading slash; the OpenAPI example has none. 200, application/octet-stream."""
    project = empty_emulator.project(f"artifacts with {slash!r}")
    content = pictures(1)
    (image,) = empty_emulator.upload(project, content)
    path = f"{slash}i-{project.replace('-', '')}/i-{image['id'].replace('-', '')}"
    response = empty_emulator.call("GET", f"/projects/{project}/artifacts", params={"path": path})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert [response.content] == content


def test_a_private_account_has_paths_for_addresses() -> None:
    """GetArtifacts (v3.3): `/i-<project hex>/i-<image hex>`, to be read as an artifact."""
    with running("--seed", "none", "--private") as service:
        project = service.project("private")
        content = pictures(1)
        (image,) = service.upload(project, content)
        place = f"/i-{project.replace('-', '')}"
        name = image["id"].replace("-", "")
        (listed,) = service.answer("GET", f"/projects/{project}/images", params={"take": "50", "skip": "0"})
        assert listed["originalImageUri"] == listed["resizedImageUri"] == f"{place}/i-{name}"
        assert listed["thumbnailUri"] == f"{place}/t-{name}"
        artifacts = f"/projects/{project}/artifacts"
        original = service.call("GET", artifacts, params={"path": listed["originalImageUri"]})
        assert (original.status_code, [original.content]) == (200, content)
        assert service.call("GET", artifacts, params={"path": listed["thumbnailUri"]}).status_code == 200
        assert service.http.get(f"{service.endpoint}{place}/i-{name}", timeout=10).status_code != 200
