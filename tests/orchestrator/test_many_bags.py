"""An account with years of nightly bags: no history grows with their number, and each bag is worked on once, in order."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator import names
from tests.orchestrator.engine import Activity, engine

REF = {"request": "r", "account": "a"}
BAGS = 250


@pytest.mark.prove
def test_histories_stay_short_however_many_bags_there_are() -> None:
    done: list[tuple[str, int, str]] = []

    def of_bag(name: str) -> Activity:
        def work(part: dict[str, Any]) -> dict[str, Any]:
            done.append((name, part["number"], part["run"]))
            return {}

        return work

    issued: list[dict[str, Any]] = []

    def issue(payload: dict[str, Any]) -> dict[str, str]:
        issued.append(payload)
        return {"state": "completed", "reason": ""}

    of_bags = (names.SEARCH_BAG, names.REDACT_BAG, names.READ_BACK_BAG)
    scripts: dict[str, Activity] = {
        names.GUARD_ERASURE: lambda _: {"refusal": ""},
        names.READ_PLAN: lambda _: {"projects": []},
        names.FIND_BAGS: lambda _: {"count": BAGS, "leaving": True},
        names.ISSUE_CERTIFICATE: issue,
        **{name: of_bag(name) for name in of_bags},
    }
    began = datetime.now(UTC)
    with engine(scripts) as running:
        state = running.run(names.ERASE_ACCOUNT, {**REF, "fresh": True}, "r", 60)
        assert state.serialized_output, state
        instances = [each.instance_id for each in running.client.get_all_orchestration_states()]
        longest = max(len(running.client.get_orchestration_history(each)) for each in instances)
    assert longest < 1000, longest
    assert Counter(name for name, _, _ in done) == dict.fromkeys(of_bags, BAGS)
    assert len({run for *_, run in done}) == 1
    # What bags share goes once all are redacted, and all is looked at after that.
    phases = [name for name in running.calls if name in {*of_bags, names.DECIDE_LEAVING, names.DELETE_COPIES}]
    assert list(dict.fromkeys(phases)) == [
        *(names.SEARCH_BAG, names.DECIDE_LEAVING, names.REDACT_BAG),
        *(names.DELETE_COPIES, names.READ_BACK_BAG),
    ]
    assert [number for name, number, _ in done if name == names.REDACT_BAG] == list(range(BAGS))
    # The certificate is of this run, whatever ones before a restart have put on record.
    (payload,) = issued
    ended, read = (datetime.fromisoformat(payload[each]) for each in ("ended", "read_back"))
    assert began < ended < read < datetime.now(UTC)
