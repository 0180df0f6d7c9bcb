"""`doctor` finds what is wrong, each fault made for real, and says what to do; what is well it calls well."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path

import pytest
from azure.storage.blob import (
    AccountSasPermissions,
    ResourceTypes,
    generate_account_sas,
)
from azure.storage.queue import QueueClient

from stack.processes import ACCOUNT_KEY, ACCOUNT_NAME, ROOT
from stack.stack import QUEUE
from steward.ledger.ledger import Ledger
from tests.commands.typing_in import CommandLine, command_line
from tests.conftest import Azurite
from tests.export.exporting import Archive, Emulator, new_archive, new_emulator, settings
from tests.export.record import Json
from tests.proxy import Answered, Proxy, Seen

KEY, READER_KEY, WRONG_KEY = "training-key-3c1f", "reader-key-77aa", "wrong-key-9f2c71b6"


class OtherClock(Proxy):
    """A store whose clock is an hour behind this machine's, which is what a clock that is an hour ahead sees."""

    def answer(self, seen: Seen) -> Answered:
        answered = self.pass_on(seen)
        headers = dict(answered.headers)
        name = next(each for each in headers if each.lower() == "date")
        headers[name] = format_datetime(
            parsedate_to_datetime(headers[name]) - timedelta(hours=1), usegmt=True
        )
        return Answered(answered.status, headers, answered.body)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    keys = ("--training-key", KEY, "--training-key", f"{READER_KEY}:read-only")
    with new_emulator(tmp_path_factory.mktemp("emulator"), *keys, seed="none") as running:
        yield running


@pytest.fixture(scope="module")
def archive(azurite: Azurite) -> Iterator[Archive]:
    with (
        new_archive(azurite.connection_string) as found,
        QueueClient.from_connection_string(azurite.connection_string, QUEUE) as queue,
    ):
        queue.create_queue()
        yield found
        queue.delete_queue()


class Doctor:
    """`values`: the settings of an app with which nothing is wrong; each call says what is other than that."""

    def __init__(self, run: CommandLine, values: dict[str, str]) -> None:
        self.run = run
        self.values = values

    def wrong(self, *options: str, **changed: str) -> dict[str, Json]:
        """What is found to be wrong, by the check's name."""
        found, code = self.look(*options, **changed)
        assert code == (0 if all(each["ok"] for each in found.values()) else 1)
        return {name: each for name, each in found.items() if not each["ok"]}

    def look(self, *options: str, **changed: str) -> tuple[dict[str, Json], int]:
        said = self.run("doctor", "--json", *options, **{**self.values, **changed})
        for secret in (KEY, READER_KEY, WRONG_KEY, ACCOUNT_KEY, "sig="):
            assert secret not in said.out + said.err
        assert said.out, said.err
        return {each["name"]: each for each in json.loads(said.out)}, said.code

    def account(self, **changed: object) -> str:
        """The setting of accounts, with fields that are other."""
        found = json.loads(self.values["CUSTOM_VISION_ACCOUNTS"])
        return json.dumps({"default": {**found["default"], **changed}})


