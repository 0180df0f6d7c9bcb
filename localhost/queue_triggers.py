"""Queue triggers: Azure Storage queues, with retries and poison queues as the Functions host has them.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-storage-queue-trigger
"""

import asyncio
import base64
import contextlib
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from azure.core.exceptions import AzureError, ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueMessage

from localhost.functions import QUEUE, Function
from localhost.host_json import QueueOptions
from localhost.queue_connection import queue_client
from localhost.worker import Datum, InvocationFailed, Worker

_LOG = logging.getLogger("localhost.queue")
SHORTEST_POLL = timedelta(milliseconds=100)
# While a message is worked on nobody else sees it; renewed at half of that time. The Functions host has ten minutes: whoever
# kills this one does not want to wait that long for what it had in hand.
INVISIBLE_SECONDS = 30


class QueueTriggers:
    """Polls the queue of each queue function."""

    def __init__(self, worker: Worker, options: QueueOptions) -> None:
        self._listeners = [
            _Listener(function, worker, options)
            for function in worker.functions
            if function.is_triggered_by(QUEUE)
        ]
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Begin to poll."""
        self._tasks = [asyncio.create_task(listener.listen()) for listener in self._listeners]

    async def stop(self) -> None:
        """Take no more messages, and wait for those that are worked on."""
        for listener in self._listeners:
            listener.stop()
        await asyncio.gather(*self._tasks)


class _Listener:
    """One function and its queue."""

    def __init__(self, function: Function, worker: Worker, options: QueueOptions) -> None:
        self._function = function
        self._worker = worker
        self._options = options
        self._queue = queue_client(function, poison=False)
        self._poison = queue_client(function, poison=True)
        self._stop = asyncio.Event()
        self._running: set[asyncio.Task[None]] = set()

    def stop(self) -> None:
        self._stop.set()

    async def listen(self) -> None:
        """Take batches until told to stop; polls ever more slowly while there is nothing."""
        wait = SHORTEST_POLL
        while not self._stop.is_set():
            if len(self._running) > self._options.new_batch_threshold:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                continue
            messages = await self._receive()
            for message in messages:
                task = asyncio.create_task(self._process(message))
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            wait = SHORTEST_POLL if messages else min(2 * wait, self._options.max_polling_interval)
            if not messages:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._stop.wait(), wait.total_seconds())
        while self._running:
            await asyncio.wait(self._running)
        self._queue.close()
        self._poison.close()

    async def _receive(self) -> list[QueueMessage]:
        def take() -> list[QueueMessage]:
            size = self._options.batch_size
            return list(
                self._queue.receive_messages(
                    max_messages=size, messages_per_page=size, visibility_timeout=INVISIBLE_SECONDS
                )
            )

        try:
            return await asyncio.to_thread(take)
        except ResourceNotFoundError:
            return []  # the queue may come to be later
        except AzureError as error:
            _LOG.warning("queue %s cannot be read: %s", self._queue.queue_name, _first_line(error))
            return []

    async def _process(self, message: QueueMessage) -> None:
        try:
            await self._handle(message)
        except AzureError as error:
            # The message comes back when its time out of sight is over.
            _LOG.warning("message %s of %s: %s", message.id, self._queue.queue_name, _first_line(error))

    async def _handle(self, message: QueueMessage) -> None:
        most = self._options.max_dequeue_count
        count = int(message.dequeue_count or 1)
        try:
            body = _decode(message.content, base64_encoded=self._options.base64)
        except ValueError:
            _LOG.warning("message %s of %s is not base64", message.id, self._queue.queue_name)
            await self._move_to_poison(message)
            return
        if count > most:
            await self._move_to_poison(message)
            return
        done = asyncio.Event()
        renewing = asyncio.create_task(self._keep_invisible(message, done))
        try:
            await self._worker.invoke(self._function, body, dict(_metadata(message)))
        except InvocationFailed as failure:
            _LOG.warning(
                "function %s failed, delivery %d of %d: %s", self._function.name, count, most, failure
            )
            succeeded = False
        else:
            succeeded = True
        finally:
            # Not cancelled: a renewal under way has a thread that would go on, and its receipt is the one that counts.
            done.set()
            await renewing
        if succeeded:
            await asyncio.to_thread(self._queue.delete_message, message)
        elif count >= most:
            await self._move_to_poison(message)
        else:
            seconds = int(self._options.visibility_timeout.total_seconds())
            await asyncio.to_thread(self._queue.update_message, message, visibility_timeout=seconds)

    async def _keep_invisible(self, message: QueueMessage, done: asyncio.Event) -> None:
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), INVISIBLE_SECONDS / 2)
                return
            try:
                renewed = await asyncio.to_thread(
                    self._queue.update_message, message, visibility_timeout=INVISIBLE_SECONDS
                )
            except AzureError as error:
                _LOG.warning("message %s of %s: %s", message.id, self._queue.queue_name, _first_line(error))
            else:
                message.pop_receipt = renewed.pop_receipt

    async def _move_to_poison(self, message: QueueMessage) -> None:
        def move() -> None:
            with contextlib.suppress(ResourceExistsError):
                self._poison.create_queue()
            self._poison.send_message(message.content)
            self._queue.delete_message(message)

        await asyncio.to_thread(move)
        _LOG.warning("message %s was moved to %s", message.id, self._poison.queue_name)


def _decode(content: Any, *, base64_encoded: bool) -> Any:
    """A message's body as a datum: text, or bytes where it is no UTF-8.

    Raises:
        ValueError: it is not base64, where that is expected.
    """
    if not base64_encoded:
        return Datum(str(content), "string")
    body = base64.b64decode(str(content), validate=True)
    try:
        return Datum(body.decode(), "string")
    except UnicodeDecodeError:
        return Datum(body, "bytes")


def _metadata(message: QueueMessage) -> Iterator[tuple[str, Any]]:
    """What the worker's converter reads beside the body; times must be ISO."""
    yield "Id", Datum(message.id, "string")
    yield "DequeueCount", Datum(str(message.dequeue_count), "string")
    yield "PopReceipt", Datum(message.pop_receipt, "string")
    times: list[tuple[str, datetime | None]] = [
        ("InsertionTime", message.inserted_on),
        ("ExpirationTime", message.expires_on),
        ("NextVisibleTime", message.next_visible_on),
    ]
    for name, when in times:
        if when is not None:
            yield name, Datum(when.isoformat(), "string")


def _first_line(error: AzureError) -> str:
    return str(error).partition("\n")[0]
