"""What a service says while an erase is planned: pages that do not end, a refusal that names a person."""

import json

import pytest
from azure.storage.blob import ContainerClient

from activities.predictions import MOST_PAGES
from steward.customvision.errors import Unauthorized
from tests.conftest import Azurite
from tests.erasure.acting import PROJECT, Acting, acting


@pytest.fixture
def erasure(monkeypatch: pytest.MonkeyPatch, azurite: Azurite, container: ContainerClient) -> Acting:
    return acting(monkeypatch, azurite, container)


def test_tokens_that_lead_in_a_circle_end(erasure: Acting) -> None:
    erasure.act("begin_plan")
    page = {"project": PROJECT, "reading": "plan", "listed": 0, "digest": "", "token": {"continuation": "1"}}
    result = erasure.act("list_prediction_page", page=MOST_PAGES, **page)
    assert result["fault"]["code"] == "TooManyPages"
    assert "fault" not in erasure.act("list_prediction_page", page=MOST_PAGES - 1, **page)


def test_what_the_service_says_of_persons_is_in_no_plans_fault(
    erasure: Acting, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> None:
        raise Unauthorized("GetProjects", 401, "AccessDenied", "the key of Erika Mustermann was withdrawn")

    monkeypatch.setattr(erasure.service, "list_projects", refuse)
    answer = erasure.act("begin_plan")
    assert answer["fault"]["code"] == "AccessDenied"
    # The setting that a person looks at is ours to say.
    assert answer["fault"]["reason"] == "CUSTOM_VISION_TRAINING_KEY: GetProjects: 401 AccessDenied"
    assert "Mustermann" not in json.dumps(answer)
