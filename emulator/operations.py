"""The operation table: what the router, the counters and the coverage page are made from.

Sources: a name is a recording of the live service, "OpenAPI" the specification files of the API versions.
"""

from emulator import (
    account_info,
    blobs,
    bodies,
    copying,
    image_creation,
    image_labels,
    images,
    iterations,
    performance,
    predictions,
    projects,
    tags,
    training,
)
from emulator.operation import Operation
from emulator.parameters import ORDER, PAGE, an_id, boolean, ids, integer, number, one_of, text
from emulator.prediction_operations import PREDICTION_OPERATIONS
from emulator.wire import VERSIONS

_SINCE_31 = VERSIONS[1:]
_SINCE_32 = VERSIONS[2:]
_SINCE_33 = VERSIONS[3:]

_PROJECT = "/projects/{projectId}"
_IMAGES = _PROJECT + "/images"
_ITERATIONS = _PROJECT + "/iterations"
_ITERATION = _ITERATIONS + "/{iterationId}"
_TAG = _PROJECT + "/tags/{tagId}"

_OF_ITERATION = an_id("iterationId")
_ANY_TAGS = ids("tagIds", 20)
_CHOICE = (
    _OF_ITERATION,
    one_of("taggingStatus", "All", "Tagged", "Untagged", default="All"),
    text("$filter"),
)
_STORE = boolean("store", default=True, versions=_SINCE_31)
_PLATFORM = one_of(
    "platform", "CoreML", "TensorFlow", "DockerFile", "ONNX", "VAIDK", "OpenVino", required=True
)
_FLAVOR = one_of(
    "flavor", "Linux", "Windows", "ONNX10", "ONNX12", "ARM", "TensorFlowNormal", "TensorFlowLite"
)
_NO_MODEL = "No model is behind it: 501."
_DRAWN = "Answers are drawn from the pictures' bytes, not recognised."

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
    Operation("GetProject", "GET", _PROJECT, projects.get_project, "ProjectRetrieval"),
    Operation("DeleteProject", "DELETE", _PROJECT, projects.delete_project, "CreateUpdateDeleteProject"),
    Operation(
        "UpdateProject",
        "PATCH",
        _PROJECT,
        projects.update_project,
        "CreateUpdateDeleteProject",
        body=bodies.ProjectUpdate,
    ),
    Operation(
        "GetArtifact",
        "GET",
        _PROJECT + "/artifacts",
        blobs.get_artifact,
        "GetArtifacts",
        (text("path", required=True),),
        versions=_SINCE_33,
    ),
    Operation(
        "ExportProject",
        "GET",
        _PROJECT + "/export",
        copying.export_project,
        "ImportExportProject, ImportProject",
        versions=_SINCE_32,
        differs="The file behind the token names the project only; the copy is kept in the emulator.",
    ),
    Operation(
        "ImportProject",
        "POST",
        "/projects/import",
        copying.import_project,
        "ImportExportProject, ImportProject",
        (text("token", required=True), text("name")),
        versions=_SINCE_32,
        differs="Takes tokens of the same emulator only.",
    ),
)

_IMAGE_LISTS = (
    Operation(
        "GetImages",
        "GET",
        _IMAGES,
        images.get_images,
        "GetImagesAndCount, GetArtifacts",
        (*_CHOICE, _ANY_TAGS, ORDER, *PAGE),
        versions=_SINCE_33,
    ),
    Operation(
        "GetImageCount",
        "GET",
        _IMAGES + "/count",
        images.get_image_count,
        "GetImagesAndCount",
        (*_CHOICE, ids("tagIds", None)),
        versions=_SINCE_33,
    ),
    Operation(
        "GetTaggedImages",
        "GET",
        _IMAGES + "/tagged",
        images.get_tagged_images,
        "GetTaggedImages, DownloadRegions",
        (_OF_ITERATION, _ANY_TAGS, ORDER, *PAGE),
    ),
    Operation(
        "GetTaggedImageCount",
        "GET",
        _IMAGES + "/tagged/count",
        images.get_tagged_image_count,
        "ImageCounts",
        (_OF_ITERATION, ids("tagIds", None)),
    ),
    Operation(
        "GetUntaggedImages",
        "GET",
        _IMAGES + "/untagged",
        images.get_untagged_images,
        "GetUntaggedImages, ImageTagManipulation",
        (_OF_ITERATION, ORDER, *PAGE),
    ),
    Operation(
        "GetUntaggedImageCount",
        "GET",
        _IMAGES + "/untagged/count",
        images.get_untagged_image_count,
        "ImageCounts",
        (_OF_ITERATION,),
    ),
    Operation(
        "GetImagesByIds",
        "GET",
        _IMAGES + "/id",
        images.get_images_by_ids,
        "GetImagesByIds, RegionManipulation",
        (ids("imageIds", 256), _OF_ITERATION),
    ),
)

