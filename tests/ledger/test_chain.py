"""The chain: whatever is changed in a ledger is found, and the line is named."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.chain import ChainBroken, head_of, next_event, split_lines, verify_chain

START = datetime(2026, 11, 24, tzinfo=UTC)


def written(events: int) -> bytes:
    content = b""
    for number in range(events):
        event = next_event(
            content,
            event_id=f"event-{number}",
            at=START + timedelta(seconds=number),
            event_type="phase",
            data={"phase": "über\n", "done": number},
        )
        content += event.to_line() + b"\n"
    return content


LEDGER = written(6)
LINES = split_lines(LEDGER)
HEAD = head_of(LINES)


def joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def test_a_chain_reads_back_as_it_was_written() -> None:
    events = verify_chain(LEDGER, HEAD)
    assert [event.to_line() for event in events] == LINES
    assert [event.data["done"] for event in events] == list(range(6))
    assert verify_chain(b"") == []


def test_a_head_still_holds_when_the_ledger_has_grown() -> None:
    assert len(verify_chain(written(9), HEAD)) == 9


@given(st.integers(0, len(LEDGER) - 1), st.integers(1, 255))
def test_a_changed_byte_is_found_at_its_line(place: int, change: int) -> None:
    altered = bytearray(LEDGER)
    altered[place] ^= change
    with pytest.raises(ChainBroken) as broken:
        verify_chain(bytes(altered), HEAD)
    assert broken.value.line == LEDGER[:place].count(b"\n") + 1


@given(st.integers(0, 5))
def test_a_missing_line_is_found(gone: int) -> None:
    with pytest.raises(ChainBroken) as broken:
        verify_chain(joined(LINES[:gone] + LINES[gone + 1 :]), HEAD)
    assert broken.value.line in {max(gone, 1), gone + 1}


@given(st.integers(0, 5), st.integers(0, 6))
def test_a_repeated_line_is_found(source: int, place: int) -> None:
    with pytest.raises(ChainBroken):
        verify_chain(joined([*LINES[:place], LINES[source], *LINES[place:]]), None)


@given(st.permutations(range(6)).filter(lambda order: order != list(range(6))))
def test_another_order_is_found(order: list[int]) -> None:
    with pytest.raises(ChainBroken):
        verify_chain(joined([LINES[number] for number in order]))


@given(st.integers(0, 5))
def test_only_a_head_shows_an_end_that_was_cut_off(kept: int) -> None:
    shorter = joined(LINES[:kept])
    assert len(verify_chain(shorter)) == kept
    with pytest.raises(ChainBroken, match=f"line {kept + 1}: is missing; the given head counts 6"):
        verify_chain(shorter, HEAD)


def test_only_a_head_shows_an_end_that_was_written_anew() -> None:
    rewritten = joined(LINES[:4])
    for number in (4, 5):
        event = next_event(
            rewritten, event_id=f"event-{number}", at=START, event_type="ended", data={"state": "completed"}
        )
        rewritten += event.to_line() + b"\n"
    assert len(verify_chain(rewritten)) == 6
    with pytest.raises(ChainBroken, match="line 6: is not the line that the given head"):
        verify_chain(rewritten, HEAD)


def test_an_id_that_comes_again_is_found() -> None:
    again = next_event(LEDGER, event_id="event-2", at=START, event_type="phase", data={})
    with pytest.raises(ChainBroken, match="line 7: repeats the id"):
        verify_chain(LEDGER + again.to_line() + b"\n")


def test_a_line_that_is_cut_short_is_found() -> None:
    with pytest.raises(ChainBroken, match="line 6: is cut short"):
        verify_chain(LEDGER[:-1])
