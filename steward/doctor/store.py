"""An account's archive: whether it is there, may be read and written, agrees about the time, and is this hub's to work on."""

import time
import uuid
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from email.utils import parsedate_to_datetime
from typing import Any

from azure.core.pipeline import PipelineResponse
from azure.storage.blob import BlobClient, ContainerClient

from steward.account_settings import ACCOUNTS, AccountSettings
from steward.accounts import container_of
from steward.archive.errors import ArchiveError, BlobMissing, ContainerMissing
from steward.archive.store_errors import store_errors
from steward.customvision.budget import CallBudget
from steward.customvision.errors import BudgetUnavailable
from steward.doctor.findings import Amiss, Finding, found_by
from steward.ledger.ledger import list_requests
from steward.request_files.signed_links import signed_link
from steward.settings import Settings

# Links live for five minutes, and tokens are refused by clocks that are five apart: well before that somebody should know.
MOST_APART = 60.0
# One attempt: whoever asks wants to know now.
_ONCE: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 10}

# By the store's code [Azure Storage, "Common REST API error codes"], the first that a sentence has.
_ADVICE = (
    (
        "AuthenticationFailed",
        "SETTING: its key or signature is not, or no more, of this storage account; or this clock is off",
    ),
    (
        "KeyBasedAuthenticationNotPermitted",
        "the storage account takes no keys: set SETTING__blobServiceUri in place of SETTING",
    ),
    (
        "AuthorizationPermissionMismatch",
        (
            "give the identity of SETTING the role Storage Blob Data Contributor on the container; a SharedAccessSignature "
            "needs read, add, create, write, delete and list"
        ),
    ),
    ("AuthorizationFailure", "let this network, or the app's, through the storage account's network rules"),
    ("ServiceRe", "SETTING: is it the storage account's address, and does the account exist?"),
    ("ClientAuthenticationError", "sign in, as with az login; in Azure, give the app an identity"),
)


class StoreExamination:
    """Of one account's store. `findings` asks only what can be answered: of a store that is not there nothing more."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._settings = settings
        self._name = name
        self._chosen: AccountSettings = settings.accounts[name]
        self._container: ContainerClient = container_of(settings, self._chosen.archive)
        self._apart: float | None = None

    def findings(self) -> Iterator[Finding]:
        listing = found_by(f"store {self._name}", self._list)
        yield listing
        if self._apart is not None:
            yield found_by(f"clock {self._name}", self._compare_clocks)
        if listing.ok:
            yield found_by(f"writing {self._name}", self._write)
            yield found_by(f"deleting {self._name}", self._delete)
            yield found_by(f"budget {self._name}", self._share_calls)
            yield found_by(f"links {self._name}", self._sign)
            yield found_by(f"hub {self._name}", self._find_other_hubs)

    @contextmanager
    def _advised(self, otherwise: str = "") -> Generator[None]:
        """Add to what the store said what to do about it."""
        try:
            yield
        except ContainerMissing as error:
            name = self._chosen.archive.container
            raise Amiss(
                str(error),
                f"make it, as with az storage container create --name {name} --account-name …; or name the right one in "
                f"{ACCOUNTS}: {self._name}.archive.container",
            ) from None
        except BlobMissing:
            raise
        except ArchiveError as error:
            raise Amiss(str(error), self._advice(str(error)) or otherwise) from None

    def _advice(self, said: str, setting: str = "") -> str:
        """By the store's own code, which stands in the sentence."""
        setting = setting or self._chosen.archive.connection
        return next((advice for code, advice in _ADVICE if code in said), "").replace("SETTING", setting)

    def _list(self) -> str:
        def observe(answer: PipelineResponse[Any, Any]) -> None:
            if date := answer.http_response.headers.get("Date"):
                self._apart = time.time() - parsedate_to_datetime(date).timestamp()

        with self._advised(), store_errors(self._chosen.archive.container):
            prefix = f"{self._name}/requests/"
            found = self._container.list_blobs(
                name_starts_with=prefix, results_per_page=1, raw_response_hook=observe, **_ONCE
            )
            next(iter(found), None)
        return f"container {self._chosen.archive.container} can be listed"

    def _compare_clocks(self) -> str:
        apart = self._apart or 0.0
        if abs(apart) > MOST_APART:
            raise Amiss(
                f"this machine's clock is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} the store's",
                "set it by a time server: plans, approvals, links and tokens go by it, and the store refuses keys and "
                "tokens of a clock that is far off",
            )
        return "agrees with the store's"

    def _write(self) -> str:
        with self._on_nobodys_blob() as blob:
            blob.set_blob_metadata({}, **_ONCE)
        return "blobs may be written"

    def _delete(self) -> str:
        with self._on_nobodys_blob() as blob:
            blob.delete_blob(**_ONCE)
        return "blobs may be deleted"

    @contextmanager
    def _on_nobodys_blob(self) -> Generator[BlobClient]:
        """The store looks whether something may be done before it looks for the blob: so nothing is left behind."""
        name = f"{self._name}/doctor/{uuid.uuid4()}"
        with (
            suppress(BlobMissing),
            self._advised(),
            store_errors(self._chosen.archive.container, name),
            self._container.get_blob_client(name) as blob,
        ):
            yield blob

    def _share_calls(self) -> str:
        """As every call of the service does, before it is made."""
        home = self._chosen.budget
        container = container_of(self._settings, home) if home else self._container
        blob = container.get_blob_client(f"{self._name}/budget")
        try:
            CallBudget(blob, self._settings.calls_per_second).acquire()
        except BudgetUnavailable as error:
            raise Amiss(
                str(error), self._advice(str(error), (home or self._chosen.archive).connection)
            ) from None
        return "calls can be shared out"

    def _sign(self) -> str:
        with self._advised("for an identity, the role Storage Blob Delegator on the storage account"):
            signed_link(self._container, f"{self._name}/doctor", saved_as="doctor")
        return "links to files can be signed"

    def _find_other_hubs(self) -> str:
        hub = self._settings.task_hub
        others = [
            each
            for each in list_requests(self._container, self._name)
            if not each.has_ended and each.hub not in {None, hub}
        ]
        if others:
            raise Amiss(
                f"{len(others)} requests that have not ended, {others[0].id} among them, are worked on by the task hub "
                f"{others[0].hub}, and TASK_HUB_NAME is {hub}",
                f"set TASK_HUB_NAME to {others[0].hub} until they have ended: this hub never takes them up. Where another app "
                "with that hub works on this archive too, all is well",
            )
        return f"no request waits for another task hub than {hub}"
