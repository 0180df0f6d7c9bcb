"""How many objects each selector of a scope has chosen, so that one which chose nothing is not passed over in silence."""

from collections import defaultdict
from collections.abc import Iterator

from steward.customvision.answers import Image, Iteration, StoredPrediction
from steward.requests_api.scope import ScopedProject, fits, is_named, lies_within


class SelectorTally:
    """Of one project that is not meant whole. Takes what was exported of it, and the same object as often as it comes."""

    def __init__(self, project: ScopedProject) -> None:
        self._selectors = project.selectors
        self._images: defaultdict[str, set[str]] = defaultdict(set)
        self._predictions: defaultdict[str, set[str]] = defaultdict(set)
        self._iterations: dict[str, Iteration] = {}

    def take_image(self, image: Image) -> None:
        for place, entry in self._selectors.items():
            if entry.images and fits(image, entry.images):
                self._images[place].add(image["id"].lower())

    def take_iteration(self, iteration: Iteration) -> None:
        self._iterations[iteration["id"]] = iteration

    def take_prediction(self, prediction: StoredPrediction) -> None:
        for place, entry in self._selectors.items():
            if entry.predictions and lies_within(prediction, entry.predictions):
                self._predictions[place].add(prediction["id"])

    def matched(self) -> Iterator[tuple[str, int]]:
        """Each selector's place in the request, a JSON pointer, and how many different objects it chose.

        Every id of images, and every id or name of iterations, is a selector of its own.
        """
        for place, entry in self._selectors.items():
            if entry.images:
                found = self._images[place]
                if entry.images.ids is None:
                    yield f"{place}/images", len(found)
                for number, identity in enumerate(entry.images.ids or ()):
                    yield f"{place}/images/ids/{number}", int(identity in found)
            for number, wanted in enumerate(entry.iterations or ()):
                chosen = sum(is_named(wanted, iteration) for iteration in self._iterations.values())
                yield f"{place}/iterations/{number}", chosen
            if entry.predictions:
                yield f"{place}/predictions", len(self._predictions[place])
