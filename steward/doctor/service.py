"""An account's Custom Vision service: whether its address and key are right, and whether they may erase."""

import uuid
from collections.abc import Iterator

from steward.account_settings import ACCOUNTS
from steward.accounts import credentials_of
from steward.customvision.client import CustomVisionClient
from steward.customvision.errors import CustomVisionError, Forbidden, Unauthorized
from steward.customvision.retry import retry_policy
from steward.doctor.findings import Amiss, Finding, found_by
from steward.settings import Settings

_PAGE = "the page Keys and Endpoint of the training resource"


class ServiceExamination:
    """Of one account's service, by two calls at most."""

    def __init__(self, settings: Settings, name: str) -> None:
        self._name = name
        self._chosen = settings.accounts[name]
        credential, deleting = credentials_of(settings, self._chosen)
        # Without the budget that the app shares, which stands in a store that may be what is wrong.
        self._client = CustomVisionClient(
            self._chosen.endpoint,
            credential,
            deleting_credential=deleting,
            version=self._chosen.api_version,
            timeout=(5.0, 10.0),
            retrying=retry_policy(attempts=2),
        )

    def findings(self, *, erases: bool) -> Iterator[Finding]:
        with self._client:
            reading = found_by(f"service {self._name}", self._read)
            yield reading
            if reading.ok and erases:
                yield found_by(f"erasing {self._name}", self._erase)

    def _read(self) -> str:
        try:
            return f"{len(self._client.list_domains())} domains"
        except Unauthorized as error:
            raise Amiss(f"{self._whose()}: {error}", self._other_key()) from None
        except Forbidden as error:
            raise Amiss(
                f"{self._whose()}: {error}",
                "give the identity the role Cognitive Services Custom Vision Reader, or Contributor, on the account; or let "
                "this network, or the app's, through the account's network rules",
            ) from None
        except CustomVisionError as error:
            raise Amiss(
                str(error),
                f"{ACCOUNTS}: {self._name}.endpoint is not the address of a Custom Vision training resource, or that cannot "
                f"be reached from here: copy it from {_PAGE}",
            ) from None

    def _erase(self) -> str:
        """The deletion of a project that nobody has: the gateway looks whether it is allowed before the service looks for it.

        Deleting a project is what the fewest roles may.
        """
        try:
            self._client.delete_project(str(uuid.uuid4()))
        except (Unauthorized, Forbidden) as error:
            raise Amiss(
                f"{self._whose(deleting=True)}: may read and not erase: {error}",
                "give the identity the role Cognitive Services Custom Vision Contributor on the account; if nothing is ever to "
                "be erased of it, leave it so and ask with --exports-only",
            ) from None
        return "may erase"

    def _whose(self, *, deleting: bool = False) -> str:
        place = f"{ACCOUNTS}: {self._name}"
        if deleting and self._chosen.contributor_client_id:
            return f"{place}.contributorClientId"
        if self._chosen.reader_client_id and not self._chosen.key_setting:
            return f"{place}.readerClientId"
        return self._chosen.key_setting or f"{place}: the identity of whoever asks"

    def _other_key(self) -> str:
        if self._chosen.key_setting:
            return (
                f"set {self._chosen.key_setting} to one of the two keys of {_PAGE}; a key opens that resource's endpoint alone, "
                f"so see as well that {ACCOUNTS}: {self._name}.endpoint is of the same resource"
            )
        return "sign in, as with az login; in Azure, give the app an identity"
