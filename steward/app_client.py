"""The deployed app, as one who calls it: its HTTP interface with a function key, a token, or both.

Whatever is sent may be sent again: reading changes nothing, requests carry a key or a ticket that makes them the same request,
and what was decided once is decided.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Literal, Self, cast

from azure.core import PipelineClient
from azure.core.credentials import AzureKeyCredential, TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline.policies import (
    AzureKeyCredentialPolicy,
    BearerTokenCredentialPolicy,
    RetryPolicy,
    UserAgentPolicy,
)
from azure.core.pipeline.transport import RequestsTransport
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import DefaultAzureCredential

from steward.connections import LOOPBACK, Connections
from steward.requests_api.answers import HealthDocument, RequestDocument, RequestList
from steward.requests_api.problems import MEDIA_TYPE, FieldError, FieldProblem, Problem
from steward.retry_after import parse_retry_after
from steward.setting_checks import address

type Decision = Literal["approve", "reject", "cancel"]

# As often as the app itself asks for, where an answer does not say.
_AGAIN_AFTER = 5.0
# With these the waits add up to about a quarter of a minute, as long as an app takes to come up; where it answers that something
# is wrong, to three seconds.
_RETRIES: dict[str, Any] = {
    "retry_total": 5,
    "retry_connect": 5,
    "retry_read": 5,
    "retry_status": 3,
    "retry_backoff_factor": 0.5,
}
# The library takes this with each call alone.
_PER_CALL: dict[str, Any] = {
    "connection_timeout": 10,
    "read_timeout": 60,
    "retry_on_methods": ["GET", "POST"],
}


class AppRefused(Exception):  # noqa: N818 - it names what is found
    """The app's answer to what it cannot take; the text has a line for each field that is wrong."""

    def __init__(self, status: int, detail: str, errors: Sequence[FieldError] = ()) -> None:
        fields = [f"  {FieldProblem(**each)}" for each in errors]
        super().__init__("\n".join([f"{status} {_phrase(status)}: {detail}", *fields]))
        self.status = status


class AppUnreachable(Exception):  # noqa: N818 - it names what is found
    """There was no answer, or none of this app's; whether a request arrived is not known."""


