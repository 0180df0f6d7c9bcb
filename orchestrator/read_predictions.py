"""Read a project's stored predictions, page after page: each page brings the token of the next."""

import azure.durable_functions as df
from durabletask import task

from activities.payloads import PredictionPageRef, PredictionPageResult, PredictionsResult
from orchestrator import names
from orchestrator.calls import Steps, call, step, time_of
from orchestrator.readings import PREDICTION_PAGES, record_unread_predictions
from steward.archive.page_digests import UNREAD, with_page

bp = df.Blueprint()

PAGES_PER_RUN = 200


@bp.orchestration_trigger(context_name="ctx", orchestration=names.READ_PREDICTIONS)
def read_predictions(ctx: task.OrchestrationContext, first: PredictionPageRef) -> Steps[PredictionsResult]:
    """A page that cannot be read ends the list, since no token leads past it."""
    page = first
    for _ in range(PAGES_PER_RUN):
        result: PredictionPageResult = yield from call(ctx, PREDICTION_PAGES[page["reading"]], page)
        if "fault" in result:
            yield from record_unread_predictions(ctx, page, result["fault"])
        page = following(page, result)
        if not page["token"]:
            ended = ending(page, time_of(ctx))
            if "fault" in result:
                ended["fault"] = result["fault"]
            yield from step(ctx, names.RECORD_PREDICTIONS, ended)
            return ended
    ctx.continue_as_new(page, save_events=True)
    return ending(page, time_of(ctx))


def following(page: PredictionPageRef, result: PredictionPageResult) -> PredictionPageRef:
    """The next page; its token is empty after the last one."""
    return PredictionPageRef(
        request=page["request"],
        account=page["account"],
        reading=page["reading"],
        project=page["project"],
        page=page["page"] + 1,
        listed=page["listed"] + result.get("listed", 0),
        digest=with_page(page["digest"], result.get("digest", UNREAD)),
        token=result.get("token", {}),
    )


def ending(page: PredictionPageRef, recorded: str) -> PredictionsResult:
    """What was read, when `page` is the one after the last."""
    return PredictionsResult(
        request=page["request"],
        account=page["account"],
        reading=page["reading"],
        project=page["project"],
        recorded=recorded,
        pages=page["page"],
        digest=page["digest"],
        listed=page["listed"],
    )
