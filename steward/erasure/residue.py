"""What an erasure cannot remove, and whose hand does: said in the plan, before anybody approves, and in the certificate."""

from collections.abc import Sequence
from typing import Literal, NotRequired, TypedDict

from steward.erasure.findings import Count
from steward.erasure.inventory import KeptModel
from steward.rows import ACCOUNT, MODELS


class Residue(TypedDict):
    """What remains though nobody planned to erase it, since no call does; `until`: when it ends by itself."""

    kind: Literal["exported models", "keys", "copies", "other"]
    what: str
    where: str
    why: str
    remover: str
    count: NotRequired[Count]
    until: NotRequired[str]


def of_models(project: str, models: Sequence[KeptModel]) -> list[Residue]:
    """Model files that the service has exported of a project's iterations."""
    if not models:
        return []
    return [
        Residue(
            kind="exported models",
            what="model files that the service has exported",
            where=f"project {project}",
            why=MODELS.why,
            remover=MODELS.remover,
            count=len(models),
        )
    ]


def of_container(place: str) -> list[Residue]:
    """Copies in the customer's own storage; `place` without a signature, empty where there is none."""
    if not place:
        return []
    return [
        Residue(
            kind="copies",
            what="copies of exported models",
            where=place,
            why="the service writes them to this storage, which is the customer's own",
            remover="whoever keeps that storage account",
        )
    ]


def of_account(account: str) -> Residue:
    """The account itself, where the whole of it is erased."""
    return Residue(
        kind="keys",
        what="the account itself, its keys and quotas",
        where=f"account {account}",
        why=ACCOUNT.why,
        remover=ACCOUNT.remover,
    )
