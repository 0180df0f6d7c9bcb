"""Laws of the small parts: numbers, times, orders, filters, figures."""

import json
import re
import struct
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import times
from emulator.account import Account
from emulator.coverage import PAGE, page
from emulator.drawing import Drawing, draw
from emulator.errors import MESSAGES, ServiceError
from emulator.figures import recall
from emulator.metadata_filter import metadata_filter
from emulator.operations import OPERATIONS
from emulator.pictures import NotAPictureError, Picture
from emulator.wire import encode_figures
from emulator.workspace import id_order, single

MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_single_float_keeps_its_value_in_nine_digits_at_most(value: float) -> None:
    short = single(value)
    assert struct.pack("f", short) == struct.pack("f", value)
    assert single(short) == short
    assert len(re.sub(r"[-.]|e.*", "", repr(short)).strip("0")) <= 9


def test_single_floats_are_those_that_were_recorded() -> None:
    recorded = "0.4007353 0.184264734 0.2720588 0.625817 8.79471951E-13 1.1920929E-07 1.0 0.0 0.9999961"
    numbers = [float(number) for number in recorded.split()]
    assert (
        encode_figures([single(number) for number in numbers]).decode() == f"[{recorded.replace(' ', ',')}]"
    )


@given(st.text(), st.floats(1e-30, 1e-5))
def test_exponents_are_rewritten_in_numbers_and_not_in_names(name: str, figure: float) -> None:
    written = encode_figures({name: name, "figure": figure}).decode()
    assert json.loads(written) == {name: name, "figure": figure}
    assert written.endswith(f'"figure":{figure!r}}}'.replace("e-", "E-"))


@given(MOMENTS)
def test_times_are_written_and_read(moment: datetime) -> None:
    ticks = times.ticks(moment)
    assert times.parse(times.with_ticks(ticks)) == ticks
    assert times.with_ticks(ticks)[-1] != "."
    written = times.with_milliseconds(ticks)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", written)
    assert timedelta(0) <= moment - datetime.fromisoformat(written) < timedelta(milliseconds=1)


def test_times_are_those_that_were_recorded() -> None:
    assert times.with_ticks(times.parse("2020-06-06T16:47:19.093947")) == "2020-06-06T16:47:19.093947"
    assert times.with_milliseconds(times.parse("2019-09-16T15:03:38.84Z")) == "2019-09-16T15:03:38.840Z"
    assert times.whole_seconds(times.parse("2020-06-07T17:53:44Z")) == "2020-06-07T17:53:44Z"


@given(st.lists(st.uuids(), max_size=20))
def test_ids_are_in_the_order_of_sql_server(ids: list[uuid.UUID]) -> None:
    """Byte order of System.Data.SqlTypes.SqlGuid: 10-15, 8-9, 6-7, 4-5, 0-3 of the GUID as .NET lays it out."""

    def bytes_in_order(one: uuid.UUID) -> list[int]:
        layout = one.bytes_le
        return [layout[n] for n in (10, 11, 12, 13, 14, 15, 8, 9, 6, 7, 4, 5, 0, 1, 2, 3)]

    assert sorted(map(str, ids), key=id_order) == [str(one) for one in sorted(ids, key=bytes_in_order)]


WORDS = st.text("ab'", max_size=3)
TERMS = st.tuples(st.sampled_from(["k", "l"]), st.sampled_from(["eq", "ne"]), WORDS)


@given(
    st.dictionaries(st.sampled_from(["k", "l"]), WORDS),
    st.lists(st.tuples(TERMS, st.sampled_from(["and", "or"])), min_size=1, max_size=5),
)
def test_a_filter_means_what_it_says(
    metadata: dict[str, str], parts: list[tuple[tuple[str, str, str], str]]
) -> None:
    """Against Python's own `and` and `or`, which bind as the filter's do."""

    def holds(key: str, operator: str, value: str) -> bool:
        return (metadata.get(key) == value) == (operator == "eq")

    written, meant = "", ""
    for index, ((key, operator, value), joint) in enumerate(parts):
        if index:
            written, meant = f"{written} {joint} ", f"{meant} {joint} "
        written += f"{key} {operator} '{value.replace(chr(39), chr(39) * 2)}'"
        meant += str(holds(key, operator, value))
    assert metadata_filter(written)(metadata) is eval(meant)  # noqa: S307 - True, False, and, or


@pytest.mark.parametrize(
    "expression", ["", "k", "k eq v", "k eq 'v' and", "k eq 'v' k eq 'v'", "k gt 'v'", "(k eq 'v')"]
)
def test_a_filter_that_does_not_read_is_refused(expression: str) -> None:
    with pytest.raises(ServiceError, match=r"\$filter"):
        metadata_filter(expression)


def test_every_error_has_a_status_and_a_message() -> None:
    for code, message in MESSAGES.items():
        error = ServiceError(code)
        assert (error.code, error.message) == (code, message)
        assert 400 <= error.status < 600


def test_the_table_has_one_operation_for_a_call() -> None:
    calls = [(operation.api, operation.method, operation.path) for operation in OPERATIONS]
    assert len(set(calls)) == len(calls)
    assert len({operation.id for operation in OPERATIONS}) == len(OPERATIONS)
    assert len([one for one in OPERATIONS if one.api == "training" and "3.4-preview" in one.versions]) == 52


def test_the_coverage_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m emulator.coverage"


def test_figures_are_the_same_for_the_same_picture_and_mostly_right() -> None:
    account = Account()
    project = account.add_project("figures", created=0, classification_type="Multiclass")
    tags = [project.add_tag(name) for name in ("one", "two")]
    for number in range(40):
        picture = Picture.read(draw(Drawing(number, 64, 64)))
        project.add_image(picture, created=number, tag_ids=[tags[number % 2].id])
    iteration = project.add_iteration(created=100, trained_at=200)
    answers = [(image, recall(iteration, image)) for image in iteration.snapshot.newest_first()]
    assert all(recall(iteration, image) == answer for image, answer in answers)
    assert all(abs(sum(one.probability for one in answer) - 1) < 1e-6 for _, answer in answers)
    right = sum(image.has_tag(answer[0].tag_id) for image, answer in answers)
    assert 30 <= right <= 40


@given(st.binary(max_size=200))
def test_what_is_no_picture_is_never_read_as_one(content: bytes) -> None:
    with pytest.raises(NotAPictureError):
        Picture.read(content)
