"""What bags give by the scope while the service still has it, and no plan does: it was relabelled or renamed since. It stays
and is named."""

from pathlib import Path

import pytest
from azure.storage.blob import ContainerClient

from tests.conftest import Azurite
from tests.erasure.acting import PROJECT
from tests.erasure.archiving import ITERATION, Archiving, archiving_in, image, reasons


@pytest.fixture
def archiving(
    monkeypatch: pytest.MonkeyPatch, azurite: Azurite, container: ContainerClient, tmp_path: Path
) -> Archiving:
    return archiving_in(monkeypatch, azurite, container, tmp_path)


def test_what_no_plan_has_stays_and_is_named(archiving: Archiving) -> None:
    request = archiving.erase(1, 2, iterations=[ITERATION], planned=False, present=[image(1), ITERATION])
    found = archiving.all_of(request)
    stays = "that bags give by the scope: the service still has {}, and no plan does"
    assert [each["reason"] for each in found["unredacted"]] == [
        f"copies of project {PROJECT} stay: 1 image {stays.format('it')}",
        f"copies of project {PROJECT} stay: 1 iteration {stays.format('it')}",
    ]
    assert archiving.naming(1)
    assert archiving.naming(2) == []
    assert archiving.problems() == []


def test_what_was_planned_and_stays_is_named_by_the_read_back_alone(archiving: Archiving) -> None:
    request = archiving.erase(1, present=[image(1)])
    assert reasons(archiving.all_of(request)) == ""
