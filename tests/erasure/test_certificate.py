"""A certificate says what was found, no more; it is complete only where nothing that was found speaks against it."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from steward.archive.documents import encode
from steward.erasure.certificate import Certificate, CertificateMalformed, issue, read_certificate
from steward.erasure.certificate_page import render
from steward.erasure.certificate_schema import PLACE, certificate_schema
from steward.erasure.findings import ENTITIES, ReadBack
from steward.erasure.verdicts import FiguresContradict
from steward.evidence.certificates import certificate_statement
from steward.evidence.statement import encode_statement
from tests.erasure import certificates as samples

DOCUMENT = Path(__file__).parents[2] / "docs" / "certificate.md"


@st.composite
def certificates(draw: st.DrawFn) -> Certificate:
    planned, read_back = draw(samples.findings())
    return issue(draw(samples.all_facts(planned)), read_back, draw(samples.archives()))


def validators() -> dict[str, Draft202012Validator]:
    """By the schema's name."""
    schemas: dict[str, Any] = {
        path.stem: json.loads(path.read_text()) for path in PLACE.parent.glob("*.json")
    }
    resources = [(schema["$id"], Resource.from_contents(schema)) for schema in schemas.values()]
    registry = Registry[Any]().with_resources(resources)
    return {name: Draft202012Validator(schema, registry=registry) for name, schema in schemas.items()}


VALIDATORS = validators()


def test_an_erase_after_which_all_is_absent_is_complete() -> None:
    certificate = issue(samples.facts(), samples.DONE, samples.KEPT)
    assert certificate["state"] == "complete"
    assert certificate["verdicts"]["service"]["reasons"] == [
        "All 12,535 planned objects were asked for again and are absent."
    ]
    assert certificate["verdicts"]["archives"]["verdict"] == "kept"
    redacted = issue(samples.facts(), samples.DONE, samples.REDACTED)
    assert redacted["verdicts"]["archives"]["verdict"] == "complete"
    assert (
        "Deleted copies are recoverable until 2026-12-01 22:24:03 UTC: the store keeps deleted blobs for 7 days"
        in redacted["verdicts"]["archives"]["reasons"]
    )


def test_each_thing_that_speaks_against_it_is_a_sentence() -> None:
    reasons = issue(samples.PERSON_FACTS, samples.LACKING, samples.UNREDACTED)["verdicts"]
    assert [reason.split(":")[0] for reason in reasons["service"]["reasons"]] == [
        "The erase was cancelled",
        "Left",
        "Left",
        "Refused by the service",
        "Residue",
        "Still there, for no reason that is known",
        "Not asked for again, so nothing is proved of them",
        "Come after the plan though the scope gives them, so they stay",
        "Gone though no plan has them",
        f"The list of images of project {samples.COATS} proves nothing",
    ]
    assert reasons["archives"]["reasons"] == [
        "Bag export-ticket-697dbf18 was not redacted: its tagmanifest is damaged",
        "2 of 180 deleted copies are still there.",
        "Which copies of bag export-of-a-broken-ledger have left the archive is not known: its export's ledger cannot be believed.",
        "Deleted copies stay recoverable, with no end that is known: versions of blobs are kept",
    ]


def test_kept_archives_are_told_with_their_end_or_that_none_is_set() -> None:
    kept = issue(samples.facts(), samples.DONE, samples.KEPT)
    assert kept["verdicts"]["archives"]["reasons"] == [
        "The archives are kept, until 2027-02-22 00:00:00 UTC: the contract keeps a last export for ninety days"
    ]
    unknown = samples.KEPT | {"until": None, "unknownDownloads": ["export-1"]}
    endless = issue(samples.facts(), samples.DONE, cast("Any", unknown))
    # Which copies left does not make that less kept.
    assert endless["verdicts"]["archives"] == {
        "verdict": "kept",
        "reasons": [
            "The archives are kept, with no end that is known: the contract keeps a last export for ninety days",
            "Which copies of bag export-1 have left the archive is not known: its export's ledger cannot be believed.",
        ],
    }
    assert "with no end that is known" in render(endless)