_IMAGE_CHANGES = (
    Operation(
        "CreateImagesFromData",
        "POST",
        _IMAGES,
        image_creation.create_images_from_data,
        "CreateImagesFromData",
        (_ANY_TAGS,),
        uploads=True,
    ),
    Operation(
        "CreateImagesFromFiles",
        "POST",
        _IMAGES + "/files",
        image_creation.create_images_from_files,
        "CreateImagesFromFiles",
        body=bodies.FileBatch,
    ),
    Operation(
        "CreateImagesFromUrls",
        "POST",
        _IMAGES + "/urls",
        image_creation.create_images_from_urls,
        "CreateImageFromUrl, DeleteImages",
        body=bodies.UrlBatch,
    ),
    Operation(
        "CreateImagesFromPredictions",
        "POST",
        _IMAGES + "/predictions",
        image_creation.create_images_from_predictions,
        "CreateImagesFromPredictions",
        body=bodies.PredictionBatch,
    ),
    Operation(
        "DeleteImages",
        "DELETE",
        _IMAGES,
        images.delete_images,
        "DeleteImages; OpenAPI v3.3 for 202",
        (
            ids("imageIds", 256),
            boolean("allImages", versions=_SINCE_31),
            boolean("allIterations", versions=_SINCE_31),
        ),
    ),
    Operation(
        "UpdateImageMetadata",
        "POST",
        _IMAGES + "/metadata",
        image_labels.update_image_metadata,
        "UpdateImageMetadata",
        (ids("imageIds", 256, required=True),),
        body=bodies.Metadata,
        versions=_SINCE_33,
        differs="The OpenAPI file says 64 ids in words and 256 in its schema: 256.",
    ),
    Operation(
        "CreateImageTags",
        "POST",
        _IMAGES + "/tags",
        image_labels.create_image_tags,
        "ImageTagManipulation",
        body=bodies.ImageTagBatch,
    ),
    Operation(
        "DeleteImageTags",
        "DELETE",
        _IMAGES + "/tags",
        image_labels.delete_image_tags,
        "ImageTagManipulation",
        (ids("imageIds", 64, required=True), ids("tagIds", 20, required=True)),
    ),
    Operation(
        "CreateImageRegions",
        "POST",
        _IMAGES + "/regions",
        image_labels.create_image_regions,
        "RegionManipulation",
        body=bodies.RegionBatch,
    ),
    Operation(
        "DeleteImageRegions",
        "DELETE",
        _IMAGES + "/regions",
        image_labels.delete_image_regions,
        "RegionManipulation",
        (ids("regionIds", 64, required=True),),
    ),
)

_TAGS = (
    Operation(
        "GetTags",
        "GET",
        _PROJECT + "/tags",
        tags.get_tags,
        "TagRetrieval, ImportExportProject",
        (_OF_ITERATION,),
    ),
    Operation(
        "CreateTag",
        "POST",
        _PROJECT + "/tags",
        tags.create_tag,
        "CreateUpdateDeleteTag, TagRetrieval",
        (
            text("name", required=True),
            text("description"),
            one_of("type", "Regular", "Negative", "GeneralProduct", default="Regular"),
        ),
    ),
    Operation("GetTag", "GET", _TAG, tags.get_tag, "OpenAPI", (_OF_ITERATION,)),
    Operation("DeleteTag", "DELETE", _TAG, tags.delete_tag, "CreateUpdateDeleteTag"),
    Operation("UpdateTag", "PATCH", _TAG, tags.update_tag, "CreateUpdateDeleteTag", body=bodies.TagUpdate),
)

