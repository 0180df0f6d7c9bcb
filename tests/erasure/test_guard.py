"""Something to fall back on: an export that verifies and has everything that the plan names, or the word that none is needed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobType

from tests.conftest import Azurite
from tests.emulator.service import pictures
from tests.erasure.erasing import WAIVED, Erasing
from tests.erasure.wardrobe import Wardrobe, changes, service_of, wardrobe
from tests.export.exporting import Host, new_archive, settings, wait
from tests.export.record import Json


def export(app: Erasing, project: Wardrobe, name: str, **options: bool) -> Json:
    """The whole project, without what is not wanted."""
    document = app.host.export({"account": name, "scope": project.whole, "options": options})
    assert document["state"].startswith("completed"), document
    return document


def assert_refused(app: Erasing, document: Json, *said: str) -> None:
    """With these words, and nothing was changed since the counters were emptied."""
    assert document["state"] == "refused", document
    assert [words for words in said if words not in document["reason"]] == [], document["reason"]
    assert changes(app.emulator) == {}


def asked(app: Erasing, project: Wardrobe, name: str, **fields: Any) -> Json:
    """The whole project's erase, as far as its guard."""
    app.emulator.forget_calls()
    return app.waiting(app.ask(project.whole, account=name, **fields))


def test_without_an_export_nothing_goes(app: Erasing, project: Wardrobe, name: str) -> None:
    assert_refused(app, asked(app, project, name), "no export covers the plan", "there is none")


@pytest.mark.prove
def test_an_export_of_everything_is_enough(app: Erasing, project: Wardrobe, name: str) -> None:
    """And the certificate names it."""
    bag = export(app, project, name)
    document = asked(app, project, name)
    assert document["state"] == "waiting-for-approval", document
    assert document["guard"]["export"]["request"] == bag["id"]
    app.approve(document)
    document = app.host.wait(document["id"])
    assert document["state"] == "completed", document
    guard = app.certificate(document)["guard"]
    assert (guard["kind"], guard["request"]) == ("export", bag["id"])


def test_what_came_after_the_export_is_missed(app: Erasing, project: Wardrobe, name: str) -> None:
    bag = export(app, project, name)
    project.add(project.tags["hat"])
    project.predict(77)
    project.service.answer("POST", f"/projects/{project.id}/train", params={"forceTrain": "true"})
    project.service.tag(project.id, "glove")
    document = asked(app, project, name)
    lacks = ["1 of 17 images", "1 of 4 stored predictions", "1 of 3 iterations", "1 of 4 image tags"]
    assert_refused(app, document, bag["id"], *lacks)


def test_what_the_export_left_out_is_missed(app: Erasing, project: Wardrobe, name: str) -> None:
    bag = export(app, project, name, iterations=False, predictions=False)
    document = asked(app, project, name)
    lacks = ["5 of 16 images", "3 of 3 stored predictions", "2 of 2 iterations", "1 of 3 image tags"]
    assert_refused(app, document, bag["id"], *lacks)


@pytest.mark.prove
def test_an_image_without_its_picture_is_missed(app: Erasing, project: Wardrobe, name: str) -> None:
    image = project.service.answer("GET", f"/projects/{project.id}/images", params={"take": "1"})[0]
    path = image["originalImageUri"].partition("?")[0].removeprefix(app.service.endpoint)
    path = path.removeprefix(app.emulator.endpoint)
    app.emulator.fault(kind="status", status=404, operation="GetBlob", path=path)
    assert export(app, project, name)["state"] == "completed-with-gaps"
    app.emulator.no_faults()
    assert_refused(app, asked(app, project, name), "1 of 16 images are not in it")


def damage_picture(app: Erasing, project: Wardrobe, bag: Json) -> None:
    blob = f"{bag['account']}/pictures/{project.id}/{project.shoes[0]}"
    (other,) = pictures(1, start=5000)
    app.archive.container.upload_blob(blob, other, overwrite=True)


def lose_picture(app: Erasing, project: Wardrobe, bag: Json) -> None:
    app.archive.container.delete_blob(f"{bag['account']}/pictures/{project.id}/{project.shoes[0]}")


def alter_page(app: Erasing, project: Wardrobe, bag: Json) -> None:
    (page,) = [
        blob.name
        for blob in app.archive.container.list_blobs(
            name_starts_with=f"{bag['bag']}data/projects/{project.id}/images/"
        )
        if "/tagged" in blob.name
    ]
    text = app.archive.container.download_blob(page).readall()
    app.archive.container.upload_blob(page, text.replace(b'"42"', b'"43"'), overwrite=True)


def lose_statement(app: Erasing, project: Wardrobe, bag: Json) -> None:
    statements = [
        blob.name
        for blob in app.archive.container.list_blobs(name_starts_with=bag["bag"])
        if blob.name.endswith(".dsse.json") or "statement" in blob.name
    ]
    assert statements
    for each in statements:
        app.archive.container.delete_blob(each)


