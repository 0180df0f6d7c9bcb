"""The statement that a bag ends in: its tagmanifest's digest, and with it every byte of the bag, under a signature.

A redaction leaves it as it is, and adds one of its own (redactions.py)."""

from collections.abc import Mapping, Sequence
from itertools import count
from types import MappingProxyType
from typing import Any

from steward.archive import manifest
from steward.archive.bag import FORMAT, SealedBag
from steward.archive.names import BagNames
from steward.archive.store import JSON, ArchiveStore, BlobDamaged
from steward.evidence.envelope import StatementNotTrusted, sign, verify
from steward.evidence.keys import EvidenceSigner, PublicKey
from steward.evidence.statement import REDACTION, Statement, Subject, make_statement


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
    redacted = bag.blob(manifest.redaction_statement(1))
    # The line of a redacted bag begins with what stands there.
    if check_bag(store, bag, sealed.tagmanifest, [signer.public_key]) and not store.find(redacted):
        store.write(name, sign(export_statement(bag, sealed, predicate), signer), media_type=JSON)
    return name


def check_bag(
    store: ArchiveStore,
    bag: BagNames,
    tagmanifest: str,
    trusted: Sequence[PublicKey],
    redacted: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Why the bag's statements do not prove a tagmanifest of this SHA-256; empty where they do.

    A bag that was redacted is proved by an unbroken line: the export's statement names the first tagmanifest, that of each
    redaction the one before and the one after it, and the last of them is the bag's. `redacted`: tagmanifests that the
    export's ledger names, with the erasure of each; a bag that was put back whole, with its statements, has a line that is
    too short.
    """
    try:
        line = _line(store, bag, trusted)
    except _NotProved as problem:
        return str(problem)
    except BlobDamaged as error:
        return str(error)
    name, last = line[-1]
    if last != tagmanifest:
        return f"{name}: speaks of another tagmanifest than the bag has"
    had = {digest for _, digest in line}
    for new, erasure in redacted.items():
        if new not in had:
            return f"{bag.prefix}: was redacted by {erasure}, as its export's ledger says, and is as it was before"
    return ""


class _NotProved(Exception):  # noqa: N818 - named for what was found
    """The text is the whole reason."""


def _line(store: ArchiveStore, bag: BagNames, trusted: Sequence[PublicKey]) -> list[tuple[str, str | None]]:
    """The tagmanifests that the bag has had, the last one last, each with the statement that names it."""
    name = bag.blob(manifest.STATEMENT)
    statement = _statement(store, name, FORMAT, trusted)
    line = [(name, _digests(statement["subject"]).get(bag.blob(manifest.TAGMANIFEST)))]
    for number in count(1):
        redacted = bag.blob(manifest.redaction_statement(number))
        if not store.find(redacted):
            break
        statement = _statement(store, redacted, REDACTION, trusted)
        name, digest = line[-1]
        if _digests([statement["predicate"]["redacted"]]).get(bag.blob(manifest.TAGMANIFEST)) != digest:
            raise _NotProved(f"{redacted}: does not go on from the tagmanifest that {name} ends with")
        line.append((redacted, _digests(statement["subject"]).get(bag.blob(manifest.TAGMANIFEST))))
    return line


def _statement(
    store: ArchiveStore, name: str, predicate_type: str, trusted: Sequence[PublicKey]
) -> Statement:
    if not store.find(name):
        raise _NotProved(f"{name}: is not there")
    try:
        statement = verify(store.read(name), trusted)
    except StatementNotTrusted as error:
        raise _NotProved(f"{name}: {error}") from None
    if statement["predicateType"] != predicate_type:
        raise _NotProved(f"{name}: makes another kind of claim than {predicate_type}")
    return statement


def _digests(subjects: Sequence[Subject]) -> dict[str, str | None]:
    return {subject["name"]: subject["digest"].get("sha256") for subject in subjects}
