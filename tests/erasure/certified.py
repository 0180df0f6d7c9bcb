"""A request whose erase has been done and certified."""

from pathlib import Path

from azure.storage.blob import ContainerClient

from steward.archive.store import ArchiveStore
from steward.erasure.names import ErasureNames
from steward.evidence.certificate_proof import prove_files, prove_in_store
from steward.evidence.certificates import CertificateNames, SignedCertificate, read_files, sign_certificate
from steward.evidence.keys import EvidenceSigner, load_signer
from steward.ledger.ledger import Ledger
from tests.erasure import certificates as samples

REQUEST = "erasure-ticket-0b9c1d2e"
NAMES = CertificateNames("default", REQUEST)


class Erasure:
    """A request whose erase has been done, with plan and inventories in the archive."""

    def __init__(self, container: ContainerClient, keys: Path) -> None:
        self.container = container
        self.store = ArchiveStore(container)
        self.signer: EvidenceSigner = load_signer(str(keys / "key.pem"))
        self.ledger = Ledger(container, "default", REQUEST)
        self.ledger.create("erasure", {"purpose": "off-boarding", "dryRun": False})
        for number in range(3):
            self.ledger.append("phase", f"phase-{number}", {"phase": "erase"})
        self.plan = ErasureNames("default", REQUEST).plan
        inventory = f"{ErasureNames('default', REQUEST).prefix}plan/inventory.jsonl"
        plan = self.store.write(self.plan, b'{"plan": 1}\n')
        before = self.store.write(inventory, b"ids\n")
        head = self.ledger.head()
        self.facts = samples.facts(
            plan={"request": REQUEST, "hash": plan.sha256, "made": "2026-11-24T20:40:12+00:00"},
            inventories={"before": [{"blob": inventory, "sha256": before.sha256}], "after": []},
            ledger={"events": head.events, "hash": head.hash},
        )

    def sign(self) -> SignedCertificate:
        """As the activity does."""
        return sign_certificate(self.store, self.ledger, self.facts, samples.DONE, samples.KEPT, self.signer)

    def certify(self) -> SignedCertificate:
        """To the request's end."""
        signed = self.sign()
        self.ledger.end("completed")
        return signed

    def problems(self) -> list[str]:
        """What speaks against the certificate as it stands in the archive, and what could not be looked at."""
        files = read_files(self.store, NAMES)
        certificate, proof = prove_files(files, [self.signer.public_key])
        if certificate:
            proof.add(prove_in_store(self.store, self.ledger, certificate, files.document))
        return [*proof.problems, *(f"note: {note}" for note in proof.notes)]
