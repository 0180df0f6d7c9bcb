"""A process that calls for some seconds, each call with leave of the shared budget; run by test_budget.py."""

import sys
import threading
import time

import requests
from azure.storage.blob import BlobClient

from steward.customvision.budget import CallBudget


def main(
    connection: str, container: str, url: str, name: str, threads: int, seconds: float, skew: float
) -> None:
    own_clock = time.time
    time.time = lambda: own_clock() + skew
    deadline = time.monotonic() + seconds
    with BlobClient.from_connection_string(connection, container, "budget") as blob:
        budget = CallBudget(blob)

        def work() -> None:
            with requests.Session() as session:
                while True:
                    budget.acquire()
                    if time.monotonic() > deadline:
                        return
                    session.get(url, headers={"Caller": name}, timeout=10).close()

        workers = [threading.Thread(target=work) for _ in range(threads)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


if __name__ == "__main__":
    main(*sys.argv[1:5], threads=int(sys.argv[5]), seconds=float(sys.argv[6]), skew=float(sys.argv[7]))
