"""Whether what the app stands on can be used: each account's store and service, the key. Bounded in time, and no secrets."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from azure.core.exceptions import AzureError
from securesystemslib.exceptions import UnverifiedSignatureError

from steward.account_settings import ACCOUNTS
from steward.accounts import Account, account
from steward.archive.errors import ArchiveError
from steward.archive.store_errors import store_errors
from steward.customvision.errors import CustomVisionError, Forbidden, Unauthorized
from steward.evidence.keys import SigningKeyError, load_signer
from steward.requests_api.answers import CheckResult, HealthDocument
from steward.settings import current_settings


class Unwell(Exception):  # noqa: N818 - it names what is found
    """What is wrong, in words that are fit for a caller."""


type Check = Callable[[], str]
"""What was found; raises what is wrong."""

SECONDS = 10.0
_SIGNED = b"health"
# One attempt: whoever asks wants to know now.
_ONCE: dict[str, Any] = {"retry_total": 0, "connection_timeout": 5, "read_timeout": 5}


def checks_of_app() -> dict[str, Check]:
    """By name, in the order in which they are told."""
    checks: dict[str, Check] = {"settings": _settings, "evidence key": _evidence_key}
    for name in current_settings().accounts:
        checks[f"store {name}"] = lambda name=name: _store(account(name))
        checks[f"service {name}"] = lambda name=name: _service(account(name))
    return checks


def look(checks: Mapping[str, Check], *, seconds: float = SECONDS) -> HealthDocument:
    """All at the same time; one that has not come back by then is not well."""
    # Not shut down with a wait: what hangs ends with its own time-out.
    pool = ThreadPoolExecutor(len(checks), thread_name_prefix="health")
    running = {name: pool.submit(check) for name, check in checks.items()}
    done, _ = wait(running.values(), timeout=seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    late = f"no answer within {seconds:g} seconds"
    results = [
        _result(name, future) if future in done else CheckResult(name=name, ok=False, detail=late)
        for name, future in running.items()
    ]
    return HealthDocument(ok=all(each["ok"] for each in results), checks=results)


def _result(name: str, done: Future[str]) -> CheckResult:
    if error := done.exception():
        return CheckResult(name=name, ok=False, detail=_told(error))
    return CheckResult(name=name, ok=True, detail=done.result())


def _told(error: BaseException) -> str:
    """Our own errors hold no secret; of others the type is told."""
    if isinstance(error, Unwell | ArchiveError | CustomVisionError):
        return str(error)
    return type(error).__name__


def _settings() -> str:
    """What the app has started with: with wrong ones it does not start."""
    found = current_settings()
    return f"accounts {', '.join(found.accounts)}; task hub {found.task_hub}"


def _evidence_key() -> str:
    """No export and no erasure ends without a signature."""
    try:
        signer = load_signer(current_settings().evidence_key)
        signer.public_key.verify_signature(signer.sign(_SIGNED), _SIGNED)
    except (SigningKeyError, AzureError, UnverifiedSignatureError) as error:
        # What a vault says of a key is its type alone: texts of foreign libraries may quote what was sent.
        said = str(error) if isinstance(error, SigningKeyError) else type(error).__name__
        raise Unwell(f"EVIDENCE_KEY: {said}") from None
    return f"{signer.public_key.scheme} signs, and its signature verifies"


def _store(home: Account) -> str:
    """One request, the kind that every list of requests begins with."""
    container = home.container
    with store_errors(str(container.container_name)):
        blobs = container.list_blobs(name_starts_with=f"{home.name}/requests/", results_per_page=1, **_ONCE)
        next(iter(blobs), None)
    return f"container {container.container_name} can be listed"


def _service(home: Account) -> str:
    """One call, which counts as every other does."""
    try:
        domains = home.client.list_domains()
    except (Unauthorized, Forbidden) as error:
        setting = home.settings.key_setting or f"{ACCOUNTS}: {home.name}: the app's own identity"
        raise Unwell(f"{setting}: {error}") from None
    return f"{len(domains)} domains"
