"""What can go wrong at the service, as one tree.

CustomVisionError
├── InvalidArgument       refused before any call: an id that is no UUID, a batch too long
├── Unreachable           no answer: refused, reset, timed out, no certificate to trust
├── MalformedAnswer       an answer cut short, no JSON, or JSON of another shape
├── AnswerTooLarge        an answer longer than the caller allows: ask for less
├── BudgetUnavailable     the store that shares out the calls could not be used
├── ServiceError          the service said no: status, code, message
│   ├── BadRequest (400), Unauthorized (401), Forbidden (403), NotFound (404)
│   ├── RequestTooLong    413, 414, 431: ask for less at a time
│   ├── Throttled         429, or 503 with Retry-After: says for how long to wait
│   └── ServiceFault      408 and 5xx
└── PictureError
    ├── PictureGone, PictureLinkExpired, PictureHostRefused
    └── PictureDamaged    what arrived is not the picture: length, digest, type or size differ

No text of these holds a key or a signature, so they can be logged and kept.
"""

# ruff: noqa: N818 - named for what happened, in the service's words; the root says that they are errors.

from typing import ClassVar


class CustomVisionError(Exception):
    """Root of the tree. `transient`: the same call may well succeed a little later."""

    transient: bool = False


class InvalidArgument(CustomVisionError, ValueError):
    """The caller's mistake; the text names the argument and what was expected."""


class Unreachable(CustomVisionError):
    """There was no answer; whether the call had an effect is not known."""

    def __init__(self, message: str, *, transient: bool = True) -> None:
        super().__init__(message)
        self.transient = transient


class MalformedAnswer(CustomVisionError):
    """The answer is not what the API promises, and nothing of it was used."""

    transient = True


class AnswerTooLarge(CustomVisionError):
    """The answer is longer than `limit` bytes and was not read."""

    def __init__(self, operation: str, limit: int) -> None:
        super().__init__(f"{operation}: the answer is longer than {limit} bytes")
        self.limit = limit


class BudgetUnavailable(CustomVisionError):
    """The blob that shares out the account's calls could not be read or written."""


class ServiceError(CustomVisionError):
    """The service's refusal. `code` is its own, such as NotFoundProject; `gateway`: the gateway before it spoke."""

    def __init__(
        self, operation: str, status: int, code: str, message: str, *, gateway: bool = False
    ) -> None:
        # A gateway's code is often the status once more.
        code = "" if code == str(status) else code
        super().__init__(f"{operation}: {f'{status} {code}'.rstrip()}: {message}".rstrip(": "))
        self.operation = operation
        self.status = status
        self.code = code
        self.message = message
        self.gateway = gateway


class BadRequest(ServiceError):
    """400."""


class Unauthorized(ServiceError):
    """401: the key or the token is not of this account."""


class Forbidden(ServiceError):
    """403: the role, or the network, does not allow it."""


class NotFound(ServiceError):
    """404. Only the service's own code says that a thing is not there: a gateway says it of a wrong address too."""


class RequestTooLong(ServiceError):
    """413, 414, 431."""


class ServiceFault(ServiceError):
    """408 and 5xx."""

    # 501 and 505 say what the service will never do.
    _lasting: ClassVar[frozenset[int]] = frozenset({501, 505})

    def __init__(
        self, operation: str, status: int, code: str, message: str, *, gateway: bool = False
    ) -> None:
        super().__init__(operation, status, code, message, gateway=gateway)
        self.transient = status not in self._lasting


class Throttled(ServiceError):
    """429, or 503 with Retry-After. `retry_after`: seconds to wait, as the service says, else 1."""

    transient = True

    def __init__(
        self,
        operation: str,
        status: int,
        code: str,
        message: str,
        *,
        retry_after: float,
        gateway: bool = False,
    ) -> None:
        super().__init__(operation, status, code, message, gateway=gateway)
        self.retry_after = retry_after


class PictureError(CustomVisionError):
    """A picture or a model file could not be had."""


class PictureGone(PictureError):
    """404: it was deleted since the listing."""


class PictureLinkExpired(PictureError):
    """403: signed addresses live about a day; read the listing again for a new one."""


class PictureHostRefused(PictureError):
    """The address is not on the list of hosts that pictures may come from."""


class PictureDamaged(PictureError):
    """What arrived is not the picture that the listing names."""

    transient = True
