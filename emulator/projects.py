"""Projects and domains."""

from emulator.bodies import ProjectOptions, ProjectSettings, ProjectUpdate
from emulator.call import NO_CONTENT, Call, Reply, answer
from emulator.domains import CATALOGUE, GENERAL, Domain
from emulator.errors import ServiceError
from emulator.state import Project
from emulator.wire import domain_json, platforms
from emulator.workspace import bare

# Projects an account can have ("Limits and quotas").
PROJECT_QUOTA = {"F0": 2, "S0": 100}


def get_domains(call: Call) -> Reply:
    return answer([domain_json(domain, call.version) for domain in CATALOGUE.values()])


def get_domain(call: Call) -> Reply:
    return answer(domain_json(_domain(call.ids["domainId"], "NotFoundDomain"), call.version))


def get_projects(call: Call) -> Reply:
    """Newest first (recording ProjectRetrieval)."""
    projects = sorted(call.account.projects.values(), key=lambda project: -project.created)
    return answer([call.wire.project(project) for project in projects])


def create_project(call: Call) -> Reply:
    name: str = call.query["name"]
    domain = _domain(call.query["domainId"] or GENERAL, "BadRequestProjectUnknownDomain")
    _check_name(call, name, None)
    if len(call.account.projects) >= PROJECT_QUOTA[call.options.tier]:
        raise ServiceError("BadRequestExceedProjectLimit")
    targets = _export_platforms(
        call, domain, [one for one in (call.query["targetExportPlatforms"] or "").split(",") if one]
    )
    project = call.account.add_project(
        name,
        created=call.now,
        description=call.query["description"] or "",
        domain_id=domain.id,
        classification_type=call.query["classificationType"],
    )
    project.target_export_platforms = targets
    if isinstance(call.body, ProjectOptions):
        _link_storage(project, call.body)
    return answer(call.wire.project(project))


def get_project(call: Call) -> Reply:
    return answer(call.wire.project(call.project()))


def update_project(call: Call) -> Reply:
    """Changes what the body has; bumps lastModified (recording CreateUpdateDeleteProject)."""
    project, update = call.project(), call.body_as(ProjectUpdate)
    if update.name is not None:
        _check_name(call, update.name, project)
        project.name = update.name
    if update.description is not None:
        project.description = update.description
    if update.settings:
        _change_settings(call, project, update.settings)
    project.last_modified = call.now
    return answer(call.wire.project(project))


def delete_project(call: Call) -> Reply:
    """Unpublish first, as Microsoft's own samples do before DeleteProject (reference 4.2)."""
    project = call.account.projects.get(call.ids["projectId"])
    if project is None:
        return missing(call, "NotFoundProject")
    for iteration in project.iterations.values():
        if iteration.publish_name:
            raise ServiceError(call.options.published_code, f"The iteration {iteration.id} is published.")
        refuse_while_training(call, iteration.status)
    call.account.delete_project(project, purge_seconds=call.options.purge_seconds)
    if not call.options.predictions_go_with_project:
        call.account.deleted_project_pictures[project.id] = {
            prediction.id: prediction.picture for prediction in project.predictions.values()
        }
    if call.options.models_go_with != "account":
        for path in [path for path in call.account.models if path.startswith(f"/m-{bare(project.id)}/")]:
            del call.account.models[path]
    return NO_CONTENT


def missing(call: Call, code: str) -> Reply:
    """Deleting what is not there: 404, or 204 where the option says so."""
    if call.options.repeated_delete == "accept":
        return NO_CONTENT
    raise ServiceError(code)


def refuse_while_training(call: Call, status: str) -> None:
    if status == "Training" and call.options.delete_while_training == "refuse":
        raise ServiceError("BadRequestTrainingAlreadyInProgress")


def _domain(domain_id: str, code: str) -> Domain:
    if domain := CATALOGUE.get(domain_id):
        return domain
    raise ServiceError(code)


def _check_name(call: Call, name: str, itself: Project | None) -> None:
    if not 0 < len(name) <= 128:
        raise ServiceError("BadRequestProjectName")
    if any(project.name == name and project is not itself for project in call.account.projects.values()):
        raise ServiceError("BadRequestProjectNameNotUnique")


def _export_platforms(call: Call, domain: Domain, names: list[str]) -> tuple[str, ...]:
    for name in names:
        if name not in platforms(domain, call.version):
            raise ServiceError(
                "BadRequestProjectUnsupportedExportPlatform", f"{domain.name} does not export to {name}."
            )
    return tuple(names)


def _change_settings(call: Call, project: Project, settings: ProjectSettings) -> None:
    if settings.domain_id is not None:
        domain = _domain(str(settings.domain_id), "BadRequestProjectUnknownDomain")
        if domain.type != CATALOGUE[project.domain_id].type:
            raise ServiceError("BadRequestProjectUnsupportedDomainTypeChange")
        project.domain_id = domain.id
    if settings.classification_type is not None:
        project.classification_type = settings.classification_type
    if settings.target_export_platforms is not None:
        domain = CATALOGUE[project.domain_id]
        project.target_export_platforms = _export_platforms(call, domain, settings.target_export_platforms)
    if settings.image_processing_settings and settings.image_processing_settings.augmentation_methods:
        project.augmentation_methods = settings.image_processing_settings.augmentation_methods
    _link_storage(project, settings)


def _link_storage(project: Project, settings: ProjectOptions) -> None:
    if settings.export_model_container_uri is not None:
        project.export_model_container_uri = settings.export_model_container_uri
    if settings.notification_queue_uri is not None:
        project.notification_queue_uri = settings.notification_queue_uri
