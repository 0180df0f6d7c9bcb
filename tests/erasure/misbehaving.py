"""Ways in which a service may misbehave while an erasure works on it; each is a behaviour of the proxy before it."""

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

from tests.emulator.service import Service
from tests.service_proxy import Answered, Behaviour, Call, PassOn

JSON = {"Content-Type": "application/json; charset=utf-8"}
LISTS = ("GetTaggedImages", "GetUntaggedImages")
COUNTS = ("GetTaggedImageCount", "GetUntaggedImageCount")
BY_ID = ("GetImagesByIds",)
_PATHS = {
    "GetTaggedImages": "/images/tagged",
    "GetUntaggedImages": "/images/untagged",
    "GetTaggedImageCount": "/images/tagged/count",
    "GetUntaggedImageCount": "/images/untagged/count",
    "GetImagesByIds": "/images/id",
}


def does_nothing(operation: str, status: int) -> Behaviour:
    """Reports success, and leaves everything as it is."""

    def behave(call: Call, pass_on: PassOn) -> Answered:
        return Answered(status, {}, b"") if call.operation == operation else pass_on()

    return behave


def denies(operation: str, lists: str) -> Behaviour:
    """Reports that it deleted it, and from then on leaves it out of its lists; but gives it by its id."""
    told: set[str] = set()

    def behave(call: Call, pass_on: PassOn) -> Answered:
        if call.operation == operation:
            told.update(each.lower() for name, each in call.ids.items() if name != "projectId")
            return Answered(204, {}, b"")
        return hides(told, (lists,))(call, pass_on)

    return behave


def never_heard_of(operation: str, code: str) -> Behaviour:
    """Says of what is there that it is not."""
    body = json.dumps({"code": code, "message": "It does not exist."}).encode()

    def behave(call: Call, pass_on: PassOn) -> Answered:
        return Answered(404, JSON, body) if call.operation == operation else pass_on()

    return behave


def feigns_the_end_of_a_project() -> Behaviour:
    """Reports that it deleted the project, and from then on says that there is none; but lists it among all."""
    told: set[str] = set()
    body = json.dumps({"code": "NotFoundProject", "message": "It does not exist."}).encode()

    def behave(call: Call, pass_on: PassOn) -> Answered:
        if call.operation == "DeleteProject":
            told.add(call.project)
            return Answered(204, {}, b"")
        return Answered(404, JSON, body) if call.project in told else pass_on()

    return behave


def deletes_too(operation: str, more: Callable[[], object]) -> Behaviour:
    """Does what it is asked, and more: once."""
    left: Iterator[Callable[[], object]] = iter([more])

    def behave(call: Call, pass_on: PassOn) -> Answered:
        answered = pass_on()
        if call.operation == operation:
            for each in left:
                each()
        return answered

    return behave


def hides(images: Collection[str], operations: Collection[str]) -> Behaviour:
    """Leaves these images out of what it answers to these operations."""

    def behave(call: Call, pass_on: PassOn) -> Answered:
        answered = pass_on()
        if call.operation not in operations or answered.status != 200:
            return answered
        listed: list[Any] = json.loads(answered.body)
        kept = [each for each in listed if each["id"] not in images]
        return Answered(200, answered.headers, json.dumps(kept).encode())

    return behave


def mistakes(service: Service, project: str, other: str, operations: Collection[str]) -> Behaviour:
    """Answers to these operations on one project's workspace with what another project has."""

    def behave(call: Call, pass_on: PassOn) -> Answered:
        if call.operation not in operations or call.project != project or "iterationId" in call.query:
            return pass_on()
        answer = service.call("GET", f"/projects/{other}{_PATHS[call.operation]}", params=call.query)
        return Answered(answer.status_code, JSON, answer.content)

    return behave


def keeps_snapshots(service: Service, status: int) -> Behaviour:
    """Deletes images from the workspace alone, whatever it is asked."""

    def behave(call: Call, pass_on: PassOn) -> Answered:
        if call.operation != "DeleteImages":
            return pass_on()
        params = {"imageIds": call.listed("imageIds")}
        answer = service.call("DELETE", f"/projects/{call.project}/images", params=params)
        return Answered(status, {}, b"") if answer.ok else Answered(answer.status_code, JSON, answer.content)

    return behave
