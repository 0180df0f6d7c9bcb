"""Training: a new iteration that keeps the workspace, Training for a while and then Completed."""

from emulator.account import Account
from emulator.bodies import TrainingParameters
from emulator.call import Call, Reply, answer, known_tags
from emulator.domains import CATALOGUE
from emulator.errors import ServiceError
from emulator.state import Iteration, Project
from emulator.workspace import Workspace

# "Limits and quotas": iterations a project, and labelled images a tag to train with.
ITERATION_QUOTA = 20
_IMAGES_A_TAG = {"Classification": 5, "ObjectDetection": 15}


def train_project(call: Call) -> Reply:
    project = call.project()
    parameters = call.body if isinstance(call.body, TrainingParameters) else TrainingParameters()
    known_tags(project.workspace, parameters.selected_tags)
    _check(project, force=call.query["forceTrain"])
    base = _base_model(call, parameters)
    iteration = project.add_iteration(created=call.now, trained_at=None, status="Training")
    for tag_id in (
        iteration.snapshot.tags.keys() - set(parameters.selected_tags) if parameters.selected_tags else ()
    ):
        iteration.snapshot.remove_tag(tag_id)
    domain_id, kind = iteration.domain_id, iteration.classification_type
    # Known only some seconds later (recording TrainAndPublishProject).
    iteration.domain_id = iteration.classification_type = None
    iteration.training_time_in_minutes = 0
    iteration.training_type = call.query["trainingType"]
    iteration.reserved_budget_in_hours = call.query["reservedBudgetInHours"]
    iteration.custom_base_model = base

    def begin() -> None:
        iteration.domain_id, iteration.classification_type = domain_id, kind
        iteration.training_time_in_minutes = 1
        iteration.last_modified = call.account.clock.now()

    call.account.after(call.options.train_seconds / 2, begin)
    call.account.after(call.options.train_seconds, lambda: _complete(call.account, iteration))
    return answer(call.wire.iteration(project, iteration))


def _complete(account: Account, iteration: Iteration) -> None:
    iteration.status = "Completed"
    iteration.trained_at = iteration.last_modified = account.clock.now()


def _check(project: Project, *, force: bool) -> None:
    if any(iteration.status == "Training" for iteration in project.iterations.values()):
        raise ServiceError("BadRequestTrainingAlreadyInProgress")
    if len(project.iterations) >= ITERATION_QUOTA:
        raise ServiceError("BadRequestExceedIterationPerProjectLimit")
    kind = CATALOGUE[project.domain_id].type
    counts = [project.workspace.image_count(tag_id) for tag_id in project.workspace.tags]
    fewest = 2 if kind == "Classification" else 1
    if len(counts) < fewest or min(counts) < _IMAGES_A_TAG[kind]:
        raise ServiceError("BadRequestTrainingValidationFailed")
    trained = [iteration for iteration in project.iterations.values() if iteration.status == "Completed"]
    if trained and not force and _same(max(trained, key=lambda one: one.created), project):
        raise ServiceError("BadRequestTrainingNotNeeded")


def _same(iteration: Iteration, project: Project) -> bool:
    snapshot, workspace = iteration.snapshot, project.workspace
    return iteration.domain_id == project.domain_id and _content(snapshot) == _content(workspace)


def _content(workspace: Workspace) -> tuple[object, object]:
    return workspace.tags, workspace.images


def _base_model(call: Call, parameters: TrainingParameters) -> tuple[str, str] | None:
    base = parameters.custom_base_model_info
    if base is None:
        return None
    project = call.account.projects.get(base.project_id)
    if project is None:
        raise ServiceError("NotFoundProject")
    if base.iteration_id not in project.iterations:
        raise ServiceError("NotFoundIteration")
    return base.project_id, base.iteration_id