class AppClient:
    """One app. No text of its errors holds the key or a token, and neither goes anywhere but to the app's own address."""

    def __init__(
        self, url: str, *, key: str = "", audience: str = "", credential: TokenCredential | None = None
    ) -> None:
        """`audience`: of the token that App Service authentication asks for. Raises ValueError, which names the option."""
        self._url = checked_url(url)
        if not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("--key (STEWARD_KEY): expected a function key, printable ASCII without spaces")
        self._per_call = dict(_PER_CALL)
        policies: list[Any] = [UserAgentPolicy("custom-vision-steward"), RetryPolicy(**_RETRIES)]
        if key:
            policies.append(AzureKeyCredentialPolicy(AzureKeyCredential(key), "x-functions-key"))
        if audience:
            scope = f"{audience.rstrip('/')}/.default"
            policies.append(BearerTokenCredentialPolicy(credential or DefaultAzureCredential(), scope))
            # Over http only this machine is spoken to.
            self._per_call["enforce_https"] = self._url.startswith("https://")
        self._audience = audience
        self._connections = Connections(4, block=False)
        transport = RequestsTransport(session=self._connections, session_owner=False)
        self._client = PipelineClient[HttpRequest, HttpResponse](
            self._url, policies=policies, transport=transport
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()
        self._connections.close()

    def ask(
        self, kind: Literal["exports", "erasures"], body: Mapping[str, Any], idempotency_key: str = ""
    ) -> RequestDocument:
        """The request that was accepted, now or by an earlier call."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        answer = self._send("POST", f"/api/{kind}", body=body, headers=headers)
        return cast("RequestDocument", _object_in(answer))

    def request(self, name: str) -> tuple[RequestDocument, float]:
        """The request document, and the seconds after which to look again."""
        answer = self._send("GET", f"/api/requests/{_path(name)}")
        wait = parse_retry_after(answer.headers.get("Retry-After"))
        return cast("RequestDocument", _object_in(answer)), _AGAIN_AFTER if wait is None else wait

    def decide(self, name: str, decision: Decision, body: Mapping[str, Any]) -> RequestDocument:
        answer = self._send("POST", f"/api/requests/{_path(name)}/{decision}", body=body)
        return cast("RequestDocument", _object_in(answer))

    def requests(self, query: Mapping[str, str]) -> RequestList:
        """A page of the list."""
        return cast("RequestList", _object_in(self._send("GET", "/api/requests", query=query)))

    def read_file(self, name: str, file: str) -> bytes:
        """One of a request's files, by the link that the app gives; the key stays here."""
        answer = self._send("GET", f"/api/requests/{_path(name)}/files/{file}", expected=HTTPStatus.FOUND)
        try:
            found = self._connections.request("GET", answer.headers["Location"], timeout=(10, 60))
        except OSError as error:
            # Its text has the link.
            raise AppUnreachable(f"{file}: the store gave no answer ({type(error).__name__})") from None
        if not found.ok:
            raise AppUnreachable(f"{file}: the store answered {found.status_code}")
        return found.content

    def health(self) -> HealthDocument:
        """Asked once: whoever asks wants to know now. An app that is not well answers 503 with what is wrong."""
        answer = self._exchange(HttpRequest("GET", f"{self._url}/api/health"), retry_total=0)
        if answer.status_code not in {HTTPStatus.OK, HTTPStatus.SERVICE_UNAVAILABLE} or not _is_json(answer):
            raise _refusal(answer)
        return cast("HealthDocument", _object_in(answer))

    def _send(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        expected: HTTPStatus | None = None,
    ) -> HttpResponse:
        """An answer of the expected status, or of any that says yes. Raises AppRefused, AppUnreachable."""
        request = HttpRequest(
            method, self._url + path, json=body, params=dict(query or {}), headers=dict(headers or {})
        )
        answer = self._exchange(request)
        if answer.status_code == expected or (
            expected is None and answer.status_code < HTTPStatus.MULTIPLE_CHOICES
        ):
            return answer
        raise _refusal(answer)

    def _exchange(self, request: HttpRequest, **options: Any) -> HttpResponse:
        try:
            return self._client.send_request(request, **self._per_call, **options)
        except ClientAuthenticationError:
            raise AppUnreachable(
                f"--audience (STEWARD_AUDIENCE): no token for {self._audience}: sign in, as with az login"
            ) from None
        except (AzureError, OSError) as error:
            # The library's texts may quote headers.
            raise AppUnreachable(
                f"{self._url}: no answer ({type(error).__name__}); is --url (STEWARD_URL) the app's, and does it run?"
            ) from None


def checked_url(url: str) -> str:
    """Raises ValueError, which repeats nothing: the addresses that people copy have keys in them."""
    parts = address(url)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not safe or parts.path.strip("/"):
        raise ValueError(
            "--url (STEWARD_URL): expected the app's address, https://HOST (http only for this machine), "
            "with no path and no key in it"
        )
    return url.rstrip("/")


def _path(name: str) -> str:
    """A request's id, as it may stand in a path. Raises ValueError."""
    if name and all(each.isascii() and (each.isalnum() or each == "-") for each in name):
        return name
    raise ValueError("a request's id is at most 80 of a-z, 0-9 and -")


def _refusal(answer: HttpResponse) -> Exception:
    if answer.headers.get("Content-Type", "").startswith(MEDIA_TYPE):
        problem = cast("Problem", _object_in(answer))
        return AppRefused(problem["status"], problem["detail"], problem.get("errors", []))
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        # The Functions host or App Service authentication, which say nothing more.
        return AppRefused(
            401,
            "--key (STEWARD_KEY) is missing, or is no key of this function; or the app asks for a token as well: "
            "--audience (STEWARD_AUDIENCE)",
        )
    return AppRefused(answer.status_code, "this is no answer of the app; is --url (STEWARD_URL) its address?")


def _is_json(answer: HttpResponse) -> bool:
    return answer.headers.get("Content-Type", "").startswith("application/json")


def _object_in(answer: HttpResponse) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError:
        found = None
    if isinstance(found, dict):
        return cast("dict[str, Any]", found)
    raise AppUnreachable("what answered is not this app; is --url (STEWARD_URL) its address?")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Refused"
