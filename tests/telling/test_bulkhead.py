"""How much of a process may wait for those who are told: nobody waits for room, and who is away is left alone for a while."""

from contextlib import ExitStack

import pytest

from steward.tickets.bulkhead import AT_ONCE, AT_ONCE_IN_ALL, REST, Bulkhead, Busy
from steward.tickets.exchange import Away, Unanswered


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def fails(bulkhead: Bulkhead, line: str, error: Exception) -> None:
    with pytest.raises(type(error)), bulkhead.room(line):
        raise error


def test_few_wait_on_a_line_and_not_many_on_all_of_them() -> None:
    bulkhead = Bulkhead()
    with ExitStack() as waiting:
        for line in range(AT_ONCE_IN_ALL // AT_ONCE):
            for _ in range(AT_ONCE):
                waiting.enter_context(bulkhead.room(f"host-{line}"))
            with pytest.raises(Busy), bulkhead.room(f"host-{line}"):
                pass
        with pytest.raises(Busy), bulkhead.room("another host"):
            pass
    with bulkhead.room("host-0"), bulkhead.room("another host"):
        pass


def test_who_is_away_is_left_alone_for_a_while_and_nobody_else_is() -> None:
    clock = Clock()
    bulkhead = Bulkhead(clock)
    fails(bulkhead, "jira", Away("no-connection"))
    clock.now += 5
    with pytest.raises(Away, match="no-connection") as away, bulkhead.room("jira"):
        raise AssertionError("it is not tried")
    assert away.value.retry_after == REST - 5
    with bulkhead.room("servicenow"):
        pass
    clock.now += REST - 5
    with bulkhead.room("jira"):
        pass


@pytest.mark.parametrize("error", [Unanswered("http-401"), Unanswered("http-503", 3600), KeyError("ticket")])
def test_who_answers_is_not_away_whatever_is_answered(error: Exception) -> None:
    bulkhead = Bulkhead()
    for _ in range(AT_ONCE_IN_ALL + 1):
        fails(bulkhead, "jira", error)
    with bulkhead.room("jira"):
        pass
