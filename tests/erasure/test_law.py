"""The law of the erase: what the scope names goes, everything else stays as it was, in the order that the service needs."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from emulator.options import Options
from tests.conftest import Azurite
from tests.erasure.drafts import (
    DRAFTS,
    Add,
    Draft,
    DraftErasure,
    DraftProject,
    DropTag,
    Entry,
    Images,
    Predict,
    Relabel,
    Train,
    Withdraw,
)
from tests.erasure.erasing import WAIVED, Erasing, erasing
from tests.erasure.oracle import expect
from tests.erasure.order import broken_laws
from tests.erasure.planting import clear, plant
from tests.erasure.scopes import scope_of
from tests.export.record import Json, Record
from tests.export.service_side import training_client

NAMES = ("Hats", "Coats / <b>Mäntel</b>")
# Trainings, exports and deletes that take no time; the deletes are asynchronous all the same.
AT_ONCE = ("--train-seconds", "0", "--delete-seconds", "0.1", "--option", "export_seconds=0")


# The emulator's defaults of what a reading changes.
USUAL: dict[str, Any] = {
    name: Options.model_fields[name].default
    for name in (
        *("asynchronous_delete", "repeated_delete", "missing_images", "images_of_a_deleted_tag"),
        *("delete_images_reaches_iterations", "delete_tag_reaches_iterations", "equal_times", "private"),
    )
}


@pytest.fixture(scope="module")
def running(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erasing]:
    with erasing(azurite, tmp_path_factory.mktemp("law"), *AT_ONCE, seed="none") as found:
        yield found


def records(running: Erasing) -> list[Record]:
    return list(running.emulator.service().records())


def assert_law(running: Erasing, draft: Draft, reading: Mapping[str, Any] | None = None) -> None:
    """Plant the account, have the erasure done, and hold every record of before against those of afterwards.

    `reading`: options of the emulator, while the erasure runs.
    """
    client = training_client(running.emulator.endpoint, running.emulator.key)
    running.emulator.options(**USUAL)
    clear(client)
    for name, project in zip(NAMES, draft.projects, strict=True):
        plant(running.emulator, client, name, project)
    before = records(running)
    scope = scope_of(draft.erasure, NAMES, before)
    running.service.calls.clear()
    running.emulator.forget_calls()
    running.emulator.options(**(reading or {}))
    document = erase(running, draft.erasure, scope)
    changes, logged = running.service.changes, running.emulator.calls()
    running.emulator.options(**USUAL)
    assert document["state"] == "completed", document
    expected = expect(before, scope, draft.erasure.derived)
    assert expected.differences(before, records(running)) == []
    assert broken_laws(changes, running.ledger(document), running.plan(document)) == []
    # Nothing went past the proxy that recorded this.
    ours = [(each["operation"], each["status"]) for each in logged if each["method"] == "DELETE"]
    assert sorted(ours) == sorted((each.call.operation, each.status) for each in changes)


def erase(running: Erasing, draft: DraftErasure, scope: Any) -> Json:
    fields: Json = {"derivedIterations": draft.derived}
    if draft.rehearsed:
        rehearsal = running.planned(scope, **fields)
        assert rehearsal["state"] == "planned", rehearsal
        fields |= running.plan_to_take_up(rehearsal)
    if draft.guard == "export":
        assert running.host.export()["state"] == "completed"
    else:
        fields |= WAIVED
    return running.erase(scope, **fields)


WITHDRAWN = DraftProject(
    "multilabel",
    (
        Add((0,), "42"), Add((0, 1), "42"), Add((2,), "43"), Add((), "42"), Train(published=True, exported=True),
        Withdraw(0), Withdraw(1), Relabel(0, 1, "43"), DropTag(), Predict(), Add((1,), "43"), Train(published=True),
        Predict(), Predict(), Add((), None),
    ),
)  # fmt: skip
BOXES = DraftProject("detection", (Add((0,), "42"), Train(published=True), Add((1,), "43"), Predict()))


def draft(*entries: Entry, **erasure: Any) -> Draft:
    return Draft((WITHDRAWN, BOXES), DraftErasure(entries, **erasure))


def law(examples: int, *, derandomize: bool) -> Any:
    # Starting an account anew is what takes the time, so examples are not made smaller.
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=derandomize,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )


@pytest.mark.timeout(300)
@example(draft())
@example(draft(Entry(0, images=Images(subject="42")), Entry(1, images=Images(subject="42")), guard="export"))
@example(
    draft(Entry(0, images=Images(tags=((0, False), (1, True)))), Entry(1), derived="erase", rehearsed=True)
)
@example(draft(Entry(0, iterations=((0, False),), predictions=(0, 1)), Entry(1, predictions=(None, 0))))
@given(drawn=DRAFTS)
@law(1, derandomize=True)
def test_what_is_in_scope_goes_and_all_else_stays(running: Erasing, drawn: Draft) -> None:
    assert_law(running, drawn)


# What no source settles about deletions: docs/emulator-coverage.md.
READINGS = st.fixed_dictionaries(
    {
        "asynchronous_delete": st.sampled_from(["all", "never"]),
        "repeated_delete": st.sampled_from(["refuse", "accept"]),
        "missing_images": st.sampled_from(["omit", "refuse"]),
        "images_of_a_deleted_tag": st.sampled_from(["stay", "go"]),
        "delete_images_reaches_iterations": st.booleans(),
        "delete_tag_reaches_iterations": st.booleans(),
        "equal_times": st.sampled_from(["by-id", "at-random"]),
        "private": st.booleans(),
    }
)


@pytest.mark.prove
@pytest.mark.timeout(3600)
@given(drawn=DRAFTS, reading=READINGS)
@law(120, derandomize=False)
def test_it_holds_for_many_more_and_however_the_service_is_read(
    running: Erasing, drawn: Draft, reading: dict[str, Any]
) -> None:
    assert_law(running, drawn, reading)
