"""Which bags go: each rule, both together, what is never named by one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.state import EndedState
from steward.retention.rules import EndedBag, Rules, due
from steward.schedules import checked_schedule, last_due

NOW = datetime(2026, 11, 24, 4, tzinfo=UTC)
OFF = Rules(days=0, runs=0, data_subject_days=30)


def bag(
    days_ago: int,
    *,
    purpose: str = "backup",
    state: EndedState = "completed",
    sealed: bool = True,
    begun: str = "",
) -> EndedBag:
    """Named for its age."""
    ended = NOW - timedelta(days=days_ago)
    return EndedBag(
        request=str(days_ago), purpose=purpose, ended=ended, sealed=sealed, state=state, begun=begun
    )


def failed(days_ago: int, *, sealed: bool) -> EndedBag:
    """With `sealed` its verification found problems; without, it never came so far."""
    return bag(days_ago, state="failed", sealed=sealed)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (OFF, {}),
        (Rules(days=7, runs=0, data_subject_days=30), {"9": "days", "8": "days"}),
        (Rules(days=0, runs=2, data_subject_days=30), {"9": "runs", "8": "runs"}),
        # Each rule says it by itself: what is young enough may be one too many, and what is among the newest too old.
        (Rules(days=9, runs=3, data_subject_days=30), {"9": "days"}),
        (Rules(days=8, runs=1, data_subject_days=30), {"9": "days", "8": "days", "2": "runs"}),
        (Rules(days=1, runs=9, data_subject_days=30), {"9": "days", "8": "days", "2": "days", "1": "days"}),
    ],
)
def test_a_bag_goes_where_a_rule_that_is_on_says_so(rules: Rules, expected: dict[str, str]) -> None:
    found = due([bag(1), bag(8), bag(2), bag(9)], rules, NOW)
    assert found == expected
    assert list(found) == list(expected), "the oldest first"


def test_the_bag_of_a_data_subject_has_a_rule_of_its_own() -> None:
    bags = [bag(31, purpose="data-subject"), bag(29, purpose="data-subject"), bag(40)]
    assert due(bags, OFF, NOW) == {"31": "data-subject"}
    assert due(bags, Rules(days=1, runs=1, data_subject_days=30), NOW) == {"40": "days", "31": "data-subject"}


def test_what_a_failed_export_left_pushes_no_export_out() -> None:
    one, two = (Rules(days=0, runs=runs, data_subject_days=30) for runs in (1, 2))
    assert due([failed(0, sealed=True), bag(1)], one, NOW) == {}
    gaps = bag(4, state="completed-with-gaps")
    bags = [failed(1, sealed=False), bag(2), failed(3, sealed=True), gaps, failed(5, sealed=False), bag(6)]
    assert due(bags, two, NOW) == {"6": "runs", "5": "runs"}


def test_what_has_begun_to_go_goes_and_is_no_bag_any_more() -> None:
    rules = Rules(days=0, runs=2, data_subject_days=30)
    assert due([bag(1, begun="days"), bag(2), bag(3)], rules, NOW) == {"1": "days"}


bags = st.lists(
    st.builds(
        bag,
        st.integers(0, 60),
        purpose=st.sampled_from(["backup", "migration", "data-subject"]),
        state=st.sampled_from(["completed", "completed-with-gaps", "failed"]),
        sealed=st.booleans(),
    ),
    max_size=12,
    unique_by=lambda each: each.request,
)
rules = st.builds(
    Rules, days=st.integers(0, 60), runs=st.integers(0, 6), data_subject_days=st.integers(1, 60)
)


@given(bags, rules)
def test_what_stays_is_young_enough_and_no_more_than_allowed(bags: list[EndedBag], rules: Rules) -> None:
    gone = due(bags, rules, NOW)
    stays = [each for each in bags if each.request not in gone and each.purpose != "data-subject"]
    if rules.days:
        assert all(NOW - each.ended < timedelta(days=rules.days) for each in stays)
    if rules.runs:
        assert sum(each.is_backup for each in stays) <= rules.runs
    if not (rules.days or rules.runs):
        assert set(gone.values()) <= {"data-subject"}
    # What goes is never newer than an export of its kind that stays, by this rule.
    newest = max((each.ended for each in bags if gone.get(each.request) == "runs"), default=None)
    assert newest is None or all(each.ended >= newest for each in stays)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("02:00:00.000", "24 02:00:00"),
        ("01:59:59.990", "24 02:00:00"),
        ("01:59:00.000", "23 02:00:00"),
        ("23:59:59.000", "24 02:00:00"),
    ],
)
@pytest.mark.parametrize("schedule", ["0 0 2 * * *", "0 2 * * *"])
def test_a_timer_that_fires_late_or_a_moment_early_is_the_run_that_was_due(
    schedule: str, now: str, due: str
) -> None:
    moment = datetime.fromisoformat(f"2026-11-24T{now}+00:00")
    assert last_due(schedule, moment).isoformat(sep=" ").startswith(f"2026-11-{due}")


WRONG = ["", "nightly", "@daily", "01:00:00", "0 0 25 * * *", "0 0 2 * * * *", "0 0 2 31 2 *"]
# croniter takes all of these, and the Functions host none of them, or as something else.
NOT_NCRONTAB = [
    "0 0 2 L * *",
    "0 0 2 * * 1#1",
    "0 0 2 ? * *",
    "0 0 2 * * 7",
    "R 0 2 * * *",
    "0 0 22-2 * * *",
    "0 0 2 * * fri-mon",
]


@pytest.mark.parametrize("text", [*WRONG, *NOT_NCRONTAB])
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected NCRONTAB"):
        checked_schedule(text)


@pytest.mark.parametrize(
    "text", ["0 0 2 * * *", "*/5 * * * *", "0 0,30 8-17/2 1-15 jan,Jul mon-FRI", "0 5/10 2 29 2 0"]
)
def test_what_the_functions_host_takes_is_taken(text: str) -> None:
    assert checked_schedule(f" {text} ") == text
