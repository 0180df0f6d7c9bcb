"""A request about a person, as tests of the ledger make it."""

from azure.storage.blob import ContainerClient

DOCUMENT = {
    "account": "default",
    "scope": {
        "projects": [{"name": "Jane Doe", "images": {"metadata": {"subject": "jane.doe@example.org"}}}]
    },
    "purpose": "data-subject",
    "ticket": {"system": "jira", "key": "JANE-DOE/Ü 7"},
    "dryRun": True,
}
ID = "erasure-dry-run-ticket-0123456789"


def everything_in(container: ContainerClient) -> str:
    """All blobs' names, metadata and content, as a person who searches for a name would."""
    found = [
        f"{blob.name} {blob.metadata} {container.download_blob(blob.name).readall().decode()}"
        for blob in container.list_blobs(include=["metadata"])
    ]
    return " ".join(found).lower()
