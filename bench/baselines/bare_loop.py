"""The least that moving pictures can cost: GET, SHA-256, PUT, in a loop of threads; nothing is checked or recorded.

`python -m bench.baselines.bare_loop ENDPOINT KEY CONTAINER THREADS`, with the storage connection string on standard
input; prints pictures and seconds as JSON. The addresses are listed before the clock starts.
"""

import hashlib
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from bench.baselines.connections import container_client, pooled_session
from bench.holdings import picture_addresses


def move_all(addresses: dict[str, str], storage: str, container: str, threads: int) -> float:
    """Move pictures, blob name to address; seconds that it took."""
    session = pooled_session(threads)
    archive = container_client(storage, container, threads)

    def move(item: tuple[str, str]) -> None:
        name, uri = item
        answer = session.get(uri, timeout=30)
        answer.raise_for_status()
        digest = hashlib.sha256(answer.content).hexdigest()
        archive.upload_blob(name, answer.content, metadata={"sha256": digest})

    begun = time.monotonic()
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(move, addresses.items()))
    return time.monotonic() - begun


def main() -> None:
    """Print what was done and how long it took."""
    endpoint, key, container, threads = sys.argv[1:5]
    addresses = picture_addresses(endpoint, key)
    seconds = move_all(addresses, sys.stdin.read().strip(), container, int(threads))
    print(json.dumps({"seconds": seconds, "pictures": len(addresses)}))


if __name__ == "__main__":
    main()
