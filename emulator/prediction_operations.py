"""The rows of the Prediction API, v3.0 and v3.1: classify and detect, image and url, with and without store."""

from itertools import product

from emulator.bodies import ImageUrl
from emulator.domains import DomainType
from emulator.operation import DRAWN, Operation
from emulator.parameters import text
from emulator.quick_tests import asking_published

_KINDS: dict[str, DomainType] = {"Classify": "Classification", "Detect": "ObjectDetection"}


def _row(verb: str, *, by_url: bool, store: bool) -> Operation:
    source, ending = ("/url", "Url") if by_url else ("/image", "")
    unstored, without = ("", "") if store else ("/nostore", "WithNoStore")
    return Operation(
        f"{verb}Image{ending}{without}",
        "POST",
        f"/{{projectId}}/{verb.lower()}/iterations/{{publishedName}}{source}{unstored}",
        asking_published(_KINDS[verb], store=store),
        "OpenAPI Prediction v3.1; QuickTestImage",
        (text("application"),),
        body=ImageUrl if by_url else None,
        uploads=not by_url,
        versions=("3.0", "3.1"),
        api="prediction",
        differs=DRAWN,
    )


PREDICTION_OPERATIONS = tuple(
    _row(verb, by_url=by_url, store=store)
    for verb, by_url, store in product(_KINDS, (False, True), (True, False))
)
