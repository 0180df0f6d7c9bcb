"""Built-in roles that the template assigns, and what they permit: so much of it as the app can be seen to need.

Source: Azure built-in roles [learn.microsoft.com/azure/role-based-access-control/built-in-roles].
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

_BLOBS = "Microsoft.Storage/storageAccounts/blobServices"
_QUEUES = "Microsoft.Storage/storageAccounts/queueServices/queues"
_TABLES = "Microsoft.Storage/storageAccounts/tableServices/tables"
_VISION = "Microsoft.CognitiveServices/accounts/CustomVision"


@dataclass(frozen=True)
class Role:
    """`permits`: actions and data actions together; `but`: those that it takes out again."""

    name: str
    permits: tuple[str, ...]
    but: tuple[str, ...] = ()

    def permits_action(self, action: str) -> bool:
        return any(fnmatchcase(action, each) for each in self.permits) and not any(
            fnmatchcase(action, each) for each in self.but
        )


BUILT_IN = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": Role(
        "Storage Blob Data Owner",
        (f"{_BLOBS}/containers/*", f"{_BLOBS}/generateUserDelegationKey/action"),
    ),
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": Role(
        "Storage Blob Data Contributor",
        (
            *(f"{_BLOBS}/containers/{each}" for each in ("delete", "read", "write")),
            f"{_BLOBS}/generateUserDelegationKey/action",
            *(f"{_BLOBS}/containers/blobs/{each}" for each in ("delete", "read", "write")),
            *(f"{_BLOBS}/containers/blobs/{each}/action" for each in ("move", "add")),
        ),
    ),
    "db58b8e5-c6ad-4a2a-8342-4190687cbf4a": Role(
        "Storage Blob Delegator", (f"{_BLOBS}/generateUserDelegationKey/action",)
    ),
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88": Role(
        "Storage Queue Data Contributor",
        (
            *(f"{_QUEUES}/{each}" for each in ("delete", "read", "write")),
            *(f"{_QUEUES}/messages/{each}" for each in ("delete", "read", "write", "process/action")),
        ),
    ),
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3": Role(
        "Storage Table Data Contributor",
        (*(f"{_TABLES}/{each}" for each in ("read", "write", "delete")), f"{_TABLES}/entities/*"),
    ),
    "12338af0-0e69-4776-bea7-57ae8d297424": Role(
        "Key Vault Crypto User",
        tuple(
            f"Microsoft.KeyVault/vaults/keys/{each}"
            for each in (
                *("read", "update/action", "backup/action", "encrypt/action", "decrypt/action"),
                *("wrap/action", "unwrap/action", "sign/action", "verify/action"),
            )
        ),
    ),
    "3913510d-42f4-4e42-8a64-420c390055eb": Role(
        "Monitoring Metrics Publisher",
        ("Microsoft.Insights/Metrics/Write", "Microsoft.Insights/Telemetry/Write"),
    ),
    "93586559-c37d-4a6b-ba08-b9f0940c2d73": Role(
        "Cognitive Services Custom Vision Reader",
        (
            "Microsoft.CognitiveServices/*/read",
            f"{_VISION}/*/read",
            f"{_VISION}/projects/predictions/query/action",
        ),
        (f"{_VISION}/projects/export/read",),
    ),
    "c1ff6cc2-c111-46fe-8896-e0ef812ad9f3": Role(
        "Cognitive Services Custom Vision Contributor",
        ("Microsoft.CognitiveServices/*/read", f"{_VISION}/*"),
    ),
}
