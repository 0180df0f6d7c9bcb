"""Faults by rule: which calls fail, and how."""

import random
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

type Kind = Literal["status", "reset-before", "reset-after", "slow", "truncated", "wrong-bytes"]


class FaultRule(BaseModel):
    """What matches, which of the matching calls, and what happens to them."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    kind: Kind
    operation: str | None = Field(None, description="operation id, or GetBlob; `*` stands for anything")
    method: str | None = None
    path: str | None = Field(None, description="path as called, `*` stands for anything")
    nth: int | list[int] | None = Field(None, description="of the matching calls, this one or these, from 1")
    every: int | None = Field(None, ge=1, description="of the matching calls, each so many")
    times: int | None = Field(None, ge=1, description="at most so often")
    probability: float = Field(1, ge=0, le=1)
    seed: int = 0
    status: int = Field(503, ge=400, le=599, description="status: what is answered instead of the work")
    retry_after: int | None = Field(
        None, alias="retryAfter", ge=0, description="status: seconds of Retry-After"
    )
    seconds: float = Field(5, ge=0, description="slow: how long the answer waits before the work")

    _source: random.Random = PrivateAttr()
    _seen: int = PrivateAttr(0)
    _fired: int = PrivateAttr(0)

    def model_post_init(self, _: object) -> None:
        self._source = random.Random(self.seed)  # noqa: S311 - repeatable on purpose

    @property
    def fired(self) -> int:
        """How often the rule was applied."""
        return self._fired

    def strikes(self, operation: str, method: str, path: str) -> bool:
        """Whether this call is to fail; counts it where it matches."""
        wanted = ((self.operation, operation), (self.method, method), (self.path, path))
        if not all(pattern is None or fnmatchcase(value, pattern) for pattern, value in wanted):
            return False
        self._seen += 1
        if not self._chosen() or (self.times is not None and self._fired >= self.times):
            return False
        self._fired += 1
        return True

    def _chosen(self) -> bool:
        chances = [self.nth] if isinstance(self.nth, int) else self.nth
        return (
            (chances is None or self._seen in chances)
            and (self.every is None or self._seen % self.every == 0)
            and (self.probability == 1 or self._source.random() < self.probability)
        )


class Faults:
    """The rules in force; the first that strikes is applied."""

    def __init__(self, rules: Sequence[FaultRule] = ()) -> None:
        self.rules: list[FaultRule] = list(rules)

    def strike(self, operation: str, method: str, path: str) -> FaultRule | None:
        """The rule that this call falls under, if any."""
        for rule in self.rules:
            if rule.strikes(operation, method, path):
                return rule
        return None
