"""Pooled connections for calls that stand alone."""

import functools
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
import requests.auth
from requests.adapters import HTTPAdapter

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Connections:
    """What requests does for a call, without what its sessions keep between calls: no cookies, no redirects, nothing of .netrc,
    and the environment read once an origin. It stands where azure-core takes a session.

    At most `size` connections to a host are kept; `block`: whether a thread waits where all are in use, or opens one more.
    """

    def __init__(self, size: int, *, block: bool) -> None:
        # A bound on connections a host matters in Azure, where outbound ports are few.
        self._adapter = HTTPAdapter(pool_maxsize=size, pool_block=block)
        self._environment = functools.lru_cache(maxsize=64)(read_environment)

    def close(self) -> None:
        self._adapter.close()

    def request(
        self,
        method: str,
        url: str,
        *,
        timeout: tuple[float, float],
        headers: Mapping[str, str] | None = None,
        data: Any = None,
        files: Any = None,
        json: Any = None,
        auth: requests.auth.AuthBase | None = None,
        stream: bool = False,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
        allow_redirects: bool = False,
    ) -> requests.Response:
        """One exchange; raises what requests raises. `timeout`: seconds to connect, and between two pieces of an answer.

        Arguments are those of `requests.request`; the answer to a redirect is the redirect.
        """
        if allow_redirects:
            raise ValueError("allow_redirects: no redirect is ever followed")
        request = requests.Request(
            method, url, headers=headers, data=data, files=files, json=json, auth=auth
        ).prepare()
        parts = urlsplit(url)
        found = self._environment(f"{parts.scheme}://{parts.netloc}")
        response = self._adapter.send(
            request,
            stream=stream,
            timeout=timeout,
            verify=found["verify"] if verify is True else verify,
            cert=cert or found["cert"],
            proxies=proxies or found["proxies"],
        )
        if not stream:
            # Read here, so that the connection is free again.
            _ = response.content
        return response


def read_environment(origin: str) -> dict[str, Any]:
    """Proxies and certificates as requests reads them from the environment; no proxy reaches this machine's loopback."""
    with requests.Session() as session:
        found = session.merge_environment_settings(origin, {}, None, None, None)
    return {
        "proxies": {} if urlsplit(origin).hostname in LOOPBACK else found["proxies"],
        "verify": found["verify"],
        "cert": found["cert"],
    }
