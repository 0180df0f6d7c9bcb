"""Tags, as recorded."""

from typing import Any

import pytest

from tests.emulator.service import Service
from tests.emulator.shape import ID, assert_shape, sql_server_order


def tag_shape(name: str, description: str | None, count: int = 0) -> dict[str, Any]:
    return {"id": ID, "name": name, "description": description, "type": "Regular", "imageCount": count}


@pytest.mark.parametrize("query", [{}, {"description": ""}], ids=["none", "empty"])
@pytest.mark.parametrize("version", ["v3.0", "v3.1", "v3.3", "v3.4-preview"])
def test_a_tag_without_description_has_null(
    empty_emulator: Service, version: str, query: dict[str, str]
) -> None:
    """CreateImageFromUrl (v3.0), RegionManipulation (v3.1); TagRetrieval (v3.4-preview) sends `description=`."""
    project = empty_emulator.project(f"tags, {version}, {query}")
    params = {"name": "Test Tag 1", **query}
    answer = empty_emulator.answer("POST", f"/projects/{project}/tags", version=version, params=params)
    assert_shape(answer, tag_shape("Test Tag 1", None))


def test_a_tag_is_changed_and_deleted(empty_emulator: Service) -> None:
    """CreateUpdateDeleteTag (v3.1)."""
    path = f"/projects/{empty_emulator.project('changed tags')}/tags"
    query = {"name": "Test Tag 1", "description": "This is a test tag"}
    made = empty_emulator.answer("POST", path, version="v3.1", params=query)
    assert_shape(made, tag_shape("Test Tag 1", "This is a test tag"))
    body = {"name": "New Tag Name", "description": "Updated Description"}
    changed = empty_emulator.answer("PATCH", f"{path}/{made['id']}", version="v3.1", json=body)
    assert_shape(changed, tag_shape("New Tag Name", "Updated Description") | {"id": made["id"]})
    assert empty_emulator.call("DELETE", f"{path}/{made['id']}", version="v3.1").status_code == 204
    assert empty_emulator.answer("GET", path) == []


def test_tags_are_listed_in_the_order_of_their_ids(empty_emulator: Service) -> None:
    """TagRetrieval (v3.4-preview), GetImagesByIds, ImportProject: SQL Server's order of ids, not by name or age."""
    project = empty_emulator.project("TagRetrievalTest", version="v3.4-preview")
    made = [empty_emulator.tag(project, f"Tag #{number}") for number in range(12)]
    listed = empty_emulator.answer("GET", f"/projects/{project}/tags", version="v3.4-preview")
    assert [tag["id"] for tag in listed] == sorted(made, key=sql_server_order)
    for tag in listed:
        assert_shape(tag, tag_shape(tag["name"], None))
