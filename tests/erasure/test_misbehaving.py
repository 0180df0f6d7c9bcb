"""A service that lies: the plan or the read back catches it, no erasure is called complete, and we delete nothing beside.

What the misbehaving service itself destroys cannot be helped; that it is seen and named can.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import Azurite
from tests.erasure import misbehaving
from tests.erasure.erasing import WAIVED, Erasing, erasing
from tests.erasure.misbehaving import BY_ID, COUNTS, LISTS
from tests.erasure.order import broken_laws
from tests.erasure.planting import clear
from tests.erasure.wardrobe import SUBJECT, Wardrobe, service_of, wardrobe
from tests.export.record import Json
from tests.export.service_side import training_client
from tests.service_proxy import Behaviour, honest

AT_ONCE = ("--train-seconds", "0", "--delete-seconds", "0.1")
WHOLE: Json = {}
OF_SUBJECT: Json = {"images": {"metadata": SUBJECT}}
FIRST_ITERATION: Json = {"iterations": ["Iteration 1"]}
PREDICTIONS: Json = {"predictions": {"to": "2101-01-01T00:00:00Z"}}


@pytest.fixture(scope="module")
def running(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erasing]:
    folder = tmp_path_factory.mktemp("misbehaving")
    patience = {"DELETE_PATIENCE_SECONDS": "1"}
    with erasing(azurite, folder, *AT_ONCE, seed="none", values=patience) as found:
        yield found


class Account:
    """Two projects of the same things; what is asked for is of the first."""

    def __init__(self, running: Erasing) -> None:
        self.running = running
        running.service.behave = honest
        clear(training_client(running.emulator.endpoint, running.emulator.key))
        self.service = service_of(running.emulator)
        self.mine = wardrobe(self.service, "Mine")
        self.other = wardrobe(self.service, "Other", hats=9)
        running.service.calls.clear()

    def erase(
        self, selectors: Json, behaviour: Behaviour, *, while_planning: bool = False, **fields: Any
    ) -> Json:
        """The document of the erasure when it has ended; `while_planning`: the service is honest after the plan."""
        running = self.running
        running.service.behave = behaviour
        document = running.waiting(running.ask(self.mine.selecting(**selectors), **WAIVED, **fields))
        if while_planning:
            running.service.behave = honest
        if document["state"] == "waiting-for-approval":
            running.approve(document)
        document = running.host.wait(document["id"])
        running.service.behave = honest
        self._prove(document)
        return document

    def _prove(self, document: Json) -> None:
        """Never complete, and no call of ours beside the plan."""
        running = self.running
        assert document["state"] == "incomplete", document
        assert document["certificate"]["verdicts"]["service"] == "incomplete"
        certificate = running.certificate(document)
        assert certificate["state"] == "incomplete"
        assert broken_laws(running.service.changes, running.ledger(document), running.plan(document)) == []

    def erased(self, document: Json, entity: str) -> int:
        """How many of a kind the certificate counts as erased."""
        counts = self.running.certificate(document)["counts"]
        return next(each["erased"] for each in counts if each["entity"] == entity)


@pytest.fixture
def account(running: Erasing) -> Iterator[Account]:
    account = Account(running)
    with account.service.http:
        yield account


NOTHING_DONE = [
    ("DeletePrediction", 204, "stored predictions", "3 of 3 stored predictions planned"),
    ("DeleteImages", 204, "images", "11 of 12 images planned"),
    ("DeleteImages", 202, "images", "11 images of project {project}: NotFinished"),
    ("UnpublishIteration", 204, "published iterations", "1 published iteration"),
    ("DeleteTag", 204, "image tags", "2 of 2 image tags planned"),
    ("DeleteIteration", 204, "iterations", "2 of 2 iterations planned"),
    ("DeleteIteration", 202, "iterations", "2 of 2 iterations planned"),
    ("DeleteProject", 204, "projects", "1 of 1 project planned"),
    ("DeleteProject", 202, "projects", "1 of 1 project planned"),
]


@pytest.mark.parametrize(("operation", "status", "entity", "said"), NOTHING_DONE)
def test_success_that_deletes_nothing(
    account: Account, operation: str, status: int, entity: str, said: str
) -> None:
    document = account.erase(WHOLE, misbehaving.does_nothing(operation, status))
    assert said.format(project=account.mine.id) in document["reason"]
    # An image that only a snapshot has goes with its iteration.
    assert account.erased(document, entity) == (entity == "images")
    assert account.mine.there()


def test_a_404_for_what_is_there(account: Account) -> None:
    document = account.erase(OF_SUBJECT, misbehaving.never_heard_of("DeleteImages", "NotFoundImage"))
    assert "Still there, for no reason that is known: 3 of 3 images planned" in document["reason"]


MORE: dict[str, tuple[Callable[[Wardrobe, Wardrobe], object], str]] = {
    "image": (lambda mine, _: mine.delete("/images", imageIds=mine.hats[-1]), "1 image"),
    "tag": (lambda mine, _: mine.delete(f"/tags/{mine.tags['shoe']}"), "1 image tag"),
    "iteration": (lambda mine, _: mine.delete(f"/iterations/{mine.first}"), "1 iteration"),
    "publication": (lambda mine, _: mine.delete(f"/iterations/{mine.second}/publish"), "1 published iteration"),
    "project": (lambda _, other: _delete_project(other), "1 project of project"),
}  # fmt: skip


def _delete_project(other: Wardrobe) -> None:
    other.delete(f"/iterations/{other.second}/publish")
    other.delete("")


@pytest.mark.parametrize("more", MORE)
@pytest.mark.parametrize(
    ("operation", "selectors"),
    [
        ("DeleteImages", OF_SUBJECT),
        ("DeletePrediction", PREDICTIONS),
        pytest.param("DeleteIteration", FIRST_ITERATION, marks=pytest.mark.prove),
    ],
)
def test_deletes_that_delete_more(account: Account, operation: str, selectors: Json, more: str) -> None:
    if (operation, more) == ("DeleteIteration", "iteration"):
        pytest.skip("that one is asked for")
    delete, said = MORE[more]
    behaviour = misbehaving.deletes_too(operation, lambda: delete(account.mine, account.other))
    document = account.erase(selectors, behaviour)
    assert f"Gone though no plan has them: {said}" in document["reason"]


@pytest.mark.parametrize("selectors", [WHOLE, OF_SUBJECT])
def test_a_list_that_hides_an_image_but_counts_it(account: Account, selectors: Json) -> None:
    hidden = account.mine.subject[0]
    document = account.erase(selectors, misbehaving.hides({hidden}, LISTS))
    assert "proves nothing: " in document["reason"]
    assert "did not hold still" in document["reason"]
    assert hidden in account.mine.images()


def test_an_image_that_is_hidden_while_it_is_planned_is_found_afterwards(account: Account) -> None:
    hidden = account.mine.subject[0]
    document = account.erase(OF_SUBJECT, misbehaving.hides({hidden}, LISTS), while_planning=True)
    assert "Come after the plan though the scope gives them, so they stay: 1 image" in document["reason"]
    assert hidden in account.mine.images()


@pytest.mark.parametrize("selectors", [WHOLE, OF_SUBJECT])
def test_images_that_are_not_given_by_their_ids(account: Account, selectors: Json) -> None:
    hidden = set(account.mine.subject)
    document = account.erase(selectors, misbehaving.hides(hidden, BY_ID))
    assert "Still there, for no reason that is known: 3 of " in document["reason"]
    assert hidden <= account.mine.images()


@pytest.mark.parametrize("while_planning", [True, False])
@pytest.mark.parametrize("operations", [LISTS, (*LISTS, *COUNTS), (*LISTS, *COUNTS, *BY_ID)])
@pytest.mark.parametrize("selectors", [WHOLE, OF_SUBJECT])
def test_the_images_of_another_project(
    account: Account, selectors: Json, operations: tuple[str, ...], while_planning: bool
) -> None:
    """The other project keeps all that it has, and so does this one what no list has shown of it."""
    unseen = account.mine.add(account.mine.tags["hat"])
    mistaken = misbehaving.mistakes(account.service, account.mine.id, account.other.id, operations)
    others = account.other.images()
    document = account.erase(selectors, mistaken, while_planning=while_planning)
    assert document["reason"]
    assert account.other.images() == others
    assert unseen in account.mine.images()
