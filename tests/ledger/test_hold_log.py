"""Legal holds in a real store: what stands, what it covers, and a log that was tampered with."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from azure.storage.blob import ContainerClient
from hypothesis import given
from hypothesis import strategies as st

from steward.ledger.chain import ChainBroken
from steward.ledger.holds import Covers, Hold, HoldMissing, Holds, Taken, covering

ANN = {"name": "Ann", "verified": True}
LOG = "default/holds/ledger.jsonl"


def test_a_hold_stands_until_it_is_lifted_and_is_lifted_once(container: ContainerClient) -> None:
    holds = Holds(container, "default")
    assert holds.list() == []
    kept = holds.set({"project": "p"}, reason="case 7", by=ANN)
    gone = holds.set("account", reason="audit", by=ANN)
    holds.lift(gone.id, reason="audit is over", by=ANN)
    again = holds.lift(gone.id, reason="another reason", by={"name": None, "verified": False})
    assert again.lifted is not None
    assert (again.lifted["reason"], again.lifted["by"]) == ("audit is over", ANN)
    assert [hold.id for hold in Holds(container, "default").standing()] == [kept.id]
    assert [hold.id for hold in holds.list()] == [kept.id, gone.id]
    with pytest.raises(HoldMissing):
        holds.lift("hold-unknown", reason="x", by=ANN)
    assert Holds(container, "other").standing() == []


def test_holds_that_are_set_at_once_all_stand(container: ContainerClient) -> None:
    def set_hold(number: int) -> str:
        return Holds(container, "default").set({"project": f"p{number}"}, reason="case", by=ANN).id

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(set_hold, range(6)))
    assert {hold.id for hold in Holds(container, "default").standing()} == set(told)


def lose_the_lifting(lines: list[bytes]) -> list[bytes]:
    """A hold that was lifted and set anew: without the line between, its place is seen to be empty."""
    return [lines[0], lines[2]]


def forge_a_reason(lines: list[bytes]) -> list[bytes]:
    return [lines[0].replace(b"case 7", b"case 8"), *lines[1:]]


def lose_the_first(lines: list[bytes]) -> list[bytes]:
    return lines[1:]


@pytest.mark.parametrize("deed", [lose_the_lifting, forge_a_reason, lose_the_first])
def test_a_log_that_was_tampered_with_gives_no_hold_and_takes_none(
    container: ContainerClient, deed: Callable[[list[bytes]], list[bytes]]
) -> None:
    holds = Holds(container, "default")
    first = holds.set({"project": "p"}, reason="case 7", by=ANN)
    holds.lift(first.id, reason="closed", by=ANN)
    holds.set({"project": "p"}, reason="appeal", by=ANN)
    blob = container.get_blob_client(LOG)
    left = b"".join(line + b"\n" for line in deed(blob.download_blob().readall().splitlines()))
    blob.delete_blob()
    blob.create_append_blob()
    blob.append_block(left)
    for ask in (
        holds.standing,
        lambda: holds.set("account", reason="x", by=ANN),
        lambda: holds.lift(first.id, reason="x", by=ANN),
    ):
        with pytest.raises(ChainBroken):
            ask()
    assert blob.download_blob().readall() == left


WORDS = st.frozensets(st.sampled_from("abc"))
COVERS: st.SearchStrategy[Covers] = st.one_of(
    st.just("account"),
    st.fixed_dictionaries({"project": st.sampled_from("pq")}),
    st.fixed_dictionaries({"project": st.sampled_from("pq"), "tag": st.sampled_from("abc")}),
    st.fixed_dictionaries({"project": st.sampled_from("pq"), "image": st.sampled_from("abc")}),
)  # pyright: ignore[reportAssignmentType] - hypothesis has no strategy for literals and typed dictionaries


@given(st.lists(COVERS, max_size=4), st.sampled_from("pq"), WORDS, WORDS)
def test_an_erasure_is_free_of_holds_only_where_each_names_something_else(
    covers: Iterable[Covers], project: str, images: frozenset[str], tags: frozenset[str]
) -> None:
    holds = [Hold(str(number), each, {}) for number, each in enumerate(covers)]
    found = {hold.id for hold in covering(holds, Taken(project, images, tags))}
    for hold in holds:
        words = set[str]() if hold.covers == "account" else set(hold.covers.values())
        parts = words - {"p", "q"}
        meant = project in words or not words
        part = not parts or bool(parts & (tags if "tag" in hold.covers else images))
        assert (hold.id in found) == (meant and part)
