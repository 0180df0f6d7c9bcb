"""The rows about iterations: training, publishing, performance, exports, stored predictions, quick tests."""

from emulator import bodies, iterations, performance, predictions, quick_tests, training
from emulator.operation import ANY_TAGS, DRAWN, OF_ITERATION, PROJECT, Operation, since
from emulator.parameters import ORDER, PAGE, boolean, ids, integer, number, one_of, text

_ITERATIONS = PROJECT + "/iterations"
_ITERATION = _ITERATIONS + "/{iterationId}"
_STORE = boolean("store", default=True, versions=since("3.1"))
_PLATFORM = one_of(
    "platform", "CoreML", "TensorFlow", "DockerFile", "ONNX", "VAIDK", "OpenVino", required=True
)
_FLAVOR = one_of(
    "flavor", "Linux", "Windows", "ONNX10", "ONNX12", "ARM", "TensorFlowNormal", "TensorFlowLite"
)

_ITERATIONS_AND_MODELS = (
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
        differs=DRAWN,
    ),
    Operation(
        "GetImagePerformances",
        "GET",
        _ITERATION + "/performance/images",
        performance.get_image_performances,
        "OpenAPI",
        (ANY_TAGS, ORDER, *PAGE),
        differs=DRAWN,
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
            boolean("overwrite", versions=since("3.3")),
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
        PROJECT + "/train",
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
        PROJECT + "/predictions/query",
        predictions.query_predictions,
        "QueryPredictionResults, DeletePrediction",
        body=bodies.PredictionQuery,
        reads=True,
        differs="orderBy Suggested: 501.",
    ),
    Operation(
        "DeletePrediction",
        "DELETE",
        PROJECT + "/predictions",
        predictions.delete_prediction,
        "DeletePrediction",
        (ids("ids", 64, required=True, too_many="BadRequestPredictionIdsExceededCount"),),
    ),
    Operation(
        "QuickTestImage",
        "POST",
        PROJECT + "/quicktest/image",
        quick_tests.quick_test,
        "QuickTestImage, ObjDetectionPrediction",
        (OF_ITERATION, _STORE),
        uploads=True,
        differs=DRAWN,
    ),
    Operation(
        "QuickTestImageUrl",
        "POST",
        PROJECT + "/quicktest/url",
        quick_tests.quick_test,
        "QuickTestImageUrl, CreateImagesFromPredictions",
        (OF_ITERATION, _STORE),
        body=bodies.ImageUrl,
        differs=DRAWN,
    ),
)

ITERATION_OPERATIONS = (*_ITERATIONS_AND_MODELS, *_PREDICTIONS)
