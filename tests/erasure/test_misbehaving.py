"""A service that lies: the plan or the read back catches it, no erasure is called complete, and we delete nothing beside.

What the misbehaving service itself destroys cannot be helped; that it is seen and named can.
"""

import re
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
MORE_OF_THE_SAME = pytest.mark.prove
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
        self,
        selectors: Json,
        behaviour: Behaviour,
        *,
        while_planning: bool = False,
        state: str = "incomplete",
        **fields: Any,
    ) -> Json:
        """The document of the erasure when it has ended; `while_planning`: the service is honest after the plan."""
        running = self.running
        running.service.calls.clear()
        running.service.behave = behaviour
        document = running.waiting(running.ask(self.mine.selecting(**selectors), **WAIVED, **fields))
        if while_planning:
            running.service.behave = honest
        if document["state"] == "waiting-for-approval":
            running.approve(document)
        document = running.host.wait(document["id"])
        running.service.behave = honest
        assert document["state"] == state, document
        self._prove(document)
        return document

    def _prove(self, document: Json) -> None:
        """The certificate says the same as the request, and no call of ours went beside the plan."""
        running = self.running
        state = document["state"].removesuffix("d")
        assert document["certificate"]["verdicts"]["service"] == state
        assert running.certificate(document)["state"] == state
        assert broken_laws(running.service.changes, running.ledger(document), running.plan(document)) == []

    def figures(self, document: Json, entity: str) -> Json:
        """The certificate's row of a kind."""
        counts = self.running.certificate(document)["counts"]
        return next(each for each in counts if each["entity"] == entity)


@pytest.fixture
def account(running: Erasing) -> Iterator[Account]:
    account = Account(running)
    with account.service.http:
        yield account


@pytest.mark.parametrize(
    ("operation", "status", "entity"),
    [
        ("UnpublishIteration", 204, "published iterations"),
        pytest.param("DeletePrediction", 204, "stored predictions", marks=MORE_OF_THE_SAME),
        pytest.param("DeleteImages", 204, "images", marks=MORE_OF_THE_SAME),
        ("DeleteImages", 202, "images"),
        pytest.param("DeleteTag", 204, "image tags", marks=MORE_OF_THE_SAME),
        pytest.param("DeleteIteration", 204, "iterations", marks=MORE_OF_THE_SAME),
        pytest.param("DeleteIteration", 202, "iterations", marks=MORE_OF_THE_SAME),
        pytest.param("DeleteProject", 204, "projects", marks=MORE_OF_THE_SAME),
        pytest.param("DeleteProject", 202, "projects", marks=MORE_OF_THE_SAME),
    ],
)
def test_success_that_deletes_nothing(account: Account, operation: str, status: int, entity: str) -> None:
    """All of the kind stays; but what only a snapshot has goes with the iteration."""
    mine = account.mine
    stays = {
        "stored predictions": len(mine.predictions),
        "published iterations": 1,
        "images": len(mine.hats) + len(mine.shoes),
        "image tags": 2,
        "iterations": 2,
        "projects": 1,
    }[entity]
    document = account.erase(WHOLE, misbehaving.does_nothing(operation, status))
    figures = account.figures(document, entity)
    assert figures["planned"] - figures["erased"] == stays
    assert re.search(rf"\b{stays} (of \d+ )?{entity.removesuffix('s')}", document["reason"])
    assert mine.there()


@pytest.mark.prove
def test_what_has_left_its_list_alone_is_found_by_its_id(account: Account) -> None:
    document = account.erase(FIRST_ITERATION, misbehaving.denies("DeleteIteration", "GetIterations"))
    assert "Still there, for no reason that is known: 1 of 1 iteration planned" in document["reason"]
    assert account.mine.first in account.mine.iterations()


@pytest.mark.prove
def test_a_deletion_that_never_finishes_is_named_as_that(account: Account) -> None:
    document = account.erase(OF_SUBJECT, misbehaving.does_nothing("DeleteImages", 202))
    assert f"Refused by the service: 3 images of project {account.mine.id}: NotFinished" in document["reason"]


def test_a_404_for_what_is_there(account: Account) -> None:
    document = account.erase(OF_SUBJECT, misbehaving.never_heard_of("DeleteImages", "NotFoundImage"))
    assert "Still there, for no reason that is known: 3 of 3 images planned" in document["reason"]


@pytest.mark.prove
def test_a_project_that_is_said_to_be_gone_and_is_listed(account: Account) -> None:
    document = account.erase(WHOLE, misbehaving.feigns_the_end_of_a_project())
    assert "Still there, for no reason that is known: 1 of 1 project planned" in document["reason"]


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


