"""Reading and erasing a whole account of the emulator, and its limit of calls."""

import hashlib
import io
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from azure.storage.blob import ContainerClient

from stack.processes import Program, start_emulator
from steward.customvision.answers import Image
from steward.customvision.budget import CallBudget
from steward.customvision.client import CustomVisionClient
from steward.customvision.credentials import TrainingKey
from steward.customvision.errors import NotFound, PictureLinkExpired, Unauthorized
from steward.customvision.pictures import PictureSource
from steward.customvision.retry import retry_policy

type Start = Callable[..., Program]


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts an emulator with the small seed, or gives the one that runs with these options already."""
    programs: dict[tuple[str, ...], Program] = {}

    def run(*options: str) -> Program:
        if options not in programs:
            programs[options] = start_emulator(tmp_path_factory.mktemp("emulator"), *options)
        return programs[options]

    yield run
    for program in programs.values():
        program.stop()


def connected(program: Program, **options: Any) -> CustomVisionClient:
    return CustomVisionClient(program.facts["endpoint"], TrainingKey(program.facts["trainingKey"]), **options)


def counters(program: Program) -> dict[str, Any]:
    return requests.get(f"{program.facts['endpoint']}/.emulator/counters", timeout=10).json()


@pytest.mark.parametrize("options", [(), ("--private",)], ids=["public", "private"])
def test_a_whole_account_is_read(start: Start, options: tuple[str, ...]) -> None:
    program = start(*options)
    kinds: Counter[str] = Counter()
    with connected(program) as client, PictureSource(client, [], allow_http=True) as pictures:
        assert client.get_account()["Quotas"]["Projects"]["Used"] == 3
        for project in client.list_projects():
            kinds["projects"] += 1
            iterations = client.list_iterations(project["id"])
            trained = [found["id"] for found in iterations if found["status"] == "Completed"]
            for snapshot in (None, *trained):
                for tagged in (True, False):
                    images = list(client.iterate_images(project["id"], tagged=tagged, iteration_id=snapshot))
                    assert len(images) == client.count_images(
                        project["id"], tagged=tagged, iteration_id=snapshot
                    )
                    kinds["snapshot images" if snapshot else "images"] += len(images)
                    tags = {tag["id"] for tag in client.list_tags(project["id"], snapshot)}
                    assert {tag["tagId"] for found in images for tag in found.get("tags") or []} <= tags
                    if not snapshot:
                        kinds["pictures"] += len(
                            {_digest(pictures, project["id"], found) for found in images}
                        )
            for iteration in trained:
                assert client.get_iteration_performance(project["id"], iteration)["perTagPerformance"]
                performances = list(client.iterate_image_performances(project["id"], iteration))
                assert len(performances) == client.count_image_performances(project["id"], iteration)
                for export in client.list_exports(project["id"], iteration):
                    assert bool(export["downloadUri"]) == (export["status"] == "Done")
                    kinds["exports"] += _is_zip(pictures, project["id"], export["downloadUri"])
            kinds["predictions"] += sum(
                bool(pictures.fetch(found["originalImageUri"], project["id"]).length)
                for found in client.iterate_predictions(project["id"])
            )
    # The small seed; its pictures are all different.
    assert kinds["projects"] == 3
    assert kinds["images"] == kinds["pictures"] == 300
    assert kinds["snapshot images"] > 0
    assert kinds["exports"] == 3
    assert kinds["predictions"] == 30


def _digest(pictures: PictureSource, project_id: str, image: Image) -> str:
    uri, width, height = image["originalImageUri"], image["width"], image["height"]
    picture = pictures.fetch(uri, project_id, width=width, height=height)
    assert picture.sha256 == hashlib.sha256(picture.data).hexdigest()
    return picture.sha256


def _is_zip(pictures: PictureSource, project_id: str, uri: str | None) -> bool:
    if not uri:
        return False
    file = io.BytesIO()
    pictures.download(uri, project_id, to=file)
    return file.getvalue().startswith(b"PK")


def test_a_project_is_erased_piece_by_piece(start: Start) -> None:
    program = start("--delete-seconds", "0.3")
    with connected(program) as client:
        project = next(
            found["id"]
            for found in client.list_projects()
            if any(iteration.get("publishName") for iteration in client.list_iterations(found["id"]))
        )
        predictions = [found["id"] for found in client.iterate_predictions(project)]
        assert client.delete_predictions(project, predictions[:64]) == "done"
        assert list(client.iterate_predictions(project)) == []

        images = [
            found["id"] for tagged in (True, False) for found in client.iterate_images(project, tagged=tagged)
        ]
        assert client.delete_images(project, images[:5], all_iterations=False) == "done"
        assert client.delete_images(project, images[:5], all_iterations=False) == "gone"
        assert client.delete_images(project, images, all_iterations=True) == "accepted"
        deadline = time.monotonic() + 20
        while client.list_images_by_ids(project, images) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert client.count_images(project, tagged=True) == client.count_images(project, tagged=False) == 0

        for tag in client.list_tags(project):
            assert client.delete_tag(project, tag["id"]) == "done"
            assert client.delete_tag(project, tag["id"]) == "gone"
        for iteration in client.list_iterations(project):
            published = bool(iteration.get("publishName"))
            assert client.unpublish_iteration(project, iteration["id"]) == ("done" if published else "gone")
            assert client.delete_iteration(project, iteration["id"]) == "done"
        assert client.delete_project(project) == "done"
        assert client.delete_project(project) == "gone"
        with pytest.raises(NotFound, match="NotFoundProject"):
            client.get_project(project)


def test_an_expired_link_says_so(start: Start) -> None:
    program = start("--sas-lifetime", "1")
    with connected(program) as client, PictureSource(client, [], allow_http=True) as pictures:
        project = client.list_projects()[0]["id"]
        image = client.page_images(project, tagged=True, skip=0, take=1)[0]
        requests.post(f"{program.facts['endpoint']}/.emulator/clock", json={"seconds": 60}, timeout=10)
        with pytest.raises(PictureLinkExpired):
            pictures.fetch(image["originalImageUri"], project)


def test_a_wrong_key_is_a_clear_error(start: Start) -> None:
    program = start()
    with (
        CustomVisionClient(program.facts["endpoint"], TrainingKey("wrong")) as client,
        pytest.raises(Unauthorized),
    ):
        client.list_projects()


@pytest.mark.prove
def test_many_threads_keep_to_the_limit_and_use_it_up(start: Start, container: ContainerClient) -> None:
    program = start("--rate-limit", "10/10")
    with (
        container.get_blob_client("budget") as blob,
        connected(program, budget=CallBudget(blob)) as client,
        ThreadPoolExecutor(16) as threads,
    ):
        started = time.monotonic()
        for work in [threads.submit(client.list_projects) for _ in range(60)]:
            assert len(work.result()) == 3
        wall = time.monotonic() - started
    assert wall <= 6 * 1.05
    assert counters(program).get("throttled") == 0


def test_faults_of_every_kind_are_outlived(start: Start) -> None:
    rules = [
        '{"kind": "status", "operation": "GetTaggedImages", "nth": 1, "retryAfter": 0}',
        '{"kind": "truncated", "operation": "GetTaggedImages", "nth": 2}',
        '{"kind": "reset-after", "operation": "GetUntaggedImages", "nth": 1}',
        '{"kind": "wrong-bytes", "operation": "GetBlob", "every": 7}',
        '{"kind": "truncated", "operation": "GetBlob", "every": 11}',
        '{"kind": "reset-before", "operation": "GetBlob", "every": 13}',
    ]

    def digests(program: Program) -> list[str]:
        quickly = retry_policy(attempts=8, first_wait=0.01, longest_wait=0.02)
        with (
            connected(program, retrying=quickly) as client,
            PictureSource(client, [], allow_http=True, retrying=quickly) as pictures,
            ThreadPoolExecutor(8) as threads,
        ):
            project = client.list_projects()[0]["id"]

            def digest(image: Image) -> str:
                return _digest(pictures, project, image)

            images = [
                image for tagged in (True, False) for image in client.iterate_images(project, tagged=tagged)
            ]
            return list(threads.map(digest, images))

    assert digests(start(*(part for rule in rules for part in ("--fault", rule)))) == digests(start())
