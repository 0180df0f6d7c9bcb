"""The operations of the Custom Vision Training API that export and erase need.

Paths, parameters and batch limits are those of the service's OpenAPI file of API 3.3; 3.4-preview has the same operations.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial

import tenacity
from azure.core.credentials import TokenCredential

from steward.customvision import answers
from steward.customvision.batches import (
    IMAGE_BATCH,
    PAGE_LIMIT,
    PREDICTION_BATCH,
    Deletion,
    all_pages,
    checked_batch,
    checked_id,
    in_halves,
    worst,
)
from steward.customvision.calls import Budget, Calls
from steward.customvision.credentials import COGNITIVE_SERVICES_SCOPE, TrainingKey
from steward.customvision.errors import BadRequest, InvalidArgument, MalformedAnswer, NotFound
from steward.customvision.retry import retry_policy
from steward.customvision.transport import Answer, Connected, Transport


class CustomVisionClient(Connected):
    """One account. Threads may share it; every method raises the errors of `errors.py`.

    `deleting_credential`: who makes the calls that delete, where that is somebody else than `credential`. `budget` gives leave for each call, retries included. `timeout`: seconds to connect, and between two pieces of an
    answer. `answer_limit`: bytes of an answer that may be in memory.
    """

    def __init__(
        self,
        endpoint: str,
        credential: TrainingKey | TokenCredential,
        *,
        deleting_credential: TokenCredential | None = None,
        version: str = "v3.3",
        budget: Budget | None = None,
        pool_size: int = 16,
        timeout: tuple[float, float] = (5.0, 30.0),
        retrying: tenacity.Retrying | None = None,
        answer_limit: int = 4 * 1024 * 1024,
    ) -> None:
        self._base = f"customvision/{version}/training"
        self._transport = Transport(pool_size=pool_size, timeout=timeout)
        self._calls = Calls(
            endpoint,
            credential,
            deleting_credential=deleting_credential,
            scope=COGNITIVE_SERVICES_SCOPE,
            budget=budget,
            transport=self._transport,
            retrying=retrying or retry_policy(),
            answer_limit=answer_limit,
        )

    # Account and projects

    def list_domains(self) -> list[answers.Domain]:
        """What projects can be of: short, the same for every account, and given only to who has a right to the account."""
        return self._calls.read(list[answers.Domain], f"{self._base}/domains")

    def get_account(self) -> answers.Account:
        """Account, quotas and which keys there are, never a key. Only v1.2 has it, and an endpoint may answer 404."""
        account = self._calls.read(answers.Account, "customvision/v1.2/Training/account")
        return {**account, "Keys": answers.presence(account["Keys"])}

    def list_projects(self) -> list[answers.Project]:
        return self._calls.read(list[answers.Project], f"{self._base}/projects")

    def get_project(self, project_id: str) -> answers.Project:
        return self._calls.read(answers.Project, self._project(project_id))

    def delete_project(self, project_id: str) -> Deletion:
        return self._delete(self._project(project_id))

    # Tags

    def list_tags(self, project_id: str, iteration_id: str | None = None) -> list[answers.Tag]:
        """Tags of the workspace, or of an iteration's snapshot."""
        return self._calls.read(
            list[answers.Tag], f"{self._project(project_id)}/tags", _snapshot(iteration_id)
        )

    def get_tag(self, project_id: str, tag_id: str, iteration_id: str | None = None) -> answers.Tag:
        return self._calls.read(answers.Tag, self._tag(project_id, tag_id), _snapshot(iteration_id))

    def delete_tag(self, project_id: str, tag_id: str) -> Deletion:
        return self._delete(self._tag(project_id, tag_id))

    # Iterations

    def list_iterations(self, project_id: str) -> list[answers.Iteration]:
        return self._calls.read(list[answers.Iteration], f"{self._project(project_id)}/iterations")

    def get_iteration(self, project_id: str, iteration_id: str) -> answers.Iteration:
        return self._calls.read(answers.Iteration, self._iteration(project_id, iteration_id))

    def delete_iteration(self, project_id: str, iteration_id: str) -> Deletion:
        return self._delete(self._iteration(project_id, iteration_id))

    def unpublish_iteration(self, project_id: str, iteration_id: str) -> Deletion:
        """`gone` also where the iteration is not published."""
        try:
            return self._delete(f"{self._iteration(project_id, iteration_id)}/publish")
        except BadRequest as error:
            if error.code == "BadRequestIterationNotPublished":
                return "gone"
            raise

    def list_exports(self, project_id: str, iteration_id: str) -> list[answers.ModelExport]:
        return self._calls.read(
            list[answers.ModelExport], f"{self._iteration(project_id, iteration_id)}/export"
        )

    def get_iteration_performance(self, project_id: str, iteration_id: str) -> answers.IterationPerformance:
        """At the service's own thresholds."""
        path = f"{self._iteration(project_id, iteration_id)}/performance"
        return self._calls.read(answers.IterationPerformance, path)

    def page_image_performances(
        self, project_id: str, iteration_id: str, *, skip: int, take: int, limit: int | None = None
    ) -> list[answers.ImagePerformance]:
        """As `page_images`, of an iteration's test run."""
        path = f"{self._iteration(project_id, iteration_id)}/performance/images"
        return self._page(list[answers.ImagePerformance], path, {}, skip, take, limit)

    def count_image_performances(self, project_id: str, iteration_id: str) -> int:
        return self._calls.read(int, f"{self._iteration(project_id, iteration_id)}/performance/images/count")

    # Images

    def page_images(
        self,
        project_id: str,
        *,
        tagged: bool,
        iteration_id: str | None = None,
        skip: int,
        take: int,
        limit: int | None = None,
    ) -> list[answers.Image]:
        """At most `take` (1 to 256) images after the first `skip`, oldest first: what is added meanwhile comes last.

        Raises AnswerTooLarge where the page is longer than `limit` bytes: ask again with a smaller `take`.
        """
        return self._page(
            list[answers.Image], self._images(project_id, tagged), _snapshot(iteration_id), skip, take, limit
        )

    def iterate_images(
        self, project_id: str, *, tagged: bool, iteration_id: str | None = None
    ) -> Iterator[answers.Image]:
        """Every image of the list, in pages that get smaller where they are too long."""
        return all_pages(partial(self.page_images, project_id, tagged=tagged, iteration_id=iteration_id))

    def iterate_image_performances(
        self, project_id: str, iteration_id: str
    ) -> Iterator[answers.ImagePerformance]:
        """Every image performance, in pages that get smaller where they are too long."""
        return all_pages(partial(self.page_image_performances, project_id, iteration_id))

    def count_images(self, project_id: str, *, tagged: bool, iteration_id: str | None = None) -> int:
        return self._calls.read(int, f"{self._images(project_id, tagged)}/count", _snapshot(iteration_id))

    def list_images_by_ids(
        self, project_id: str, ids: Sequence[str], iteration_id: str | None = None
    ) -> list[answers.Image]:
        """Those of at most 256 ids that are there, in the service's order; halved where one call is too long."""
        path = f"{self._project(project_id)}/images/id"

        def ask(part: list[str]) -> list[answers.Image]:
            return self._calls.read(list[answers.Image], path, {"imageIds": part, **_snapshot(iteration_id)})

        return [image for part in in_halves(checked_batch(ids, IMAGE_BATCH), ask) for image in part]

    def delete_images(self, project_id: str, ids: Sequence[str], *, all_iterations: bool) -> Deletion:
        """At most 256. With `all_iterations` the snapshots lose them too, and the service may take its time (accepted)."""
        path = f"{self._project(project_id)}/images"

        def delete(part: list[str]) -> Deletion:
            return self._delete(path, {"imageIds": part, "allIterations": all_iterations})

        return worst(in_halves(checked_batch(ids, IMAGE_BATCH), delete))

    # Stored predictions

    def page_predictions(
        self,
        project_id: str,
        token: answers.PredictionQueryToken | None = None,
        *,
        max_count: int = 0,
        limit: int | None = None,
    ) -> tuple[list[answers.StoredPrediction], answers.PredictionQueryToken | None]:
        """One page, oldest first, and the token of the next one; None after the last. `max_count` 0: the service's own."""
        path = f"{self._project(project_id)}/predictions/query"
        sent: answers.PredictionQueryToken = token or {"orderBy": "Oldest"}
        # The token that comes back repeats what was asked; the page's size may differ from call to call.
        result = self._calls.read(
            answers.PredictionQueryResult, path, body={**sent, "maxCount": max_count}, limit=limit
        )
        following = result["token"] if result["token"].get("continuation") else None
        if following and following.get("continuation") == sent.get("continuation"):
            raise MalformedAnswer(f"POST {path}: a page whose continuation leads to itself")
        return result["results"], following

    def iterate_predictions(self, project_id: str) -> Iterator[answers.StoredPrediction]:
        token: answers.PredictionQueryToken | None = None
        while True:
            results, token = self.page_predictions(project_id, token)
            yield from results
            if token is None:
                return

    def delete_predictions(self, project_id: str, ids: Sequence[str]) -> Deletion:
        """At most 64."""
        path = f"{self._project(project_id)}/predictions"

        def delete(part: list[str]) -> Deletion:
            return self._delete(path, {"ids": part})

        return worst(in_halves(checked_batch(ids, PREDICTION_BATCH), delete))

    # Artifacts

    def open_artifact(self, project_id: str, path: str) -> AbstractContextManager[Answer]:
        """The file that a private account's relative address names: one attempt, since only the reader sees it through."""
        return self._calls.open(
            "GET", f"{self._project(project_id)}/artifacts", {"path": path}, accept_encoded=False
        )

    def _project(self, project_id: str) -> str:
        return f"{self._base}/projects/{checked_id('project_id', project_id)}"

    def _tag(self, project_id: str, tag_id: str) -> str:
        return f"{self._project(project_id)}/tags/{checked_id('tag_id', tag_id)}"

    def _iteration(self, project_id: str, iteration_id: str) -> str:
        return f"{self._project(project_id)}/iterations/{checked_id('iteration_id', iteration_id)}"

    def _images(self, project_id: str, tagged: bool) -> str:
        return f"{self._project(project_id)}/images/{'tagged' if tagged else 'untagged'}"

    def _page[T](
        self,
        shape: type[list[T]],
        path: str,
        query: dict[str, object],
        skip: int,
        take: int,
        limit: int | None,
    ) -> list[T]:
        if skip < 0 or not 1 <= take <= PAGE_LIMIT:
            raise InvalidArgument(
                f"skip, take: expected 0 or more, and 1 to {PAGE_LIMIT}; found {skip}, {take}"
            )
        query = {**query, "orderBy": "Oldest", "skip": skip, "take": take}
        page = self._calls.read(shape, path, query, limit=limit)
        if len(page) > take:
            raise MalformedAnswer(f"GET {path}: {len(page)} items where at most {take} were asked for")
        return page

    def _delete(self, path: str, query: dict[str, object] | None = None) -> Deletion:
        try:
            return "accepted" if self._calls.delete(path, query) == 202 else "done"
        except NotFound as error:
            # A gateway's 404 says that the address is wrong, not that the thing is gone.
            if error.code.startswith("NotFound") and not error.gateway:
                return "gone"
            raise


def _snapshot(iteration_id: str | None) -> dict[str, object]:
    return {} if iteration_id is None else {"iterationId": checked_id("iteration_id", iteration_id)}
