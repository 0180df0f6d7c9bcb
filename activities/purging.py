"""Whether storage still gives the pictures of images that are gone: asked at the signed addresses that were read before."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from activities.moving import picture_threads
from steward.accounts import Account
from steward.customvision.errors import CustomVisionError, PictureGone

# A private account's pictures come through the API, and cost one of its ten calls a second each.
_ARTIFACTS = 8


@dataclass(frozen=True, slots=True)
class Purge:
    """Ids of images by what storage answered; the others could not be asked for."""

    gone: list[str]
    served: list[str]


def ask_storage(home: Account, project: str, uris: Mapping[str, str]) -> Purge:
    """Ask for each picture, without reading it."""

    def ask(item: tuple[str, str]) -> tuple[str, bool | None]:
        image, uri = item
        try:
            return image, home.pictures.is_served(uri, project)
        except PictureGone:
            return image, False
        except CustomVisionError:
            # A link that has expired, a host that is away: nothing is known.
            return image, None

    most = len(uris) if all("://" in uri for uri in uris.values()) else _ARTIFACTS
    answers = list(picture_threads().map(ask, islice(uris.items(), most)))
    return Purge(
        gone=[image for image, served in answers if served is False],
        served=[image for image, served in answers if served],
    )
