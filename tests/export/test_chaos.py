"""Every activity delivered twice, sometimes at the same time, every orchestration replayed in full at each step: the bag is the same."""

import json
from pathlib import Path

import pytest

from tests.export.exporting import Archive, Emulator, Exported, Host, inventory, settings
from tests.export.record import Json


@pytest.mark.prove
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_payload_is_the_same(
    tmp_path: Path, emulator: Emulator, archive: Archive, exported: Exported, seed: int
) -> None:
    with Host(tmp_path, settings(emulator, archive), "--chaos", str(seed)) as host:
        document = host.export()
    assert document["state"] == "completed", document
    assert inventory(emulator, archive, document).differences == []
    assert payload(archive, document) == payload(exported.archive, exported.document)
    assert document["totals"] == exported.document["totals"]


def payload(archive: Archive, document: Json) -> dict[str, str]:
    """The manifest, which names every payload file's SHA-256; and what export.json says, without the request's own id."""
    prefix = document["bag"]
    read = archive.container.download_blob
    lines = read(f"{prefix}manifest-sha256.txt", encoding="utf-8").readall().splitlines()
    digests = {path: digest for digest, _, path in (line.partition("  ") for line in lines)}
    export = json.loads(read(f"{prefix}export.json").readall())
    del export["request"]
    return digests | {"export.json": json.dumps(export)}
