"""Many processes, one account: how its calls a second are shared."""

import itertools
import math
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.blob import BlobClient, ContainerClient
from hypothesis import given
from hypothesis import strategies as st

from steward.customvision import store_clock
from steward.customvision.budget import CallBudget
from steward.customvision.errors import BudgetUnavailable, InvalidArgument
from steward.customvision.store_clock import StoreClock
from tests.conftest import Azurite
from tests.customvision.scripted import Call, Reply, Server

ROOT = Path(__file__).resolve().parent.parent.parent
WINDOW = 10.0


class TokenBucket:
    """The service's limit: 10 calls a second, 10 at once."""

    def __init__(self) -> None:
        self._level, self._at, self._lock = 10.0, time.monotonic(), threading.Lock()

    def take(self) -> bool:
        with self._lock:
            now = time.monotonic()
            self._level = min(10.0, self._level + (now - self._at) * 10)
            self._at = now
            if self._level < 1:
                return False
            self._level -= 1
            return True


@pytest.fixture
def blob(container: ContainerClient) -> Iterator[BlobClient]:
    with container.get_blob_client("budget") as found:
        yield found


def run_threads(work: Callable[[], None], count: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.mark.prove
def test_four_processes_share_fairly_and_one_killed_costs_nothing(
    azurite: Azurite, container: ContainerClient, server: Server
) -> None:
    bucket = TokenBucket()
    calls: list[tuple[float, str, bool]] = []

    def script(call: Call) -> Reply:
        allowed = bucket.take()
        calls.append((call.at, call.headers["Caller"], allowed))
        return Reply(200 if allowed else 429)

    server.script = script
    # Of two processes the clock is wrong by minutes; one has fewer threads than the others.
    callers = {"a": ("8", "0"), "b": ("8", "-300"), "c": ("8", "300"), "d": ("3", "0.7")}
    processes = {
        name: subprocess.Popen(
            [
                *(sys.executable, "-m", "tests.customvision.caller"),
                *(
                    azurite.connection_string,
                    str(container.container_name),
                    server.url,
                    name,
                    threads,
                    "22",
                    skew,
                ),
            ],
            cwd=ROOT,
        )
        for name, (threads, skew) in callers.items()
    }
    try:
        deadline = time.monotonic() + 60
        while len({caller for _, caller, _ in calls}) < 4 and time.monotonic() < deadline:
            time.sleep(0.05)
        together = time.monotonic()
        time.sleep(WINDOW + 4)
        processes["b"].kill()
        killed = time.monotonic()
        for process in processes.values():
            process.wait(60)
    finally:
        for process in processes.values():
            process.kill()

    assert [process.returncode for process in processes.values()] == [0, -9, 0, 0]
    calls.sort()
    assert sum(not allowed for *_, allowed in calls) <= len(calls) / 100
    for start, *_ in calls:
        if together <= start <= killed - WINDOW:
            shares = Counter(caller for at, caller, _ in calls if start <= at < start + WINDOW)
            assert min(shares[name] for name in callers) >= WINDOW * 10 / 4 / 2, shares
    after = [at for at, *_ in calls if at > killed]
    assert max(later - at for at, later in itertools.pairwise(after)) < 1.0
    steady = [at for at in after if at > killed + 1]
    assert (len(steady) - 1) / (steady[-1] - steady[0]) >= 9.5


def test_a_lone_caller_has_the_whole_rate(blob: BlobClient) -> None:
    budget = CallBudget(blob)
    budget.acquire()
    started = time.monotonic()
    for _ in range(40):
        budget.acquire()
        # The call itself.
        time.sleep(0.03)
    assert 40 / (time.monotonic() - started) >= 9.5


def test_calls_are_never_closer_than_the_rate(blob: BlobClient) -> None:
    budget = CallBudget(blob, calls_per_second=50)
    times: list[float] = []

    def work() -> None:
        for _ in range(5):
            budget.acquire()
            times.append(time.monotonic())

    run_threads(work, 20)
    times.sort()
    # In no second more than its places, but for a thread that woke up late.
    assert max(sum(start <= at < start + 1 for at in times) for start in times) <= 60


class CountingTransport(RequestsTransport):
    """Counts what goes to the store."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def send(self, request: object, **kwargs: object) -> object:  # pyright: ignore[reportIncompatibleMethodOverride] - handed on
        self.count += 1
        return super().send(request, **kwargs)  # pyright: ignore[reportArgumentType, reportCallIssue, reportUnknownVariableType] - handed on


def test_a_block_of_places_is_one_request(azurite: Azurite, container: ContainerClient) -> None:
    transport = CountingTransport()
    connection, name = azurite.connection_string, str(container.container_name)
    with BlobClient.from_connection_string(connection, name, "counted", transport=transport) as blob:
        budget = CallBudget(blob, calls_per_second=100)
        for _ in range(5):
            budget.acquire()
        # The blob is looked for, made, and moved on five times.
        assert transport.count == 7
        run_threads(budget.acquire, 100)
    assert transport.count <= 7 + 100 / 4


@pytest.mark.parametrize("written", ["", "soon", "nan", "inf", "-inf", "1e300", "-5", "99999999999"])
def test_a_damaged_blob_stops_nobody(blob: BlobClient, written: str) -> None:
    blob.upload_blob(b"", metadata={"nextfree": written} if written else None)
    started = time.monotonic()
    for _ in range(3):
        CallBudget(blob).acquire()
    assert time.monotonic() - started < 2


def test_a_blob_deleted_meanwhile_is_made_again(blob: BlobClient) -> None:
    budget = CallBudget(blob)
    budget.acquire()
    blob.delete_blob()
    budget.acquire()
    assert blob.exists()


def test_a_store_that_cannot_be_used_is_a_clear_error(azurite: Azurite) -> None:
    name = f"none-{uuid.uuid4().hex}"
    with BlobClient.from_connection_string(azurite.connection_string, name, "budget") as blob:
        with pytest.raises(BudgetUnavailable, match=f"there is no container {name}"):
            CallBudget(blob).acquire()
        with pytest.raises(InvalidArgument, match="calls_per_second"):
            CallBudget(blob, 0)


def test_one_refusal_of_the_store_tells_all_threads_and_shows_no_signature(server: Server) -> None:
    def script(_: Call) -> Reply:
        # Long enough for every thread to be waiting for this answer.
        time.sleep(0.5)
        return Reply(403, headers={"x-ms-error-code": "AuthenticationFailed"})

    server.script = script
    errors: list[str] = []
    with BlobClient.from_blob_url(f"{server.url}/account/container/budget?sig=c2VjcmV0") as blob:
        budget = CallBudget(blob)

        def work() -> None:
            try:
                budget.acquire()
            except BudgetUnavailable as error:
                errors.append(str(error))

        run_threads(work, 8)
    assert errors == ["call budget: the store answered 403 AuthenticationFailed"] * 8
    assert len(server.calls) == 1


@given(
    ahead=st.floats(-1e6, 1e6),
    skew=st.one_of(st.just(0.0), st.floats(-1000, 1000)),
    exchanges=st.lists(st.tuples(st.floats(0, 100), st.floats(0, 5)), min_size=1, max_size=20),
)
def test_the_stores_clock_is_told_as_well_as_its_answers_allow(
    ahead: float, skew: float, exchanges: list[tuple[float, float]]
) -> None:
    """`ahead`: store time minus monotonic time; `skew`: of this machine's clock; exchanges: pauses and durations."""

    class Time:
        now = 1000.0

        def monotonic(self) -> float:
            return self.now

        def time(self) -> float:
            return self.now + ahead + skew

    with pytest.MonkeyPatch.context() as patch:
        fake = Time()
        patch.setattr(store_clock, "time", fake)
        clock = StoreClock()
        slow = 0.0
        for pause, duration in exchanges:
            fake.now += pause
            called = fake.now
            fake.now += duration
            slow = duration
            clock.observe(float(math.floor(called + duration / 2 + ahead)), called, fake.now)
        error = clock.now() - (fake.now + ahead)
    if not skew:
        assert abs(error) < 1e-3
    elif abs(skew) > 1 + slow:
        # Such a clock is not believed, and then no call is early.
        assert -1.001 - slow <= error <= 1e-3
    else:
        assert abs(error) <= 1.001 + slow
