"""The rows of the Prediction API, v3.0 and v3.1: classify and detect, image and url, with and without store."""

from emulator import quick_tests
from emulator.bodies import ImageUrl
from emulator.operation import DRAWN, Handler, Operation
from emulator.parameters import text

_SOURCE = "OpenAPI Prediction v3.1; QuickTestImage"


def _row(name: str, path: str, handler: Handler) -> Operation:
    by_url = "/url" in path
    return Operation(
        name,
        "POST",
        "/{projectId}" + path,
        handler,
        _SOURCE,
        (text("application"),),
        body=ImageUrl if by_url else None,
        uploads=not by_url,
        versions=("3.0", "3.1"),
        api="prediction",
        differs=DRAWN,
    )


_CLASSIFY = "/classify/iterations/{publishedName}"
_DETECT = "/detect/iterations/{publishedName}"

PREDICTION_OPERATIONS = (
    _row("ClassifyImage", _CLASSIFY + "/image", quick_tests.classify_image),
    _row("ClassifyImageWithNoStore", _CLASSIFY + "/image/nostore", quick_tests.classify_image_without_store),
    _row("ClassifyImageUrl", _CLASSIFY + "/url", quick_tests.classify_image_url),
    _row(
        "ClassifyImageUrlWithNoStore",
        _CLASSIFY + "/url/nostore",
        quick_tests.classify_image_url_without_store,
    ),
    _row("DetectImage", _DETECT + "/image", quick_tests.detect_image),
    _row("DetectImageWithNoStore", _DETECT + "/image/nostore", quick_tests.detect_image_without_store),
    _row("DetectImageUrl", _DETECT + "/url", quick_tests.detect_image_url),
    _row("DetectImageUrlWithNoStore", _DETECT + "/url/nostore", quick_tests.detect_image_url_without_store),
)
