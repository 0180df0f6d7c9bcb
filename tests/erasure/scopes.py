"""From a drafted erasure to the scope of a request: places become ids, names and times of what the service really has."""

from collections.abc import Sequence
from typing import Any

from tests.erasure.drafts import TAGS, DraftErasure, Entry, Images
from tests.export.record import Json, Record

NOBODY = "00000000-0000-4000-8000-000000000000"


def scope_of(draft: DraftErasure, names: Sequence[str], before: Sequence[Record]) -> Any:
    """`names`: of the projects in the draft's order. A place where nothing stands becomes an id that nothing has."""
    if not draft.entries:
        return "account"
    return {"projects": [_entry(each, names[each.project], before) for each in draft.entries]}


def _entry(draft: Entry, name: str, before: Sequence[Record]) -> Json:
    (project,) = (each.key[0] for each in before if each.entity == "project" and each.value["name"] == name)
    own = [each for each in before if each.key[0] == project]
    found: Json = {"name": name} if draft.by_name else {"id": project.upper()}
    if draft.images:
        found["images"] = _images(draft.images, own)
    if draft.iterations:
        found["iterations"] = [_iteration(own, *each) for each in draft.iterations]
    if draft.predictions:
        found["predictions"] = _span(own, *draft.predictions)
    return found


def _images(draft: Images, own: Sequence[Record]) -> Json:
    found: Json = {}
    if draft.tags:
        found["tags"] = [_tag(own, TAGS[place], by_id=by_id) for place, by_id in draft.tags]
    if draft.ids:
        images = sorted({each.key[2] for each in own if each.entity.endswith("tagged image")})
        found["ids"] = [images[-1 - place % len(images)] if images else NOBODY for place in draft.ids]
    if draft.subject is not None:
        found["metadata"] = {"subject": draft.subject}
    return found


def _tag(own: Sequence[Record], name: str, *, by_id: bool) -> str:
    ids = [each.key[2] for each in own if each.entity == "tag" and each.value["name"] == name]
    return ids[0].upper() if by_id and ids else name


def _iteration(own: Sequence[Record], place: int, by_id: bool) -> str:
    iterations = [each.value for each in own if each.entity == "iteration"]
    if not iterations:
        return NOBODY
    found = iterations[place % len(iterations)]
    return found["id"].upper() if by_id else found["name"]


def _span(own: Sequence[Record], first: int | None, end: int | None) -> Json:
    """With the very times of predictions as its ends: the first of them is in it, the other is not."""
    times = sorted({each.value["created"] for each in own if each.entity == "prediction"})
    chosen = [times[place % len(times)] if place is not None and times else None for place in (first, end)]
    match chosen:
        case [str(since), str(until)] if since < until:
            return {"from": _written(since), "to": _written(until)}
        case [str(since), _]:
            return {"from": _written(since)}
        case [None, str(until)]:
            return {"to": _written(until)}
        case _:
            return {"to": "2001-01-01T00:00:00Z"}


def _written(time: str) -> str:
    """With its offset, and at most six digits of a second: those of a request."""
    seconds, point, fraction = time.removesuffix("Z").partition(".")
    return f"{seconds}{point}{fraction[:6]}Z"