@pytest.fixture
def doctor(
    emulator: Emulator,
    archive: Archive,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Doctor:
    # No other local.settings.json is taken for this app's.
    monkeypatch.chdir(tmp_path)
    sample = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
    values = {**sample, **settings(emulator, archive), "CUSTOM_VISION_TRAINING_KEY": KEY}
    return Doctor(command_line(monkeypatch, capsys, {}), values)


def connection_string_with(archive: Archive, **permissions: bool) -> str:
    """One that has a SharedAccessSignature with these permissions alone."""
    signature = generate_account_sas(
        ACCOUNT_NAME,
        ACCOUNT_KEY,
        resource_types=ResourceTypes(container=True, object=True),
        permission=AccountSasPermissions(**permissions),
        expiry=datetime.now(UTC) + timedelta(hours=1),
    )
    endpoint = archive.connection_string.partition("BlobEndpoint=")[2].partition(";")[0]
    return f"BlobEndpoint={endpoint};SharedAccessSignature={signature};"


def test_what_is_well_is_called_well(doctor: Doctor, tmp_path: Path) -> None:
    found, code = doctor.look()
    assert code == 0
    assert found.keys() == {
        *("settings", "schedules", "signing key", "queue"),
        *(f"{each} default" for each in ("store", "clock", "writing", "deleting", "budget", "links", "hub")),
        *("service default", "erasing default"),
    }
    (tmp_path / "local.settings.json").write_text(json.dumps({"Values": doctor.values}))
    said = doctor.run("doctor")
    assert (said.code, said.out.count("ok   ")) == (0, len(found))


def test_a_wrong_key_is_found(doctor: Doctor) -> None:
    wrong = doctor.wrong(CUSTOM_VISION_TRAINING_KEY=WRONG_KEY)
    assert wrong.keys() == {"service default"}
    assert "401" in wrong["service default"]["detail"]
    assert "set CUSTOM_VISION_TRAINING_KEY to one of the two keys" in wrong["service default"]["advice"]


def test_a_wrong_endpoint_is_found(doctor: Doctor, azurite: Azurite) -> None:
    for endpoint in ("http://127.0.0.1:9", f"http://127.0.0.1:{azurite.blob_port}"):
        wrong = doctor.wrong(CUSTOM_VISION_ACCOUNTS=doctor.account(endpoint=endpoint))
        assert wrong.keys() == {"service default"}
        assert "default.endpoint is not the address" in wrong["service default"]["advice"]


def test_a_missing_container_is_found(doctor: Doctor) -> None:
    place = {"connection": "ARCHIVE_STORAGE", "container": "not-there"}
    wrong = doctor.wrong(CUSTOM_VISION_ACCOUNTS=doctor.account(archive=place))
    assert wrong.keys() == {"store default"}
    assert "container not-there: does not exist" in wrong["store default"]["detail"]
    assert "az storage container create --name not-there" in wrong["store default"]["advice"]


def test_a_role_that_only_reads_the_service_is_found_where_something_is_to_be_erased(doctor: Doctor) -> None:
    wrong = doctor.wrong(CUSTOM_VISION_TRAINING_KEY=READER_KEY)
    assert wrong.keys() == {"erasing default"}
    assert "may read and not erase" in wrong["erasing default"]["detail"]
    assert "Custom Vision Contributor" in wrong["erasing default"]["advice"]
    assert doctor.wrong("--exports-only", CUSTOM_VISION_TRAINING_KEY=READER_KEY) == {}


def test_asking_whether_something_may_be_erased_erases_nothing(doctor: Doctor, emulator: Emulator) -> None:
    emulator.forget_calls()
    assert doctor.wrong() == {}
    writes = [each for each in emulator.calls() if each["method"] != "GET"]
    assert [each["status"] for each in writes] == [404]


def test_a_role_that_only_reads_the_store_is_found(doctor: Doctor, archive: Archive) -> None:
    wrong = doctor.wrong(ARCHIVE_STORAGE=connection_string_with(archive, read=True, list=True))
    assert wrong.keys() == {f"{each} default" for each in ("writing", "deleting", "budget", "links")}
    for check in ("writing default", "deleting default", "budget default"):
        assert "Storage Blob Data Contributor" in wrong[check]["advice"]


def test_a_clock_that_is_off_is_found(doctor: Doctor, azurite: Azurite) -> None:
    proxy = OtherClock(azurite.blob_port)
    with proxy.running():
        storage = doctor.values["ARCHIVE_STORAGE"].replace(f":{azurite.blob_port}/", f":{proxy.port}/")
        wrong = doctor.wrong(ARCHIVE_STORAGE=storage)
    assert wrong.keys() == {"clock default"}
    seconds = int(wrong["clock default"]["detail"].partition(" clock is ")[2].partition(" s ahead")[0])
    assert abs(seconds - 3600) < 60
    assert "time server" in wrong["clock default"]["advice"]


def test_a_missing_queue_is_found(doctor: Doctor, azurite: Azurite) -> None:
    with QueueClient.from_connection_string(azurite.connection_string, QUEUE) as queue:
        queue.delete_queue()
        try:
            wrong = doctor.wrong()
        finally:
            queue.create_queue()
    assert wrong.keys() == {"queue"}
    assert f"az storage queue create --name {QUEUE}" in wrong["queue"]["advice"]
    nowhere = doctor.values["AzureWebJobsStorage"].replace(f":{azurite.queue_port}/", ":9/")
    assert doctor.wrong(AzureWebJobsStorage=nowhere).keys() == {"queue"}


def test_a_hub_that_is_not_the_one_of_the_requests_is_found(doctor: Doctor, archive: Archive) -> None:
    ledger = Ledger(archive.container, "default", "export-new-1")
    ledger.create("export", {"purpose": "backup"})
    ledger.start("OldHub")
    wrong = doctor.wrong()
    assert wrong.keys() == {"hub default"}
    assert "export-new-1" in wrong["hub default"]["detail"]
    assert "set TASK_HUB_NAME to OldHub" in wrong["hub default"]["advice"]
    assert doctor.wrong(TASK_HUB_NAME="OldHub") == {}
    ledger.end("completed")
    assert doctor.wrong() == {}


def test_a_wrong_setting_is_named_and_not_shown(doctor: Doctor) -> None:
    wrong = doctor.wrong(TASK_HUB_NAME=WRONG_KEY, EXPORT_SCHEDULE="")
    assert wrong.keys() == {"settings", "schedules"}
    assert wrong["settings"]["detail"].startswith("TASK_HUB_NAME: expected")
    assert wrong["schedules"]["detail"].startswith("EXPORT_SCHEDULE: not set")