@pytest.mark.parametrize(
    "against",
    [
        {"asked": samples.DONE["asked"][1:]},
        {"asked": [{**samples.DONE["asked"][0], "absent": 999, "present": 1}, *samples.DONE["asked"][1:]]},
        {"newItems": [{"entity": "images", "project": samples.HATS, "count": 1}]},
        {"goneBeside": [{"entity": "projects", "project": samples.COATS, "count": 1}]},
        {"unsettled": [{"entity": "images", "project": samples.HATS, "reason": "it moved"}]},
        {"asked": []},
    ],
    ids=lambda each: next(iter(each)),
)
def test_one_thing_against_it_is_enough(against: dict[str, Any]) -> None:
    read_back = cast("ReadBack", samples.DONE | against)
    assert issue(samples.facts(), read_back, samples.KEPT)["state"] == "incomplete"


def test_what_was_cancelled_is_incomplete_though_all_of_it_is_gone() -> None:
    cancelled = samples.facts(cancelled=samples.PERSON_FACTS["asked"])
    assert issue(cancelled, samples.DONE, samples.KEPT)["state"] == "incomplete"


@given(certificate=certificates())
def test_it_is_complete_only_and_always_where_nothing_speaks_against_it(certificate: Certificate) -> None:
    found, archives = certificate["readBack"], certificate["archives"]
    planned = sum(certificate["planned"].values())
    service = (
        "cancelled" not in certificate
        and sum(row["absent"] for row in found["asked"]) == planned
        and not any(
            found[name] for name in ("left", "refused", "residue", "newItems", "goneBeside", "unsettled")
        )
    )
    if archives["choice"] == "keep":
        kept = bool(archives["reason"].strip())
    else:
        kept = (
            not archives["unredacted"]
            and not archives["unknownDownloads"]
            and archives["copies"]["absent"] == archives["copies"]["asked"]
            and all(each["until"] for each in archives["recoverable"])
        )
    assert (certificate["verdicts"]["service"]["verdict"] == "complete") == service
    assert (certificate["verdicts"]["archives"]["verdict"] != "incomplete") == kept
    assert (certificate["state"] == "complete") == (service and kept)


@given(certificate=certificates())
def test_its_figures_add_up(certificate: Certificate) -> None:
    assert [row["entity"] for row in certificate["counts"]] == [*ENTITIES, "exported models"]
    for row in certificate["counts"]:
        parts = (
            row["erased"],
            row["left"],
            row["refused"],
            row["residue"],
            row["stillThere"],
            row["notAsked"],
        )
        assert row["planned"] == sum(parts)
    for entity in ENTITIES:
        row = next(each for each in certificate["counts"] if each["entity"] == entity)
        found = [each for each in certificate["readBack"]["asked"] if each["entity"] == entity]
        assert row["planned"] == certificate["planned"].get(entity, 0)
        assert row["erased"] == sum(each["absent"] for each in found)


def test_findings_that_cannot_be_of_the_plan_make_no_certificate() -> None:
    with pytest.raises(FiguresContradict, match="images: 10480 were asked for again, 7 were planned"):
        issue(samples.facts(planned={**samples.PLANNED, "images": 7}), samples.DONE, samples.KEPT)
    left = samples.LACKING["left"][:1]
    with pytest.raises(FiguresContradict, match="images: 0 are present, but more"):
        issue(samples.facts(), cast("ReadBack", samples.DONE | {"left": left}), samples.KEPT)
    copies = samples.REDACTED | {"copies": {"asked": 1, "absent": 2}}
    with pytest.raises(FiguresContradict, match="archives: 2 copies are absent"):
        issue(samples.facts(), samples.DONE, cast("Any", copies))


@given(certificate=certificates())
def test_it_is_as_its_schema_says_and_reads_back(certificate: Certificate) -> None:
    data = encode(certificate)
    assert list(VALIDATORS["certificate"].iter_errors(json.loads(data))) == []
    assert read_certificate(data) == certificate


@pytest.mark.parametrize(
    "forged",
    [
        {"state": "complete"},
        {"verdicts": {"service": {"verdict": "complete", "reasons": ["Trust me."]}}},
        {"counts": issue(samples.facts(), samples.DONE, samples.KEPT)["counts"]},
        {"cancelled": None},
        {"readBack": {**samples.LACKING, "at": "2026-11-31T00:00:00Z"}},
        {"more": 1},
        {"account": 1},
        {"archives": {"choice": "keep"}},
    ],
    ids=lambda each: next(iter(each)),
)
def test_what_does_not_follow_from_its_findings_is_no_certificate(forged: dict[str, Any]) -> None:
    certificate = issue(samples.PERSON_FACTS, samples.LACKING, samples.UNREDACTED)
    if "verdicts" in forged:
        forged = {"verdicts": certificate["verdicts"] | forged["verdicts"]}
    with pytest.raises(CertificateMalformed) as refused:
        read_certificate(encode(certificate | forged))
    assert samples.ODD not in str(refused.value)


