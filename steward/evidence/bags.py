"""The statement that a bag ends in: its tagmanifest's digest, and with it every byte of the bag, under a signature."""

from collections.abc import Mapping, Sequence
from typing import Any

from steward.archive import manifest
from steward.archive.bag import FORMAT, SealedBag
from steward.archive.names import BagNames
from steward.archive.store import JSON, ArchiveStore, BlobDamaged
from steward.evidence.envelope import StatementNotTrusted, sign, verify
from steward.evidence.keys import EvidenceSigner, PublicKey
from steward.evidence.statement import Statement, make_statement


def export_statement(bag: BagNames, sealed: SealedBag, predicate: Mapping[str, Any]) -> Statement:
    """The claim that this request's export ended in this bag; `predicate` adds what the caller knows of it."""
    subjects = {bag.blob(manifest.TAGMANIFEST): sealed.tagmanifest}
    about = {"account": bag.account, "request": bag.request, "totals": sealed.totals}
    return make_statement(subjects, FORMAT, {**about, **predicate})


def sign_bag(
    store: ArchiveStore,
    bag: BagNames,
    sealed: SealedBag,
    signer: EvidenceSigner,
    predicate: Mapping[str, Any],
) -> str:
    """Sign the bag and return the blob of its statement; one that this key has signed already stands."""
    name = bag.blob(manifest.STATEMENT)
    if check_bag(store, bag, sealed.tagmanifest, [signer.public_key]):
        store.write(name, sign(export_statement(bag, sealed, predicate), signer), media_type=JSON)
    return name


def check_bag(store: ArchiveStore, bag: BagNames, tagmanifest: str, trusted: Sequence[PublicKey]) -> str:
    """Why the bag's statement does not prove a tagmanifest of this SHA-256; empty where it does."""
    name = bag.blob(manifest.STATEMENT)
    if not store.find(name):
        return f"{name}: is not there"
    try:
        statement = verify(store.read(name), trusted)
    except StatementNotTrusted as error:
        return f"{name}: {error}"
    except BlobDamaged as error:
        return str(error)
    digests = {subject["name"]: subject["digest"].get("sha256") for subject in statement["subject"]}
    if statement["predicateType"] != FORMAT or digests.get(bag.blob(manifest.TAGMANIFEST)) != tagmanifest:
        return f"{name}: speaks of another tagmanifest than the bag has"
    return ""
