"""The commands that prove an erase: its certificate, and the ledger of its request."""

from pathlib import Path
from typing import Annotated

import typer
from azure.storage.blob import ContainerClient
from rich.console import Console

from steward.archive.store import ArchiveStore, connect
from steward.commands.options import Account, AccountUrl, ConnectionString, Container, TrustedKeys
from steward.commands.saying import say
from steward.erasure.certificate import Certificate, read_certificate
from steward.evidence.certificate_proof import head_in, prove_files, prove_in_store
from steward.evidence.certificates import CertificateFiles, CertificateNames, read_files
from steward.evidence.keys import load_public_keys
from steward.ledger.chain import ChainBroken, Head
from steward.ledger.ledger import Ledger


def verify_certificate(
    which: Annotated[
        str,
        typer.Argument(
            metavar="REQUEST|FILE",
            help="Id of the erasure; or its certificate.json as it was handed over, with the two files beside it.",
        ),
    ],
    *,
    trusted_key: Annotated[
        list[Path], typer.Option("--trusted-key", help="PEM file of a public key, or a folder of them.")
    ],
    account: Account = "default",
    container: Container = "archive",
    connection_string: ConnectionString = "",
    account_url: AccountUrl = "",
) -> None:
    """Prove a certificate of erasure: signature, digests, page, and what the archive still has of its making."""
    client: ContainerClient | None = None
    # A file is proved by its signature alone; what it was made of can be looked at where the archive is at hand.
    if connection_string or account_url or not _is_file(which):
        client = connect(container, connection_string=connection_string, account_url=account_url)
    files = (
        _files_in(client, account, which) if client and not _is_file(which) else _files_beside(Path(which))
    )
    certificate, proof = prove_files(files, load_public_keys(trusted_key))
    if certificate and not _is_file(which):
        proof.problems += _of_another(certificate, CertificateNames(account, which))
    if certificate and client:
        ledger = Ledger(client, certificate["account"], certificate["request"])
        proof.add(prove_in_store(ArchiveStore(client), ledger, certificate, files.document))
    elif certificate:
        proof.notes.append("plan, inventories and ledger were not looked at: no storage account was given")
    say(Console(), *proof.problems, *proof.notes)
    if proof.problems or not certificate:
        raise typer.Exit(1)
    verdicts = certificate["verdicts"]
    say(
        Console(),
        f"{certificate['request']}: {certificate['state']}; service {verdicts['service']['verdict']}, archives "
        f"{verdicts['archives']['verdict']}; signed by a trusted key",
    )


def verify_ledger(
    request: Annotated[str, typer.Argument(help="The id of the request whose ledger it is.")],
    *,
    certificate: Annotated[
        Path | None,
        typer.Option(
            help="certificate.json as it was handed over; if left out, the archive's own, if it has one."
        ),
    ] = None,
    trusted_key: TrustedKeys = None,
    account: Account = "default",
    container: Container = "archive",
    connection_string: ConnectionString = "",
    account_url: AccountUrl = "",
) -> None:
    """Prove a request's ledger line by line, from its first to where its certificate says that it went, and beyond."""
    client = connect(container, connection_string=connection_string, account_url=account_url)
    ledger = Ledger(client, account, request)
    head = None
    if certificate or ArchiveStore(client).find(CertificateNames(account, request).document):
        files = _files_beside(certificate) if certificate else _files_in(client, account, request)
        head = _head_of(files, ledger, trusted_key)
    try:
        events = ledger.verify(head)
    except ChainBroken as error:
        say(Console(), str(error))
        raise typer.Exit(1) from None
    if head is None:
        reach = "no certificate says how far it went, so that its end is whole is not proved"
    else:
        signed = "signed by a trusted key" if trusted_key else "signature not checked: no --trusted-key given"
        reach = f"line {head.events} is the one that the certificate names, {signed}"
    say(Console(), f"{len(events)} lines, each proved by the next; {reach}")


def _head_of(files: CertificateFiles, ledger: Ledger, trusted_key: list[Path] | None) -> Head:
    """The head that a certificate of this very request names; ends the command where it is not to be believed."""
    if trusted_key:
        certificate, proof = prove_files(files, load_public_keys(trusted_key))
        if not certificate:
            say(Console(), *proof.problems)
            raise typer.Exit(1)
    else:
        certificate = read_certificate(files.document)
    if (certificate["account"], certificate["request"]) != (ledger.account, ledger.id):
        raise ValueError(
            f"the certificate is of {_whose(certificate)}, the ledger of {ledger.id} in account {ledger.account}"
        )
    return head_in(certificate)


def _of_another(certificate: Certificate, names: CertificateNames) -> list[str]:
    """Whose certificate stands in the place of the one that was asked for; somebody may have put it there."""
    if (certificate["account"], certificate["request"]) == (names.account, names.request):
        return []
    return [f"{names.prefix}: has the certificate of {_whose(certificate)}"]


def _whose(certificate: Certificate) -> str:
    return f"request {certificate['request']} in account {certificate['account']}"


def _is_file(which: str) -> bool:
    """No request's id has a dot."""
    return which.endswith(".json")


def _files_beside(document: Path) -> CertificateFiles:
    page, statement = (document.with_suffix(suffix) for suffix in (".html", ".dsse.json"))
    return CertificateFiles(document.read_bytes(), page.read_bytes(), statement.read_bytes())


def _files_in(client: ContainerClient, account: str, request: str) -> CertificateFiles:
    return read_files(ArchiveStore(client), CertificateNames(account, request))
