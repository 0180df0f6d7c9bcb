"""Calls to the task hub that are made in this process instead of over gRPC."""

from typing import NoReturn, cast

import grpc


class CallRefused(Exception):  # noqa: N818 - gRPC's word is abort
    """The backend aborted a call that was made in this process."""

    def __init__(self, code: grpc.StatusCode, details: str) -> None:
        self.code = code
        super().__init__(details)


class LocalCall:
    """The context of a call that is made in this process instead of over gRPC."""

    def __init__(self) -> None:
        self._active = True

    def is_active(self) -> bool:
        """Whether the caller still wants the answer."""
        return self._active

    def cancel(self) -> None:
        """End a stream."""
        self._active = False

    def abort(self, code: grpc.StatusCode, details: str) -> NoReturn:
        """Refuse the call."""
        raise CallRefused(code, details)


def local_call() -> grpc.ServicerContext:
    """A context for one call to the backend."""
    return cast(grpc.ServicerContext, LocalCall())
