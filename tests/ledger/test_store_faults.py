"""A store that fails under the ledger: what is raised is ours, says what to look at, and repeats nothing of the library's."""

import traceback
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from azure.storage.blob import ContainerClient

from steward.archive.errors import ArchiveUnavailable, ContainerMissing
from steward.ledger.ledger import Ledger, find, list_requests
from steward.ledger.turn import Turn
from tests.conftest import Azurite
from tests.ledger.conftest import new_account
from tests.ledger.subject import DOCUMENT, ID
from tests.proxy import Seen
from tests.store_proxy import (
    IMMUTABLE,
    INTERNAL_ERROR,
    LEASED,
    NO_ACCOUNT,
    NO_CONTAINER,
    REFUSED_SIGNATURE,
    TOLD_BY_THE_LIBRARY,
    Refusal,
    StoreProxy,
    store_proxy,
)


@pytest.fixture(scope="module")
def proxy(azurite: Azurite) -> Iterator[StoreProxy]:
    with store_proxy(azurite) as running:
        yield running


def let_the_index_fall_behind(container: ContainerClient, account: str) -> None:
    blob = container.get_blob_client(f"{account}/requests/{ID}/ledger.jsonl")
    blob.set_blob_metadata({**blob.get_blob_properties().metadata, "length": "1"})


REFUSALS = [REFUSED_SIGNATURE, INTERNAL_ERROR, NO_CONTAINER, NO_ACCOUNT, LEASED, IMMUTABLE]

# What is done, and whether the request was accepted before.
DEEDS: dict[str, Callable[[ContainerClient, str], object]] = {
    "create": lambda container, account: Ledger(container, account, "export-2").create("export", DOCUMENT),
    "create again": lambda container, account: Ledger(container, account, ID).create("export", DOCUMENT),
    "append": lambda container, account: Ledger(container, account, ID).append("running", "running"),
    "state": lambda container, account: Ledger(container, account, ID).state(),
    "head": lambda container, account: Ledger(container, account, ID).head(),
    "has_ended": lambda container, account: Ledger(container, account, ID).has_ended(),
    "details": lambda container, account: Ledger(container, account, ID).details(),
    "delete_details": lambda container, account: Ledger(container, account, ID).delete_details(),
    "find": lambda container, account: find(container, account, ID),
    "list": lambda container, account: list(list_requests(container, account)),
    "take": lambda container, account: Turn(container, account).take(ID),
}


def error_of(deed: str, container: ContainerClient, account: str) -> ArchiveUnavailable | None:
    """What is raised, as a log would have it: with the library's own error nowhere in a traceback."""
    try:
        DEEDS[deed](container, account)
    except ArchiveUnavailable as error:
        assert "azure.core.exceptions" not in "".join(traceback.format_exception(error))  # noqa: PT017 - it may not come
        return error
    return None


@pytest.mark.parametrize(
    ("deed", "refusal"),
    [
        # Two refusals for each deed, and all where a test may take longer.
        pytest.param(
            deed,
            refusal,
            marks=[] if place % 3 == number % 3 else pytest.mark.prove,
            id=f"{deed}-{refusal.code}",
        )
        for number, deed in enumerate(DEEDS)
        for place, refusal in enumerate(REFUSALS)
    ],
)
def test_whatever_request_the_store_refuses_the_error_is_ours(
    proxy: StoreProxy, store: ContainerClient, deed: str, refusal: Refusal
) -> None:
    with ContainerClient.from_connection_string(
        proxy.connection_string, store.container_name, retry_total=0
    ) as failing:
        for number in count():
            account = new_account()
            Ledger(store, account, ID).create("export", DOCUMENT)
            Turn(store, account).take("export-0")
            let_the_index_fall_behind(store, account)
            requests = count()
            signatures: list[str] = []

            def refuse(
                seen: Seen,
                number: int = number,
                requests: Iterator[int] = requests,
                signatures: list[str] = signatures,
            ) -> Refusal | None:
                signatures.append(seen.authorization.rpartition(":")[2])
                return refusal if next(requests) >= number else None

            proxy.fault = refuse
            error = error_of(deed, failing, account)
            if next(requests) <= number:
                # Every request has had its turn, and none was refused now.
                assert (error, number > 0) == (None, True)
                break
            said = str(error)
            assert store.container_name in said
            assert [word for word in (*TOLD_BY_THE_LIBRARY, *signatures) if word in said] == []
            assert isinstance(error, ContainerMissing) == (refusal is NO_CONTAINER)
            assert refusal.code in said or refusal is NO_CONTAINER