@given(data=st.binary())
def test_bytes_that_are_no_certificate_are_told_so(data: bytes) -> None:
    with pytest.raises(CertificateMalformed, match="is no certificate"):
        read_certificate(data)


class Page(HTMLParser):
    """A page as a browser takes it apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.times: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.times |= {value for name, value in attrs if name == "datetime" and value}

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


# The page is made of these and no others: nothing that runs, loads, or sends.
TAGS = frozenset(
    {
        "html",
        "head",
        "meta",
        "title",
        "style",
        "body",
        "header",
        "main",
        "footer",
        "section",
        "h1",
        "h2",
        "h3",
        "p",
    }
    | {"br", "span", "code", "bdi", "time", "div", "table", "thead", "tbody", "tr", "th", "td", "ul", "li"}
    | {"dl", "dt", "dd"}
)
ATTRIBUTES = frozenset(
    {
        "lang",
        "dir",
        "charset",
        "name",
        "content",
        "http-equiv",
        "class",
        "role",
        "aria-label",
        "tabindex",
        "scope",
    }
    | {"datetime"}
)
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def leaves(value: Any) -> Iterator[str | int]:
    """Everything that a certificate says."""
    if isinstance(value, dict):
        for each in cast("dict[str, Any]", value).values():
            yield from leaves(each)
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from leaves(each)
    elif isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        yield value


@given(certificate=certificates())
def test_its_page_says_everything_and_lets_no_mark_work(certificate: Certificate) -> None:
    text = render(certificate)
    page = Page(text)
    assert page.tags <= TAGS
    assert page.attributes <= ATTRIBUTES
    assert not HIDDEN.search(text)
    shown = " ".join(page.texts)
    # Words for programs stand on it in other words.
    said: dict[str, Any] = {
        **certificate,
        "format": "",
        "planned": {},
        "scope": certificate["scope"]["projects"],
    }
    said["guard"] = {name: each for name, each in certificate["guard"].items() if name != "kind"}
    said["residue"] = [{**each, "kind": ""} for each in certificate["residue"]]
    for leaf in leaves(said):
        if isinstance(leaf, int):
            assert re.search(rf"(?<![\d,]){leaf:,}(?!,?\d)", shown), leaf
        elif leaf not in page.times:
            visible = HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", leaf)
            assert visible.lower() in shown.lower(), leaf


def test_the_same_certificate_makes_the_same_page() -> None:
    certificate = issue(samples.PERSON_FACTS, samples.LACKING, samples.UNREDACTED)
    assert render(certificate) == render(read_certificate(encode(certificate)))


def test_a_persons_erase_says_that_predictions_were_not_searched_and_who_was_not_verified() -> None:
    notes = issue(samples.PERSON_FACTS, samples.LACKING, samples.REDACTED)["notes"]
    assert notes.keys() == {"method", "persons", "derivedIterations", "notSearched"}
    assert "carry no metadata" in notes.get("notSearched", "")
    assert issue(samples.facts(), samples.DONE, samples.KEPT)["notes"].keys() == {"method"}


def test_a_statement_is_as_its_schema_says() -> None:
    certificate = issue(samples.facts(), samples.DONE, samples.KEPT)
    statement = json.loads(encode_statement(certificate_statement(certificate, b"document", b"page")))
    assert list(VALIDATORS["certificate-statement"].iter_errors(statement)) == []


def test_the_published_schema_is_that_of_the_types() -> None:
    assert PLACE.read_text() == certificate_schema(), "python -m steward.erasure.certificate_schema"
    for schema in VALIDATORS.values():
        Draft202012Validator.check_schema(schema.schema)


def test_the_document_names_every_schema_and_shows_valid_examples() -> None:
    text = DOCUMENT.read_text()
    for name in VALIDATORS:
        assert f"schemas/{name}.json" in text
    examples = text.split("```json ")[1:]
    assert len(examples) >= 2
    for example in examples:
        schema, _, body = example.partition("\n")
        document = json.loads(body.partition("```")[0])
        assert list(VALIDATORS[schema].iter_errors(document)) == [], schema
