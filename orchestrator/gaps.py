"""Payload files that could not be had: each says so itself, at its place in the bag."""

from collections.abc import Collection, Sequence
from typing import Any

from durabletask import task

from activities.payloads import Fault, Gap, IterationPart, IterationRef, ProjectRef, RequestRef
from orchestrator import names
from orchestrator.calls import Steps, call_all, step

type PayloadFile = tuple[str, ProjectRef | IterationRef | IterationPart, str]
"""The activity that writes it, that activity's payload, and the file's path in the bag."""


def export_or_gap(
    ctx: task.OrchestrationContext, files: Sequence[PayloadFile], nothing: Collection[str] = ()
) -> Steps[list[Any]]:
    """Export several payload files at the same time; the activities' results in their order.

    `nothing`: the service's codes that say that there is no such thing, so that nothing is missing.
    """
    results = yield from call_all(ctx, [(activity, payload) for activity, payload, _ in files])
    for (_, payload, path), result in zip(files, results, strict=True):
        if "fault" in result and result["fault"]["code"] not in nothing:
            yield from record_gap(ctx, payload, path, result["fault"])
    return results


def record_gap(ctx: task.OrchestrationContext, ref: RequestRef, path: str, fault: Fault) -> Steps[None]:
    """Let the payload file say why it could not be had; `ref` is any payload of the request."""
    gap = Gap(request=ref["request"], account=ref["account"], path=path, fault=fault)
    yield from step(ctx, names.RECORD_GAP, gap)
