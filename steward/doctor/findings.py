"""What a check comes to: what was found, and where that is amiss, what to do."""

from collections.abc import Callable
from dataclasses import dataclass

from steward.app_client import AppRefused, AppUnreachable
from steward.archive.errors import ArchiveError
from steward.customvision.errors import CustomVisionError
from steward.evidence.keys import SigningKeyError
from steward.setting_checks import SettingsError

_OURS = (
    *(AppRefused, AppUnreachable, ArchiveError, CustomVisionError),
    *(SettingsError, SigningKeyError),
)


class Amiss(Exception):  # noqa: N818 - it names what is found
    """What is wrong; `advice`: what whoever runs the app does about it. Neither holds a secret."""

    def __init__(self, detail: str, advice: str = "") -> None:
        super().__init__(detail)
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Finding:
    """`name`: of the check, with the account's after it where it is an account's."""

    name: str
    ok: bool
    detail: str
    advice: str = ""


type Check = Callable[[], str]
"""What was found; raises Amiss, or an error of ours, whose texts are fit to be shown."""


def found_by(name: str, check: Check, advice: str = "") -> Finding:
    """`advice`: where the check has none of its own."""
    try:
        return Finding(name, True, check())
    except Amiss as error:
        return Finding(name, False, str(error), error.advice or advice)
    except _OURS as error:
        return Finding(name, False, str(error), advice)
