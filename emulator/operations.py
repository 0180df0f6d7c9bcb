"""The operation table: what the router, the counters and the coverage page are made from.

Sources: a name is a recording of the live service, "OpenAPI" the specification files of the API versions.
"""

from collections.abc import Sequence

from emulator import account_info, blobs, bodies, copying, projects, tags
from emulator.image_operations import IMAGE_OPERATIONS
from emulator.iteration_operations import ITERATION_OPERATIONS
from emulator.operation import IMAGES, OF_ITERATION, PROJECT, Operation, since
from emulator.parameters import an_id, one_of, text
from emulator.prediction_operations import PREDICTION_OPERATIONS
from emulator.wire import VERSIONS

_TAG = PROJECT + "/tags/{tagId}"

_PROJECTS = (
    Operation("GetDomains", "GET", "/domains", projects.get_domains, "DomainsApiTests"),
    Operation("GetDomain", "GET", "/domains/{domainId}", projects.get_domain, "DomainsApiTests"),
    Operation("GetProjects", "GET", "/projects", projects.get_projects, "ProjectRetrieval"),
    Operation(
        "CreateProject",
        "POST",
        "/projects",
        projects.create_project,
        "CreateUpdateDeleteProject, CreateDeleteProjectWithDomain",
        (
            text("name", required=True),
            text("description"),
            an_id("domainId"),
            one_of("classificationType", "Multiclass", "Multilabel", default="Multilabel"),
            text("targetExportPlatforms"),
        ),
        body=bodies.ProjectOptions,
        body_optional=True,
    ),
    Operation("GetProject", "GET", PROJECT, projects.get_project, "ProjectRetrieval"),
    Operation("DeleteProject", "DELETE", PROJECT, projects.delete_project, "CreateUpdateDeleteProject"),
    Operation(
        "UpdateProject",
        "PATCH",
        PROJECT,
        projects.update_project,
        "CreateUpdateDeleteProject",
        body=bodies.ProjectUpdate,
    ),
    Operation(
        "GetArtifact",
        "GET",
        PROJECT + "/artifacts",
        blobs.get_artifact,
        "GetArtifacts",
        (text("path", required=True),),
        versions=since("3.3"),
    ),
    Operation(
        "ExportProject",
        "GET",
        PROJECT + "/export",
        copying.export_project,
        "ImportExportProject, ImportProject",
        versions=since("3.2"),
        differs="The file behind the token names the project only; the copy is kept in the emulator.",
    ),
    Operation(
        "ImportProject",
        "POST",
        "/projects/import",
        copying.import_project,
        "ImportExportProject, ImportProject",
        (text("token", required=True), text("name")),
        versions=since("3.2"),
        differs="Takes tokens of the same emulator only.",
    ),
)

_TAGS = (
    Operation(
        "GetTags",
        "GET",
        PROJECT + "/tags",
        tags.get_tags,
        "TagRetrieval, ImportExportProject",
        (OF_ITERATION,),
    ),
    Operation(
        "CreateTag",
        "POST",
        PROJECT + "/tags",
        tags.create_tag,
        "CreateUpdateDeleteTag, TagRetrieval",
        (
            text("name", required=True),
            text("description"),
            one_of("type", "Regular", "Negative", "GeneralProduct", default="Regular"),
        ),
    ),
    Operation("GetTag", "GET", _TAG, tags.get_tag, "OpenAPI", (OF_ITERATION,)),
    Operation("DeleteTag", "DELETE", _TAG, tags.delete_tag, "CreateUpdateDeleteTag"),
    Operation("UpdateTag", "PATCH", _TAG, tags.update_tag, "CreateUpdateDeleteTag", body=bodies.TagUpdate),
)


def _not_emulated(name: str, path: str, versions: Sequence[str] = VERSIONS) -> Operation:
    return Operation(
        name,
        "POST",
        path,
        None,
        "OpenAPI",
        versions=versions,
        reads=True,
        differs="No model is behind it: 501.",
    )


_NOT_EMULATED = (
    _not_emulated("GetImageRegionProposals", IMAGES + "/{imageId}/regionproposals"),
    _not_emulated("QuerySuggestedImages", IMAGES + "/suggested", since("3.1")),
    _not_emulated("QuerySuggestedImageCount", IMAGES + "/suggested/count", since("3.1")),
    _not_emulated("SuggestTagsAndRegions", PROJECT + "/tagsandregions/suggestions", since("3.1")),
)

_ACCOUNT = (
    Operation(
        "GetAccountInfo",
        "GET",
        "/account",
        account_info.get_account_info,
        "OpenAPI v1.2",
        versions=("1.2",),
        differs="Option account_info=false: 404, as the versions after 1.2.",
    ),
)

OPERATIONS = (
    *_PROJECTS,
    *IMAGE_OPERATIONS,
    *_TAGS,
    *ITERATION_OPERATIONS,
    *_NOT_EMULATED,
    *_ACCOUNT,
    *PREDICTION_OPERATIONS,
)