_ITERATION_OPERATIONS = (
    Operation(
        "GetIterations", "GET", _ITERATIONS, iterations.get_iterations, "GetIterations, ImportExportProject"
    ),
    Operation("GetIteration", "GET", _ITERATION, iterations.get_iteration, "TrainAndPublishProject"),
    Operation("DeleteIteration", "DELETE", _ITERATION, iterations.delete_iteration, "TrainAndPublishProject"),
    Operation(
        "UpdateIteration",
        "PATCH",
        _ITERATION,
        iterations.update_iteration,
        "GetIterations",
        body=bodies.IterationUpdate,
    ),
    Operation("GetExports", "GET", _ITERATION + "/export", iterations.get_exports, "ExportTests, GetExports"),
    Operation(
        "ExportIteration",
        "POST",
        _ITERATION + "/export",
        iterations.export_iteration,
        "ExportTests, ExportIteration",
        (_PLATFORM, _FLAVOR),
        differs="The model is a small zip whose weights are drawn from the iteration's id.",
    ),
    Operation(
        "GetIterationPerformance",
        "GET",
        _ITERATION + "/performance",
        performance.get_iteration_performance,
        "GetIterationPerformance",
        (number("threshold"), number("overlapThreshold")),
        differs=_DRAWN,
    ),
    Operation(
        "GetImagePerformances",
        "GET",
        _ITERATION + "/performance/images",
        performance.get_image_performances,
        "OpenAPI",
        (_ANY_TAGS, ORDER, *PAGE),
        differs=_DRAWN,
    ),
    Operation(
        "GetImagePerformanceCount",
        "GET",
        _ITERATION + "/performance/images/count",
        performance.get_image_performance_count,
        "ImageCounts",
        (ids("tagIds", None),),
    ),
    Operation(
        "PublishIteration",
        "POST",
        _ITERATION + "/publish",
        iterations.publish_iteration,
        "TrainAndPublishProject",
        (
            text("publishName", required=True),
            text("predictionId", required=True),
            boolean("overwrite", versions=_SINCE_33),
        ),
        differs="The prediction resource is not looked up.",
    ),
    Operation(
        "UnpublishIteration",
        "DELETE",
        _ITERATION + "/publish",
        iterations.unpublish_iteration,
        "TrainAndPublishProject",
    ),
    Operation(
        "TrainProject",
        "POST",
        _PROJECT + "/train",
        training.train_project,
        "TrainAndPublishProject",
        (
            one_of("trainingType", "Regular", "Advanced", default="Regular"),
            integer("reservedBudgetInHours", default=0),
            boolean("forceTrain"),
            text("notificationEmailAddress"),
        ),
        body=bodies.TrainingParameters,
        body_optional=True,
        differs="No mail is sent.",
    ),
)

_PREDICTIONS = (
    Operation(
        "QueryPredictions",
        "POST",
        _PROJECT + "/predictions/query",
        predictions.query_predictions,
        "QueryPredictionResults, DeletePrediction",
        body=bodies.PredictionQuery,
        reads=True,
        differs="orderBy Suggested: 501.",
    ),
    Operation(
        "DeletePrediction",
        "DELETE",
        _PROJECT + "/predictions",
        predictions.delete_prediction,
        "DeletePrediction",
        (ids("ids", 64, required=True, code="BadRequestPredictionIdsExceededCount"),),
    ),
    Operation(
        "QuickTestImage",
        "POST",
        _PROJECT + "/quicktest/image",
        predictions.quick_test_image,
        "QuickTestImage, ObjDetectionPrediction",
        (_OF_ITERATION, _STORE),
        uploads=True,
        differs=_DRAWN,
    ),
    Operation(
        "QuickTestImageUrl",
        "POST",
        _PROJECT + "/quicktest/url",
        predictions.quick_test_image_url,
        "QuickTestImageUrl, CreateImagesFromPredictions",
        (_OF_ITERATION, _STORE),
        body=bodies.ImageUrl,
        differs=_DRAWN,
    ),
)

_NOT_EMULATED = (
    Operation(
        "GetImageRegionProposals",
        "POST",
        _IMAGES + "/{imageId}/regionproposals",
        None,
        "OpenAPI",
        reads=True,
        differs=_NO_MODEL,
    ),
    Operation(
        "QuerySuggestedImages",
        "POST",
        _IMAGES + "/suggested",
        None,
        "OpenAPI",
        versions=_SINCE_31,
        reads=True,
        differs=_NO_MODEL,
    ),
    Operation(
        "QuerySuggestedImageCount",
        "POST",
        _IMAGES + "/suggested/count",
        None,
        "OpenAPI",
        versions=_SINCE_31,
        reads=True,
        differs=_NO_MODEL,
    ),
    Operation(
        "SuggestTagsAndRegions",
        "POST",
        _PROJECT + "/tagsandregions/suggestions",
        None,
        "OpenAPI",
        versions=_SINCE_31,
        reads=True,
        differs=_NO_MODEL,
    ),
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
    *_IMAGE_LISTS,
    *_IMAGE_CHANGES,
    *_TAGS,
    *_ITERATION_OPERATIONS,
    *_PREDICTIONS,
    *_NOT_EMULATED,
    *_ACCOUNT,
    *PREDICTION_OPERATIONS,
)
