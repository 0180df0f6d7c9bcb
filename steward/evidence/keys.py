"""Signing keys: one in a Key Vault in Azure, a local Ed25519 key elsewhere, kept where cleaning a clone does not reach."""

import contextlib
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from azure.core.exceptions import AzureError
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from platformdirs import user_data_path
from securesystemslib.exceptions import UnsupportedLibraryError

# The package documents these names here, but marks none of them as exported.
from securesystemslib.signer import AzureSigner, CryptoSigner, SSlibKey  # pyright: ignore[reportPrivateImportUsage]

type PublicKey = SSlibKey
type EvidenceSigner = CryptoSigner | AzureSigner

APPLICATION = "custom-vision-steward"
_IN_VAULT = re.compile(
    r"azurekms://([a-z0-9-]+)\.vault\.azure\.net/keys/([a-z0-9-]+)(?:/([0-9a-f]+))?/?", re.IGNORECASE
)


class SigningKeyError(Exception):
    """A key cannot be used; the text names where it was looked for, never any of it."""


def load_signer(place: str = "") -> EvidenceSigner:
    """The signer of a setting: a file of a PKCS#8 PEM key, or azurekms://VAULT.vault.azure.net/keys/NAME.

    With nothing set: a key of this user, made on first use. A file that is named but not there is made as well, if it
    is called *.pem: a key that was pasted here must not become a file's name. Raises SigningKeyError.
    """
    check_place(place)
    if named := _IN_VAULT.fullmatch(place):
        return _vault_signer(place, named[1], named[2], named[3])
    path = Path(place) if place else user_data_path(APPLICATION) / "signing-key.pem"
    with contextlib.suppress(FileExistsError):
        if not path.exists():
            _make_key(path)
    try:
        return CryptoSigner(load_pem_private_key(path.read_bytes(), None))  # pyright: ignore[reportArgumentType] - it checks the kind itself
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        reason = (
            error.strerror if isinstance(error, OSError) else "expected an unencrypted PKCS#8 PEM private key"
        )
        raise SigningKeyError(f"{path}: {reason}") from None


def check_place(place: str) -> None:
    """Whether a setting can name a key at all, without a call; raises SigningKeyError, which repeats nothing of it."""
    if _IN_VAULT.fullmatch(place) or (place.endswith(".pem") and "://" not in place):
        return
    # pathlib raises where a name is too long for a file's, as a key may be.
    if place and not os.path.isfile(place):  # noqa: PTH113
        raise SigningKeyError("expected a file *.pem, or azurekms://VAULT.vault.azure.net/keys/NAME")


def public_pem(key: PublicKey) -> str:
    """A public key as PEM, which every tool reads."""
    public = str(key.keyval["public"])
    if key.keytype != "ed25519":
        return public if public.endswith("\n") else public + "\n"
    raw = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public))
    return raw.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def load_public_keys(paths: Iterable[Path]) -> list[PublicKey]:
    """Trusted keys, each a PEM file or a folder of *.pem: old keys are kept there, so that old statements still verify."""
    files = [file for path in paths for file in (sorted(path.glob("*.pem")) if path.is_dir() else [path])]
    return [_public_key(file) for file in files]


def _public_key(file: Path) -> PublicKey:
    try:
        return SSlibKey.from_crypto(load_pem_public_key(file.read_bytes()))
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        reason = error.strerror if isinstance(error, OSError) else "expected a PEM public key"
        raise SigningKeyError(f"{file}: {reason}") from None


def _make_key(path: Path) -> None:
    """Make a key that only its user reads; of several processes that come at once, the first one's stands."""
    signer = CryptoSigner.generate_ed25519()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(signer.private_bytes)
        # A link fails where the name is taken, and the file under it is whole.
        os.link(name, path)
    finally:
        Path(name).unlink()


def _vault_signer(place: str, vault: str, name: str, version: str | None) -> EvidenceSigner:
    try:
        uri, key = AzureSigner.import_(vault, name)
        if version and not uri.endswith(f"/{version}"):
            raise SigningKeyError(f"{place}: is no longer the key's current version; leave the version out")
        return AzureSigner.from_priv_key_uri(uri, key)
    except (AzureError, UnsupportedLibraryError) as error:
        reason = str(error) if isinstance(error, UnsupportedLibraryError) else type(error).__name__
        raise SigningKeyError(f"{place}: {reason}") from None
