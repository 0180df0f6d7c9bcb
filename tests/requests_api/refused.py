"""A refused request document, as tests look at it."""

from typing import Any

import pytest

from steward.requests_api.problems import InvalidRequest

ACCOUNTS = ["default"]
UUID = "0A000000-0000-4000-8000-000000000001"


def refusal(parse: Any, body: Any, accounts: list[str] = ACCOUNTS) -> dict[str, str]:
    """What is said of each wrong field, by its pointer."""
    with pytest.raises(InvalidRequest) as refused:
        parse(body, accounts)
    return {str(found.pointer): found.detail for found in refused.value.problems}
