"""What stands before the service: who may call, and how often."""

import hmac
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import jwt

from emulator.errors import GatewayError
from emulator.options import Options
from emulator.routing import Match

# General Azure AI form (reference 4.3).
_UNAUTHORIZED = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an"
    " active subscription and use a correct regional API endpoint for your resource."
)
_SUBSCRIPTION_KEY = "ocp-apim-subscription-key"


@dataclass(frozen=True)
class Key:
    """A key of the account; a read-only one, which Azure does not have, stands for the Reader role."""

    value: str = field(repr=False)
    read_only: bool = False

    @classmethod
    def read(cls, text: str) -> "Key":
        """`KEY` or `KEY:read-only`."""
        value, colon, mode = text.partition(":")
        if not value or (colon and mode != "read-only"):
            raise ValueError("expected KEY or KEY:read-only")
        return cls(value, bool(colon))


@dataclass
class Gateway:
    """Keys, the audience that bearer tokens must name (empty: none are taken), who of those is a reader, and the rate limit."""

    training_keys: tuple[Key, ...]
    prediction_key: Key
    audience: str = ""
    readers: frozenset[str] = frozenset()
    """Client ids of identities in the Reader role; all others may write."""
    # One an API: the prediction resource is another resource than the training one.
    _buckets: dict[str, "_Bucket"] = field(default_factory=dict[str, "_Bucket"])

    def admit(self, match: Match, headers: Mapping[str, str], options: Options) -> None:
        """Raises GatewayError: 401 for who is not known, 403 for who may not, 429 for who calls too often."""
        operation = match.operation
        key = self._key(match, headers, options)
        if key.read_only and operation.writes:
            # The role-based form of Azure AI services (Reader role, reference 1.3).
            raise GatewayError(
                options.denied_status,
                "The principal lacks the required data action to perform this operation.",
                code="PermissionDenied",
            )
        self._limit(operation.api, operation.id, options)

    def admit_picture(self, options: Options) -> None:
        """Raises GatewayError, 429, where pictures count and there were too many calls."""
        if options.pictures_count:
            self._limit("training", "GetBlob", options)

    def _key(self, match: Match, headers: Mapping[str, str], options: Options) -> Key:
        name, known = ("training-key", self.training_keys)
        if match.operation.api == "prediction":
            name, known = ("prediction-key", (self.prediction_key,))
        given = headers.get(name)
        if given is None and options.subscription_key_header:
            given = headers.get(_SUBSCRIPTION_KEY)
        for key in known:
            if given is not None and hmac.compare_digest(key.value.encode(), given.encode()):
                return key
        scheme, _, token = headers.get("authorization", "").partition(" ")
        taken = given is None and match.version >= options.bearer_since
        if taken and scheme.lower() == "bearer" and (claims := self._claims(token)) is not None:
            return Key("bearer", read_only=claims.get("appid") in self.readers)
        raise GatewayError(401, _UNAUTHORIZED)

    def _claims(self, token: str) -> Mapping[str, object] | None:
        """Of a token that names the audience and is in its time; no one's signature can be checked offline."""
        if not self.audience:
            return None
        audiences = [self.audience.rstrip("/"), self.audience.rstrip("/") + "/"]
        try:
            return jwt.decode(
                token,
                options={
                    "verify_signature": False,
                    "verify_aud": True,
                    "verify_exp": True,
                    "verify_nbf": True,
                },
                audience=audiences,
            )
        except jwt.InvalidTokenError:
            return None

    def _limit(self, api: str, operation: str, options: Options) -> None:
        if options.rate_limit == "off":
            self._buckets.clear()
            return
        bucket = self._buckets.get(api)
        if bucket is None or bucket.setting != options.rate_limit:
            bucket = self._buckets[api] = _Bucket(options.rate_limit)
        if wait := bucket.take():
            raise throttled(api, operation, options, math.ceil(wait))


def throttled(api: str, operation: str, options: Options, seconds: int) -> GatewayError:
    """429 in the words that users report (reference 4.3)."""
    message = (
        f"Requests to the {operation} Operation under Custom_Vision_{api.capitalize()} have exceeded rate limit of your"
        f" current Custom_Vision.{api.capitalize()} {options.tier} pricing tier. Please retry after {seconds} second"
        f"{'' if seconds == 1 else 's'}. To increase your rate limit switch to a paid tier."
    )
    return GatewayError(429, message, retry_after=seconds if options.retry_after else None)


class _Bucket:
    """Token bucket: fills by so many calls a second, holds the burst."""

    def __init__(self, setting: str) -> None:
        rate, burst = setting.split("/")
        self.setting = setting
        self._rate, self._burst = float(rate), int(burst)
        self._tokens = float(self._burst)
        self._filled = time.monotonic()

    def take(self) -> float:
        """0 for a call that may go on, else the seconds until one may."""
        now = time.monotonic()
        self._tokens = min(self._burst, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0
        return (1 - self._tokens) / self._rate if self._rate else 60
