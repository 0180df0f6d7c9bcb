"""Timer triggers on a schedule, queue triggers on Azurite's queues, and the webhook of Event Grid."""

import base64
import itertools
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient, TextBase64EncodePolicy
from hypothesis import given
from hypothesis import strategies as st

from localhost.timer_triggers import next_occurrence
from tests.conftest import Azurite
from tests.localhost.running_host import APPS, RunningHost, wait_until


@pytest.fixture(scope="module")
def queue(azurite: Azurite) -> Iterator[QueueClient]:
    with QueueClient.from_connection_string(
        azurite.connection_string, f"test-{uuid.uuid4().hex}", message_encode_policy=TextBase64EncodePolicy()
    ) as client:
        yield client


@pytest.fixture(scope="module")
def host(azurite: Azurite, queue: QueueClient) -> Iterator[RunningHost]:
    """A host whose queue does not exist yet."""
    environment = {
        "SCHEDULE": "*/1 * * * * *",
        "QUEUE": queue.queue_name,
        "AzureWebJobsTestQueues": azurite.connection_string,
    }
    host = RunningHost.start(APPS / "triggers", environment=environment)
    queue.create_queue()
    yield host
    assert host.stop() == 0


def seen(host: RunningHost, by: str) -> list[dict[str, Any]]:
    return [entry for entry in host.call("GET", "/api/seen").json() if entry["by"] == by]


def texts_in(queue: QueueClient) -> list[str]:
    """Messages as they stand in a queue that may not exist yet."""
    try:
        return [message.content for message in queue.peek_messages(32)]
    except ResourceNotFoundError:
        return []


def test_timer_fires_on_time(host: RunningHost) -> None:
    wait_until(lambda: len(seen(host, "timer")) >= 3)
    fired = seen(host, "timer")
    assert all(entry["time"] % 1 < 0.5 and not entry["past due"] for entry in fired)
    assert all(0.5 < second["time"] - first["time"] < 1.5 for first, second in itertools.pairwise(fired))
    assert all(datetime.fromisoformat(entry["next"]).timestamp() > entry["time"] - 0.5 for entry in fired)


def test_timer_may_run_at_startup_and_by_hand(host: RunningHost) -> None:
    wait_until(lambda: seen(host, "startup") == [{"by": "startup", "past due": False}])
    path = "/admin/functions/at_startup"
    assert host.call("POST", path).status_code == 401
    assert host.call("POST", path, headers={"x-functions-key": host.master_key}).status_code == 202
    wait_until(lambda: len(seen(host, "startup")) == 2)


def test_message_is_handled_once_and_removed(host: RunningHost, queue: QueueClient) -> None:
    texts = {f"hello {number} é" for number in range(10)}
    for text in texts:
        queue.send_message(text)
    wait_until(lambda: texts <= {entry["text"] for entry in seen(host, "queue")})
    handled = [entry["text"] for entry in seen(host, "queue") if entry["text"].startswith("hello")]
    assert sorted(handled) == sorted(texts)
    wait_until(lambda: not queue.peek_messages(32))


def test_message_that_keeps_failing_is_retried_and_moved_to_the_poison_queue(
    host: RunningHost, queue: QueueClient, azurite: Azurite
) -> None:
    queue.send_message("fail")
    with QueueClient.from_connection_string(
        azurite.connection_string, f"{queue.queue_name}-poison"
    ) as poison:
        wait_until(lambda: base64.b64encode(b"fail").decode() in texts_in(poison))
    tries = [entry for entry in seen(host, "queue") if entry["text"] == "fail"]
    assert [entry["count"] for entry in tries] == [1, 2, 3]
    assert all(second["time"] - first["time"] >= 0.9 for first, second in itertools.pairwise(tries))
    assert queue.peek_messages(32) == []


def test_message_may_be_bytes_and_is_poison_where_it_is_not_base64(
    host: RunningHost, queue: QueueClient, azurite: Azurite
) -> None:
    with QueueClient.from_connection_string(azurite.connection_string, queue.queue_name) as plain:
        plain.send_message("no base64!")
        plain.send_message(base64.b64encode(b"bytes \xff").decode())
    wait_until(lambda: "bytes \\xff" in [entry["text"] for entry in seen(host, "queue")])
    with QueueClient.from_connection_string(
        azurite.connection_string, f"{queue.queue_name}-poison"
    ) as poison:
        wait_until(lambda: "no base64!" in texts_in(poison))
    assert "is not base64" in host.text()
    wait_until(lambda: not queue.peek_messages(32))