@pytest.mark.parametrize(
    ("operation", "selectors", "more"),
    [
        ("DeleteImages", OF_SUBJECT, "project"),
        *(
            pytest.param("DeleteImages", OF_SUBJECT, more, marks=MORE_OF_THE_SAME)
            for more in ("tag", "image", "iteration", "publication")
        ),
        # Of these requests no list of images is read.
        ("DeletePrediction", PREDICTIONS, "image"),
        ("DeleteIteration", FIRST_ITERATION, "image"),
        *(
            pytest.param("DeletePrediction", PREDICTIONS, more, marks=MORE_OF_THE_SAME)
            for more in ("tag", "iteration", "publication", "project")
        ),
        *(
            pytest.param("DeleteIteration", FIRST_ITERATION, more, marks=MORE_OF_THE_SAME)
            for more in ("tag", "publication", "project")
        ),
    ],
)
def test_deletes_that_delete_more(account: Account, operation: str, selectors: Json, more: str) -> None:
    delete, said = MORE[more]
    behaviour = misbehaving.deletes_too(operation, lambda: delete(account.mine, account.other))
    document = account.erase(selectors, behaviour)
    assert f"Gone though no plan has them: {said}" in document["reason"]


@pytest.mark.prove
def test_a_list_that_hides_an_image_but_counts_it(account: Account) -> None:
    hidden = account.mine.subject[0]
    document = account.erase(OF_SUBJECT, misbehaving.hides({hidden}, LISTS))
    assert "proves nothing: " in document["reason"]
    assert "did not hold still" in document["reason"]
    assert hidden in account.mine.images()


@pytest.mark.parametrize("selectors", [pytest.param(WHOLE, marks=MORE_OF_THE_SAME), FIRST_ITERATION])
def test_a_snapshot_that_hides_an_image_but_counts_it(account: Account, selectors: Json) -> None:
    """With the iteration it would go unseen; so nothing does."""
    mine, running = account.mine, account.running
    running.service.behave = misbehaving.hides({mine.shoes[0]}, LISTS)
    document = running.waiting(running.ask(mine.selecting(**selectors), **WAIVED))
    assert document["state"] == "refused", document
    assert f"iteration {mine.first} of project {mine.id}" in document["reason"]
    assert running.service.changes == []


def test_an_image_that_is_hidden_while_it_is_planned_is_found_afterwards(account: Account) -> None:
    hidden = account.mine.subject[0]
    document = account.erase(OF_SUBJECT, misbehaving.hides({hidden}, LISTS), while_planning=True)
    assert "Come after the plan though the scope gives them, so they stay: 1 image" in document["reason"]
    assert hidden in account.mine.images()


@pytest.mark.parametrize("selectors", [WHOLE, pytest.param(OF_SUBJECT, marks=MORE_OF_THE_SAME)])
def test_images_that_are_not_given_by_their_ids(account: Account, selectors: Json) -> None:
    hidden = set(account.mine.subject)
    document = account.erase(selectors, misbehaving.hides(hidden, BY_ID))
    assert "Still there, for no reason that is known: 3 of " in document["reason"]
    assert hidden <= account.mine.images()


@pytest.mark.parametrize("while_planning", [True, pytest.param(False, marks=MORE_OF_THE_SAME)])
@pytest.mark.parametrize(
    "operations",
    [
        pytest.param(LISTS, marks=MORE_OF_THE_SAME),
        pytest.param((*LISTS, *COUNTS), marks=MORE_OF_THE_SAME),
        (*LISTS, *COUNTS, *BY_ID),
    ],
)
@pytest.mark.parametrize("selectors", [pytest.param(WHOLE, marks=MORE_OF_THE_SAME), OF_SUBJECT])
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


@pytest.mark.prove
@pytest.mark.parametrize("status", [pytest.param(202, marks=MORE_OF_THE_SAME), 204])
def test_snapshots_that_a_deletion_of_images_does_not_change(account: Account, status: int) -> None:
    """Of a person they are residue, with a hand that removes it; of a whole project they go with their iterations."""
    stays = misbehaving.keeps_snapshots(account.service, status)
    document = account.erase(OF_SUBJECT, stays)
    assert "Residue: 3 images of project" in document["reason"]
    assert account.mine.images().isdisjoint(account.mine.subject)
    account.erase(WHOLE, stays, state="completed")
    assert not account.mine.there()
