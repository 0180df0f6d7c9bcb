"""How a call says who makes it: a training key, or a token of the app's identity."""

import threading
import time
from dataclasses import dataclass, field

import requests
import requests.auth
from azure.core.credentials import AccessToken, TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError

from steward.customvision.errors import InvalidArgument, Unauthorized, Unreachable

COGNITIVE_SERVICES_SCOPE = "https://cognitiveservices.azure.com/.default"
_RENEW_BEFORE = 300.0


@dataclass(frozen=True, slots=True)
class TrainingKey:
    """A key of the training resource; it shows in no text."""

    secret: str = field(repr=False)

    def __post_init__(self) -> None:
        if not self.secret.isascii() or not self.secret.isprintable() or self.secret != self.secret.strip():
            raise InvalidArgument("training key: expected printable ASCII without spaces around it")
        if not self.secret:
            raise InvalidArgument("training key: is empty")


class KeyAuth(requests.auth.AuthBase):
    """The header Training-Key."""

    def __init__(self, key: TrainingKey) -> None:
        self._key = key

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Training-Key"] = self._key.secret
        return r


class TokenAuth(requests.auth.AuthBase):
    """A bearer token, kept until five minutes before its end: not every credential keeps its own."""

    def __init__(self, credential: TokenCredential, scope: str) -> None:
        self._credential = credential
        self._scope = scope
        self._lock = threading.Lock()
        self._token: AccessToken | None = None

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._current().token}"
        return r

    def _current(self) -> AccessToken:
        with self._lock:
            if self._token is None or self._token.expires_on - time.time() < _RENEW_BEFORE:
                try:
                    self._token = self._credential.get_token(self._scope)
                except ClientAuthenticationError as error:
                    kind = type(error).__name__
                    raise Unauthorized("token", 401, kind, "the app's identity was given no token") from None
                except AzureError as error:
                    raise Unreachable(f"token: no answer ({type(error).__name__})") from None
            return self._token


def auth_of(credential: TrainingKey | TokenCredential, scope: str) -> requests.auth.AuthBase:
    return KeyAuth(credential) if isinstance(credential, TrainingKey) else TokenAuth(credential, scope)


def secret_of(credential: TrainingKey | TokenCredential) -> str:
    """What must not show in an error that the other side words; empty for tokens, which are short-lived and never echoed."""
    return credential.secret if isinstance(credential, TrainingKey) else ""
