"""What a selector chose is counted from what the bag will hold."""

import json
from types import SimpleNamespace
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from activities import payload_files, sealed, selectors
from steward.archive import names
from steward.archive.store import ArchiveStore
from steward.requests_api.contract import parse_export
from steward.requests_api.scope import ScopedProject, resolve_projects
from tests.archive.exports import Export, Project


def test_pages_that_closing_will_remove_count_for_nothing(
    container: ContainerClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are left of a longer reading of the list."""
    export, project = Export(ArchiveStore(container)), Project(tagged=[0, 1], untagged=[], snapshots=[], predictions=0)  # fmt: skip
    export.project(project)
    beyond = names.page_path(project.id, "", "tagged", 1)
    export.lines(beyond, [export.image(project, 7, [{"tagId": project.id, "tagName": project.tags[0]}])])

    def home(_: str) -> Any:
        return SimpleNamespace(store=export.store)

    for users in (selectors, payload_files, sealed):
        monkeypatch.setattr(users, "account", home)
    scope = {"projects": [{"id": project.id, "images": {"tags": [project.tags[0]]}}]}
    request = parse_export({"account": "default", "scope": scope}, ["default"])
    (scoped,) = resolve_projects(request.scope, [{"id": project.id, "name": "any", "created": ""}]).chosen

    def chosen(*_: object) -> ScopedProject:
        return scoped

    monkeypatch.setattr(selectors, "scoped_project", chosen)

    builder: Any = selectors.export_selection
    ref = {"request": export.bag.request, "account": export.bag.account, "project": project.id}
    builder._function.get_user_function()(ref)
    document = json.loads(export.store.read(export.bag.blob(names.selection_path(project.id))))
    assert [each["matched"] for each in document["selectors"]] == [2]
