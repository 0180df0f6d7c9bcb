"""A queue full of tickets and a host that dies: each that can be taken ends once, each that cannot is refused, none is lost."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.conftest import running_azurite
from tests.emulator.service import pictures
from tests.events.conftest import running_desk
from tests.events.ticketing import Desk
from tests.export.exporting import ENDED, new_emulator, wait
from tests.export.record import Json
from tests.export.service_side import training_client

# Each with a turn of its own.
ACCOUNTS = [f"account-{letter}" for letter in "abcdefgh"]
NO_OPTIONS = dict.fromkeys(("iterations", "predictions", "models", "imagePerformance"), False)


def one_image(client: Any) -> Json:
    """The scope of a new project's only image."""
    project = client.create_project("Hats")
    created = client.create_images_from_data(project.id, *pictures(1))
    return {"projects": [{"id": project.id, "images": {"ids": [created.images[0].image.id]}}]}


def distinct(count: int, scope: Json) -> list[Json]:
    """Exports and dry runs in turn, for all accounts."""
    return [
        {
            **({"kind": "export", "options": NO_OPTIONS} if number % 2 else {"kind": "erasure"}),
            "purpose": "data-subject",
            "account": ACCOUNTS[number // 2 % len(ACCOUNTS)],
            "scope": scope,
            "ticket": {"system": "jira", "key": f"PRIV-{number}"},
        }
        for number in range(count)
    ]


def malformed(number: int) -> str:
    """Never twice the same."""
    key: Json = {"ticket": {"system": "jira", "key": f"BAD-{number}"}}
    wrong: list[object] = [
        f"no JSON {number}",
        {"kind": "export", "scope": "account", "number": number},
        {"kind": "import", "scope": "account", **key},
        {"kind": "export", **key},
        {"kind": "erasure", "scope": "account", **key},
        {"kind": "export", "scope": "account", "account": "of nobody", **key},
    ]
    chosen = wrong[number % len(wrong)]
    return chosen if isinstance(chosen, str) else json.dumps(chosen)


def messages(count: int, scope: Json) -> list[str]:
    """Of `count`, a tenth malformed and a tenth sent twice, in no order."""
    wanted = [json.dumps(each) for each in distinct(count * 8 // 10, scope)]
    source = random.Random(9)
    found = [*wanted, *source.sample(wanted, count // 10), *(malformed(n) for n in range(count // 10))]
    source.shuffle(found)
    return found


def listed(running: Desk) -> list[Json]:
    """What is on record; nothing while Azurite collects its garbage, every ten minutes, and the app waits for it too."""
    try:
        return running.requests()
    except (requests.Timeout, AssertionError):
        return []


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[tuple[Desk, Json]]:
    """One that nobody else sends to, and a scope."""
    with (
        running_azurite(tmp_path / "azurite") as azurite,
        new_emulator(tmp_path, seed="none") as emulator,
        running_desk(azurite, emulator, tmp_path, accounts=ACCOUNTS) as found,
    ):
        yield found, one_image(training_client(emulator.endpoint, emulator.key))


@pytest.mark.parametrize(
    "count", [20, pytest.param(100, marks=pytest.mark.prove), pytest.param(1000, marks=pytest.mark.prove)]
)
def test_of_a_queue_of_tickets_none_is_lost_though_the_host_is_killed_twice(
    desk: tuple[Desk, Json], count: int
) -> None:
    running, scope = desk
    sent = messages(count, scope)
    for message in sent:
        running.enqueue(message)
    expected = count * 9 // 10
    # A list of them all is work for the host, too.
    seldom = count / 50

    def on_record() -> int:
        return len(listed(running))

    def ended() -> int:
        return sum(each["state"] in ENDED for each in listed(running))

    # Once while it takes messages, once while it works on what it has taken.
    for progress in (on_record, ended):
        wait(progress, lambda found: found >= expected / 3, 10 * count + 60, seldom)
        running.host.program.kill()
        running.host.start()
    wait(ended, lambda found: found == expected, 10 * count + 120, seldom)
    wait(lambda: running.queue.get_queue_properties().approximate_message_count, lambda found: found == 0, 90)

    found = wait(lambda: listed(running), lambda found: len(found) == expected, 180, seldom)
    states: Counter[str] = Counter()
    for each in found:
        ends = [event for event in running.ledger(each["id"], each["account"]) if event["type"] == "ended"]
        assert len(ends) == 1, each
        states[ends[0]["data"]["state"]] += 1
        assert ends[0]["data"]["reason"] or each["kind"] != "ticket"
    assert states == {"completed": count * 4 // 10, "planned": count * 4 // 10, "refused": count // 10}
    assert all(each["state"] != "refused" or each["kind"] == "ticket" for each in found)
    # One may be there twice: the host may die between moving a message and taking it out of its queue.
    assert set(running.take_poison()) == {malformed(number) for number in range(count // 10)}