def test_stop_lets_a_running_function_end(azurite: Azurite, queue: QueueClient) -> None:
    with QueueClient.from_connection_string(
        azurite.connection_string, f"{queue.queue_name}-2", message_encode_policy=TextBase64EncodePolicy()
    ) as own:
        own.create_queue()
        own.send_message("slow")
        environment = {
            "SCHEDULE": "0 0 0 1 1 *",
            "QUEUE": own.queue_name,
            "TestQueues": azurite.connection_string,
        }
        host = RunningHost.start(APPS / "triggers", environment=environment)
        wait_until(lambda: [entry["text"] for entry in seen(host, "queue")] == ["slow"])
        assert host.stop() == 0
        # Deleted, not only out of sight: the function ended before the host did.
        assert own.get_queue_properties().approximate_message_count == 0


WEBHOOK = "/runtime/webhooks/EventGrid?functionName=from_event_grid"
NOTIFIED = {"aeg-event-type": "Notification", "Content-Type": "application/cloudevents+json"}


def deliver(host: RunningHost, body: object, path: str = WEBHOOK, **headers: str) -> requests.Response:
    named = {"x-functions-key": host.master_key, **NOTIFIED, **headers}
    return host.call("POST", path, headers=named, data=json.dumps(body))


def cloud_event(name: str, data: object) -> dict[str, object]:
    return {"specversion": "1.0", "id": name, "source": "/tests", "type": "test", "data": data}


def test_events_come_by_the_webhook_one_or_many(host: RunningHost) -> None:
    assert deliver(host, cloud_event("1", {"a": 1})).status_code == 202
    assert deliver(host, [cloud_event("2", None), cloud_event("3", "text")]).status_code == 202
    own_schema: dict[str, object] = {
        "id": "4",
        "subject": "s",
        "eventType": "t",
        "data": {},
        "eventTime": "2026-01-01T00:00:00Z",
    }
    assert deliver(host, [own_schema]).status_code == 202
    assert [(each["id"], each["class"], each["data"]) for each in seen(host, "event")] == [
        ("1", "CloudEvent", {"a": 1}),
        ("2", "CloudEvent", None),
        ("3", "CloudEvent", "text"),
        ("4", "EventGridEvent", {}),
    ]


def test_an_event_that_fails_is_to_be_delivered_again(host: RunningHost) -> None:
    assert deliver(host, [cloud_event("5", "fail"), cloud_event("6", 6)]).status_code == 500
    assert seen(host, "event")[-1]["id"] == "6"


def test_the_webhook_opens_with_its_key_and_says_whom_it_lets_deliver(host: RunningHost) -> None:
    count = len(seen(host, "event"))
    event = cloud_event("7", None)
    assert deliver(host, event, **{"x-functions-key": host.key}).status_code == 401
    assert deliver(host, event, WEBHOOK + "s").status_code == 404
    assert deliver(host, "no event").status_code == 400
    assert deliver(host, event, **{"aeg-event-type": "Of another kind"}).status_code == 400
    assert deliver(host, event, **{"aeg-event-type": "Unsubscribe"}).status_code == 202
    origin = {"WebHook-Request-Origin": "eventgrid.azure.net", "x-functions-key": host.master_key}
    answer = host.call("OPTIONS", WEBHOOK, headers=origin)
    assert (answer.status_code, answer.headers["WebHook-Allowed-Origin"]) == (200, "eventgrid.azure.net")
    assert host.call("OPTIONS", WEBHOOK, headers={"x-functions-key": host.key}).status_code == 401
    validation = {"id": "8", "data": {"validationCode": "512d"}}
    answer = deliver(host, [validation], **{"aeg-event-type": "SubscriptionValidation"})
    assert answer.json() == {"validationResponse": "512d"}
    assert len(seen(host, "event")) == count


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - given below
    st.sampled_from([1, 5, 15, 30]),
)
def test_every_few_minutes_is_the_next_multiple(after: datetime, minutes: int) -> None:
    due = next_occurrence(f"0 */{minutes} * * * *", after)
    assert after < due <= after + timedelta(minutes=minutes)
    assert (due.minute % minutes, due.second, due.microsecond) == (0, 0, 0)


def test_day_of_month_and_day_of_week_must_both_fit() -> None:
    """As NCRONTAB has it; plain cron would take either."""
    friday_13th = datetime(2026, 2, 13, tzinfo=UTC)
    assert next_occurrence("0 0 0 13 * 5", datetime(2026, 1, 1, tzinfo=UTC)) == friday_13th
