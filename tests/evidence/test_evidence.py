"""A statement convinces whoever trusts the key that signed it, and nobody else; keys are made once and stay private."""

import base64
import json
import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from steward.archive import manifest
from steward.archive.bag import find_sealed
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify as verify_bag
from steward.evidence.bags import check_bag, sign_bag
from steward.evidence.envelope import StatementNotTrusted, sign, verify
from steward.evidence.keys import (
    EvidenceSigner,
    SigningKeyError,
    load_public_keys,
    load_signer,
    public_pem,
)
from steward.evidence.statement import make_statement
from tests.archive.exports import Export, Project


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> EvidenceSigner:
    return load_signer(str(tmp_path_factory.mktemp("keys") / "key.pem"))


STATEMENT = make_statement({"bag": "00" * 32}, "https://example.org/claim/v1", {"what": "é"})


def test_a_statement_is_trusted_by_its_key_and_by_no_other(signer: EvidenceSigner, tmp_path: Path) -> None:
    data = sign(STATEMENT, signer)
    other = load_signer(str(tmp_path / "other.pem"))
    assert verify(data, [other.public_key, signer.public_key]) == STATEMENT
    with pytest.raises(StatementNotTrusted, match="signed by none of the 1 trusted keys"):
        verify(data, [other.public_key])
    with pytest.raises(StatementNotTrusted):
        verify(data, [])


@given(place=st.integers(0), bit=st.integers(0, 7))
def test_no_altered_payload_or_signature_is_trusted(signer: EvidenceSigner, place: int, bit: int) -> None:
    envelope = json.loads(sign(STATEMENT, signer))
    for holder, field in ((envelope, "payload"), (envelope["signatures"][0], "sig")):
        before = holder[field]
        altered = bytearray(base64.b64decode(before))
        altered[place % len(altered)] ^= 1 << bit
        holder[field] = base64.b64encode(altered).decode()
        with pytest.raises(StatementNotTrusted):
            verify(json.dumps(envelope).encode(), [signer.public_key])
        holder[field] = before


JSON = st.recursive(
    st.none() | st.booleans() | st.text(), lambda each: st.lists(each) | st.dictionaries(st.text(), each)
)


@given(document=JSON | st.fixed_dictionaries({"payload": JSON, "payloadType": JSON, "signatures": JSON}))
def test_what_is_no_envelope_is_not_trusted(signer: EvidenceSigner, document: Any) -> None:
    with pytest.raises(StatementNotTrusted):
        verify(json.dumps(document).encode(), [signer.public_key])


def test_the_key_is_made_once_however_many_come_first(tmp_path: Path) -> None:
    place = tmp_path / "new" / "key.pem"
    start = threading.Barrier(8)
    keys: list[str] = []

    def load() -> None:
        start.wait()
        keys.append(public_pem(load_signer(str(place)).public_key))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1
    assert [path.name for path in place.parent.iterdir()] == ["key.pem"]
    if os.name == "posix":
        assert stat.S_IMODE(place.stat().st_mode) == 0o600


def test_a_statement_signed_with_an_elliptic_curve_is_trusted_through_its_pem(tmp_path: Path) -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    place = tmp_path / "key.pem"
    place.write_bytes(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    signer = load_signer(str(place))
    trusted = tmp_path / "trusted"
    trusted.mkdir()
    (trusted / "old.pem").write_text(public_pem(load_signer(str(tmp_path / "old.pem")).public_key))
    (trusted / "new.pem").write_text(public_pem(signer.public_key))
    assert verify(sign(STATEMENT, signer), load_public_keys([trusted])) == STATEMENT
    assert (
        verify(sign(STATEMENT, load_signer(str(tmp_path / "old.pem"))), load_public_keys([trusted]))
        == STATEMENT
    )


def test_a_key_that_cannot_be_used_is_told_by_its_place_alone(tmp_path: Path) -> None:
    place = tmp_path / "key.pem"
    place.write_text("secret words")
    with pytest.raises(SigningKeyError, match=r"key\.pem: expected an unencrypted PKCS#8 PEM") as refused:
        load_signer(str(place))
    assert "secret" not in str(refused.value)
    with pytest.raises(SigningKeyError, match=r"key\.pem: expected a PEM public key"):
        load_public_keys([place])
    with pytest.raises(SigningKeyError, match=r"none\.pem: No such file"):
        load_public_keys([tmp_path / "none.pem"])
    with pytest.raises(SigningKeyError, match=r"expected .*azurekms://VAULT\.vault\.azure\.net/keys/NAME"):
        load_signer("azurekms://vault.example.org/keys/name")


@pytest.mark.parametrize(
    "pasted",
    [
        "MC4CAQAwBQYDK2VwBCIEIJ3yr/qZ0s7n",
        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ3yr/qZ0s7n\n-----END PRIVATE KEY-----\n",
        "MC4CAQAwBQYDK2VwBCIEIJ3yr" * 20,
        "azurekms://user:MC4CAQAwBQYDK2VwBCIEIJ3yr@shop.vault.azure.net/keys/name",
        "azurekms://shop.vault.azure.net/keys/name?MC4CAQAwBQYDK2VwBCIEIJ3yr",
    ],
)
def test_a_key_that_is_pasted_in_place_of_its_place_is_not_repeated_and_becomes_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pasted: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SigningKeyError, match=r"expected .*azurekms://VAULT") as refused:
        load_signer(pasted)
    assert "MC4C" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_bags_statement_stands_for_every_byte_of_it(
    store: ArchiveStore, container: ContainerClient, signer: EvidenceSigner, tmp_path: Path
) -> None:
    export = Export(store)
    export.write([Project()])
    sealed = export.seal()
    assert check_bag(store, export.bag, sealed.tagmanifest, [signer.public_key]).endswith("is not there")

    name = sign_bag(store, export.bag, sealed, signer, {"ledger": {"events": 7, "hash": "ab"}})
    first = store.read(name)
    assert check_bag(store, export.bag, sealed.tagmanifest, [signer.public_key]) == ""
    assert verify_bag(store, export.bag.account, export.bag.request).proved
    statement = verify(first, [signer.public_key])
    assert statement["subject"] == [
        {"name": export.bag.blob(manifest.TAGMANIFEST), "digest": {"sha256": sealed.tagmanifest}}
    ]
    assert statement["predicate"]["totals"] == sealed.totals
    assert statement["predicate"]["ledger"] == {"events": 7, "hash": "ab"}

    # Run again, the activity leaves the statement alone; with another key it signs anew.
    sign_bag(store, export.bag, sealed, signer, {"ledger": {"events": 8, "hash": "cd"}})
    assert store.read(name) == first
    other = load_signer(str(tmp_path / "other.pem"))
    assert "none of the 1 trusted keys" in check_bag(
        store, export.bag, sealed.tagmanifest, [other.public_key]
    )
    sign_bag(store, export.bag, sealed, other, {})
    assert check_bag(store, export.bag, sealed.tagmanifest, [other.public_key]) == ""

    # Somebody who writes the whole bag anew, digests and all, cannot sign it.
    tagmanifest = store.read(export.bag.blob(manifest.TAGMANIFEST))
    store.write(export.bag.blob(manifest.TAGMANIFEST), tagmanifest + b"\n")
    forged = verify_bag(store, export.bag.account, export.bag.request).tagmanifest
    assert "another tagmanifest" in check_bag(store, export.bag, forged, [other.public_key])
    assert find_sealed(store, export.bag) != sealed