type Deed = Callable[[Erasing, Wardrobe, Json], None]


@pytest.mark.parametrize(
    "deed",
    [
        damage_picture,
        *(pytest.param(each, marks=pytest.mark.prove) for each in (lose_picture, lose_statement, alter_page)),
    ],
)
def test_a_bag_that_is_not_what_it_was_is_no_fallback(
    app: Erasing, project: Wardrobe, name: str, deed: Deed
) -> None:
    bag = export(app, project, name)
    deed(app, project, bag)
    assert_refused(app, asked(app, project, name), bag["id"])


def lose_export_document(app: Erasing, project: Wardrobe, bag: Json) -> None:
    app.archive.container.delete_blob(f"{bag['bag']}export.json")


def break_ledger(app: Erasing, project: Wardrobe, bag: Json) -> None:
    """Under the index that it had: of another length it would be read for its summary already."""
    ledger = app.archive.container.get_blob_client(f"{bag['account']}/requests/{bag['id']}/ledger.jsonl")
    found = ledger.download_blob()
    forged = found.readall().replace(b'"sealed"', b'"sailed"')
    ledger.upload_blob(forged, BlobType.APPENDBLOB, overwrite=True, metadata=found.properties.metadata)


@pytest.mark.parametrize(
    "deed",
    [
        break_ledger,
        *(pytest.param(each, marks=pytest.mark.prove) for each in (alter_page, lose_export_document)),
    ],
)
@pytest.mark.prove
def test_an_older_bag_stands_in_for_a_damaged_one(
    app: Erasing, project: Wardrobe, name: str, deed: Deed
) -> None:
    """Pages are each bag's own; pictures are shared."""
    older, newer = export(app, project, name), export(app, project, name)
    deed(app, project, newer)
    document = asked(app, project, name)
    assert document["state"] == "waiting-for-approval", document
    found = next(event["data"] for event in app.ledger(document) if event["type"] == "guard")
    assert found["export"]["request"] == older["id"]


@pytest.mark.parametrize(
    "deed",
    [alter_page, *(pytest.param(each, marks=pytest.mark.prove) for each in (damage_picture, lose_picture))],
)
def test_a_bag_that_is_damaged_after_the_approval_stops_the_erase(
    app: Erasing, project: Wardrobe, name: str, deed: Deed
) -> None:
    bag = export(app, project, name)
    document = asked(app, project, name)
    assert document["state"] == "waiting-for-approval", document
    deed(app, project, bag)
    app.approve(document)
    assert_refused(app, app.host.wait(document["id"]), bag["id"])


@pytest.mark.prove
def test_a_bag_that_is_redacted_before_the_erase_covers_no_more_what_left_it(
    app: Erasing, project: Wardrobe, name: str
) -> None:
    bag = export(app, project, name)
    waiting = asked(app, project, name)
    subject = app.erase(project.of_subject, account=name, archives="erase")
    assert subject["state"] == "completed", subject
    app.emulator.forget_calls()
    app.approve(waiting)
    assert_refused(app, app.host.wait(waiting["id"]), bag["id"], "3 of 16 images are not in it")


def test_a_waiver_is_on_record_with_its_reason(app: Erasing, project: Wardrobe, name: str) -> None:
    document = app.erase(project.of_subject, account=name, **WAIVED)
    assert document["state"] == "completed", document
    guard = app.certificate(document)["guard"]
    assert guard == {"kind": "waiver", "reason": WAIVED["waiveExport"]["reason"]}
    assert project.images() == {*project.hats[3:], *project.shoes}


def test_an_erase_that_reaches_the_archives_needs_none(app: Erasing, project: Wardrobe, name: str) -> None:
    document = app.erase(project.of_subject, account=name, purpose="data-subject")
    assert document["state"] == "completed", document
    assert app.certificate(document)["guard"] == {"kind": "archives"}


@pytest.mark.prove
def test_how_old_an_export_is_counts_when_the_plan_is_made(
    azurite: Azurite, app: Erasing, tmp_path: Path
) -> None:
    project = wardrobe(service_of(app.emulator), "Old wardrobe")
    ten_seconds = {"EXPORT_AGE_HOURS": "0.003"}
    with (
        new_archive(azurite.connection_string) as archive,
        Host(tmp_path, settings(app.emulator, archive) | ten_seconds) as host,
    ):
        strict = Erasing(app.emulator, app.service, archive, host)
        sealed = datetime.fromisoformat(export(strict, project, "default")["ended"])
        young = asked(strict, project, "default")
        assert young["state"] == "waiting-for-approval", young
        wait(lambda: datetime.now(UTC), lambda now: now > sealed + timedelta(seconds=11))
        refused = asked(strict, project, "default")
        assert_refused(
            strict, refused, "there is none that was sealed in the 0.003 hours before the plan was made"
        )
        strict.approve(young)
        assert host.wait(young["id"])["state"] == "completed"
