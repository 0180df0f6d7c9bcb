"""Facts and findings of erasures: two that read like real ones, and random ones."""

import hashlib
import uuid
from typing import Any, cast

from hypothesis import strategies as st

from steward import VERSION
from steward.erasure.certificate import Facts, Inventory, Person
from steward.erasure.findings import (
    ENTITIES,
    Archives,
    AskedAgain,
    Entity,
    ErasedArchives,
    KeptArchives,
    ReadBack,
)


def identity(name: str) -> str:
    """A UUID of the service, the same for the same name."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


HATS, COATS = identity("Hats"), identity("Coats")
ANN = Person(name="ann@shop.example", verified=True)
BEN = Person(name="ben@shop.example", verified=True)
UNNAMED = Person(name=None, verified=False)
PLANNED: dict[Entity, int] = {
    "stored predictions": 2_000,
    "published iterations": 2,
    "images": 10_480,
    "image tags": 31,
    "iterations": 20,
    "projects": 2,
}
DONE = ReadBack(
    at="2026-11-24T22:19:40.511203+00:00",
    asked=[
        AskedAgain(
            entity=entity, project=project, absent=planned // 2 + (planned % 2) * (project == HATS), present=0
        )
        for entity, planned in PLANNED.items()
        for project in (HATS, COATS)
    ],
    left=[],
    refused=[],
    residue=[],
    newItems=[],
    goneBeside=[],
    unsettled=[],
)
KEPT: KeptArchives = {
    "choice": "keep",
    "reason": "the contract keeps a last export for ninety days",
    "until": "2027-02-22T00:00:00+00:00",
    "downloads": [
        {"request": "export-ticket-697dbf18", "at": "2026-11-24T21:02:11+00:00", "tagmanifest": digest("bag")}
    ],
    "unknownDownloads": [],
}
REDACTED: ErasedArchives = {
    "choice": "erase",
    "at": "2026-11-24T22:24:03+00:00",
    "bags": [
        {"request": "export-ticket-697dbf18", "old": digest("bag"), "new": digest("new bag")},
        {"request": "export-nightly-20261123", "old": digest("night"), "new": digest("new night")},
    ],
    "unredacted": [],
    "copies": {"asked": 214, "absent": 214},
    "recoverable": [
        {"why": "the store keeps deleted blobs for 7 days", "until": "2026-12-01T22:24:03+00:00"}
    ],
    "downloads": [],
    "unknownDownloads": [],
}


def facts(**others: Any) -> Facts:
    """Two whole projects that leave the service, with an export to fall back on."""
    found: Facts = {
        "request": "erasure-ticket-0b9c1d2e",
        "account": "default",
        "purpose": "off-boarding",
        "scope": {
            "form": "projects",
            "projects": [{"id": each, "whole": True, "selectors": []} for each in (HATS, COATS)],
        },
        "asked": {"at": "2026-11-24T21:30:00.120000+00:00", "by": ANN},
        "approved": {"at": "2026-11-24T21:58:31+00:00", "by": BEN},
        "software": {"name": "custom-vision-steward", "version": VERSION},
        "times": {
            "began": "2026-11-24T21:58:40+00:00",
            "ended": "2026-11-24T22:17:02+00:00",
            "issued": "2026-11-24T22:25:00+00:00",
        },
        "plan": {"request": "erasure-dry-77aa", "hash": digest("plan"), "made": "2026-11-24T20:40:12+00:00"},
        "planned": PLANNED,
        "guard": {
            "kind": "export",
            "request": "export-ticket-697dbf18",
            "tagmanifest": digest("bag"),
            "sealed": "2026-11-24T20:11:59+00:00",
        },
        "ledger": {"events": 14, "hash": digest("ledger")},
        "derivedIterations": {"choice": "keep", "iterations": []},
        "residue": [
            {
                "kind": "exported models",
                "what": "exported model TensorFlow",
                "where": f"iteration {identity('first')}",
                "why": "the service has no call that deletes an exported model",
                "remover": "the provider, when the account is deleted",
                "count": 3,
            },
            {
                "kind": "keys",
                "what": "training and prediction keys of the account",
                "where": "Azure resource default",
                "why": "keys belong to the resource and not to a project",
                "remover": "a person, in the Azure portal",
            },
        ],
        "purge": {"asked": 9_984, "served": 212, "notAsked": 496},
        "inventories": {"before": _inventories("plan"), "after": _inventories("read-back")},
    }
    return found | others  # pyright: ignore[reportReturnType] - tests replace single facts


def _inventories(moment: str) -> list[Inventory]:
    return [
        {"blob": f"default/plans/erasure-dry-77aa/{moment}/{each}.jsonl", "sha256": digest(moment + each)}
        for each in (HATS, COATS)
    ]


ODD = "<script>alert(\"1\")</script> '&' \u202egnp.exe\u200f\x07 a\u200bn\u2060n\ufeff@s\u00adhop"
PERSON_FACTS = facts(
    request="erasure-ticket-41c0ffee",
    purpose="data-subject",
    scope={
        "form": "projects",
        "projects": [
            {"id": HATS, "whole": False, "selectors": ["#/scope/projects/0/images"]},
            {
                "id": COATS,
                "whole": False,
                "selectors": ["#/scope/projects/1/images", "#/scope/projects/1/predictions"],
            },
        ],
    },
    asked={"at": "2026-11-24T21:30:00+00:00", "by": UNNAMED},
    approved={"at": "2026-11-24T21:58:31+00:00", "by": {"name": ODD, "verified": False}},
    cancelled={"at": "2026-11-24T22:10:00+00:00", "by": UNNAMED},
    guard={"kind": "waiver", "reason": ODD},
    planned={"images": 214, "stored predictions": 40},
    derivedIterations={
        "choice": "keep",
        "iterations": [
            {"project": HATS, "id": identity("first")},
            {"project": HATS, "id": identity("second")},
        ],
    },
    purge={"asked": 0, "served": 0, "notAsked": 180},
    residue=[],
)
LACKING = ReadBack(
    at="2026-11-24T22:19:40+00:00",
    asked=[
        {"entity": "stored predictions", "project": COATS, "absent": 40, "present": 0},
        {"entity": "images", "project": HATS, "absent": 120, "present": 13},
        {"entity": "images", "project": COATS, "absent": 60, "present": 20},
    ],
    left=[
        {
            "entity": "images",
            "project": COATS,
            "code": "Cancelled",
            "reason": "the erase was cancelled before",
            "count": 20,
        },
        {
            "entity": "images",
            "project": HATS,
            "code": "NoLongerFits",
            "reason": "its metadata changed after the plan",
            "count": 2,
        },
    ],
    refused=[
        {
            "entity": "images",
            "project": HATS,
            "code": "BadRequestImageBatch",
            "reason": f"HTTP 400 {ODD}",
            "count": 7,
        }
    ],
    residue=[
        {
            "entity": "images",
            "project": HATS,
            "code": "OnlyInSnapshot",
            "reason": "only an iteration's snapshot has them, and the service would not delete them there",
            "count": 3,
            "remover": "whoever deletes the iteration",
        }
    ],
    newItems=[{"entity": "images", "project": HATS, "count": 4}],
    goneBeside=[{"entity": "image tags", "project": HATS, "count": 1}],
    unsettled=[{"entity": "images", "project": COATS, "reason": "the list changed in each of four readings"}],
)
UNREDACTED: ErasedArchives = {
    "choice": "erase",
    "at": "2026-11-24T22:24:03+00:00",
    "bags": [{"request": "export-nightly-20261123", "old": digest("night"), "new": digest("new night")}],
    "unredacted": [{"request": "export-ticket-697dbf18", "reason": "its tagmanifest is damaged"}],
    "copies": {"asked": 180, "absent": 178},
    "recoverable": [{"why": "versions of blobs are kept", "until": None}],
    "downloads": KEPT["downloads"],
    "unknownDownloads": ["export-of-a-broken-ledger"],
}


# As names come from anywhere: markup, quotes, marks that turn the direction, halves of surrogate pairs, controls.
words = st.sampled_from(
    ["plain", ODD, "</bdi></style>", "{{ 7 * 7 }}", "שלום", "\ud83d", "a\u2028b"]
) | st.text(min_size=1, max_size=12)
# Mostly nothing, or hardly a certificate would be complete.
_few = st.just(0) | st.just(0) | st.integers(0, 12_345)
_remains = st.fixed_dictionaries({"left": _few, "refused": _few, "residue": _few, "stillThere": _few})


@st.composite
def findings(draw: st.DrawFn) -> tuple[dict[Entity, int], ReadBack]:
    """What may be found of a plan, and how many of each kind it has."""
    planned: dict[Entity, int] = {}
    found: dict[str, Any] = {name: list[Any]() for name in ReadBack.__annotations__}
    found["at"] = DONE["at"]
    for entity in draw(st.lists(st.sampled_from(ENTITIES), unique=True)):
        remains = draw(_remains | st.just(dict.fromkeys(("left", "refused", "residue", "stillThere"), 0)))
        place = {"entity": entity, "project": draw(st.sampled_from((HATS, COATS)))}
        erased = draw(st.integers(0, 20_000))
        found["asked"].append({**place, "absent": erased, "present": sum(remains.values())})
        planned[entity] = erased + sum(remains.values()) + draw(_few)
        for name in ("left", "refused", "residue"):
            if remains[name]:
                remainder = {**place, "code": draw(words), "reason": draw(words), "count": remains[name]}
                found[name].append(remainder | ({"remover": draw(words)} if name == "residue" else {}))
        for name in ("newItems", "goneBeside"):
            if count := draw(_few):
                why = {"why": draw(words)} if draw(st.booleans()) else {}
                found[name].append({**place, "count": count} | why)
        if draw(_few):
            found["unsettled"].append({**place, "reason": draw(words)})
    return planned, cast("ReadBack", found)


@st.composite
def archives(draw: st.DrawFn) -> Archives:
    downloads = draw(st.just(KEPT["downloads"][:0]) | st.just(KEPT["downloads"]))
    unknown = draw(st.just([]) | st.just(UNREDACTED["unknownDownloads"]))
    if draw(st.booleans()):
        return {
            "choice": "keep",
            "reason": draw(st.just("") | st.just(" ") | words),
            "until": draw(st.just(None) | st.just(KEPT["until"])),
            "downloads": downloads,
            "unknownDownloads": unknown,
        }
    asked = draw(st.integers(0, 20_000))
    until = st.just(None) | st.just("2026-12-01T00:00:00Z")
    return {
        "choice": "erase",
        "at": DONE["at"],
        "bags": draw(st.just([]) | st.just(REDACTED["bags"])),
        "unredacted": [{"request": "export-1", "reason": each} for each in draw(st.lists(words, max_size=1))],
        "copies": {"asked": asked, "absent": asked - min(asked, draw(_few))},
        "recoverable": [{"why": draw(words), "until": each} for each in draw(st.lists(until, max_size=2))],
        "downloads": downloads,
        "unknownDownloads": unknown,
    }


@st.composite
def all_facts(draw: st.DrawFn, planned: dict[Entity, int]) -> Facts:
    """Facts of an erase in which everything that people write is any text."""
    person = st.builds(Person, name=st.none() | words, verified=st.booleans())
    found = draw(st.sampled_from((facts(), PERSON_FACTS)))
    residue = st.fixed_dictionaries(
        {
            "kind": st.sampled_from(("exported models", "keys", "copies", "other")),
            "what": words,
            "where": words,
            "why": words,
            "remover": words,
        },
        optional={"count": st.integers(0, 5_000), "until": words},
    )
    guard: Any = draw(st.sampled_from((facts()["guard"], {"kind": "archives"})) | words.map(_waiver))
    return cast(
        "Facts",
        found
        | {
            "planned": planned,
            "asked": found["asked"] | {"by": draw(person)},
            "approved": found["approved"] | {"by": draw(person)},
            "guard": guard,
            "residue": draw(st.lists(residue, max_size=2)),
        },
    )


def _waiver(reason: str) -> dict[str, str]:
    return {"kind": "waiver", "reason": reason}
