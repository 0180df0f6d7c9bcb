"""The rows about images: lists and counts, creation, deletion, tags, regions, metadata."""

from emulator import bodies, image_creation, image_labels, images
from emulator.operation import ANY_TAGS, IMAGES, OF_ITERATION, Operation, since
from emulator.parameters import ORDER, PAGE, boolean, ids, one_of, text

_CHOICE = (OF_ITERATION, one_of("taggingStatus", "All", "Tagged", "Untagged", default="All"), text("$filter"))

_IMAGE_LISTS = (
    Operation(
        "GetImages",
        "GET",
        IMAGES,
        images.get_images,
        "GetImagesAndCount, GetArtifacts",
        (*_CHOICE, ANY_TAGS, ORDER, *PAGE),
        versions=since("3.3"),
    ),
    Operation(
        "GetImageCount",
        "GET",
        IMAGES + "/count",
        images.get_image_count,
        "GetImagesAndCount",
        (*_CHOICE, ids("tagIds", None)),
        versions=since("3.3"),
    ),
    Operation(
        "GetTaggedImages",
        "GET",
        IMAGES + "/tagged",
        images.get_tagged_images,
        "GetTaggedImages, DownloadRegions",
        (OF_ITERATION, ANY_TAGS, ORDER, *PAGE),
    ),
    Operation(
        "GetTaggedImageCount",
        "GET",
        IMAGES + "/tagged/count",
        images.get_tagged_image_count,
        "ImageCounts",
        (OF_ITERATION, ids("tagIds", None)),
    ),
    Operation(
        "GetUntaggedImages",
        "GET",
        IMAGES + "/untagged",
        images.get_untagged_images,
        "GetUntaggedImages, ImageTagManipulation",
        (OF_ITERATION, ORDER, *PAGE),
    ),
    Operation(
        "GetUntaggedImageCount",
        "GET",
        IMAGES + "/untagged/count",
        images.get_untagged_image_count,
        "ImageCounts",
        (OF_ITERATION,),
    ),
    Operation(
        "GetImagesByIds",
        "GET",
        IMAGES + "/id",
        images.get_images_by_ids,
        "GetImagesByIds, RegionManipulation",
        (ids("imageIds", 256), OF_ITERATION),
    ),
)

_IMAGE_CHANGES = (
    Operation(
        "CreateImagesFromData",
        "POST",
        IMAGES,
        image_creation.create_images_from_data,
        "CreateImagesFromData",
        (ANY_TAGS,),
        uploads=True,
    ),
    Operation(
        "CreateImagesFromFiles",
        "POST",
        IMAGES + "/files",
        image_creation.create_images_from_files,
        "CreateImagesFromFiles",
        body=bodies.FileBatch,
    ),
    Operation(
        "CreateImagesFromUrls",
        "POST",
        IMAGES + "/urls",
        image_creation.create_images_from_urls,
        "CreateImageFromUrl, DeleteImages",
        body=bodies.UrlBatch,
    ),
    Operation(
        "CreateImagesFromPredictions",
        "POST",
        IMAGES + "/predictions",
        image_creation.create_images_from_predictions,
        "CreateImagesFromPredictions",
        body=bodies.PredictionBatch,
    ),
    Operation(
        "DeleteImages",
        "DELETE",
        IMAGES,
        images.delete_images,
        "DeleteImages; OpenAPI v3.3 for 202",
        (
            ids("imageIds", 256),
            boolean("allImages", versions=since("3.1")),
            boolean("allIterations", versions=since("3.1")),
        ),
    ),
    Operation(
        "UpdateImageMetadata",
        "POST",
        IMAGES + "/metadata",
        image_labels.update_image_metadata,
        "UpdateImageMetadata",
        (ids("imageIds", 256, required=True),),
        body=bodies.Metadata,
        versions=since("3.3"),
        differs="The OpenAPI file says 64 ids in words and 256 in its schema: 256.",
    ),
    Operation(
        "CreateImageTags",
        "POST",
        IMAGES + "/tags",
        image_labels.create_image_tags,
        "ImageTagManipulation",
        body=bodies.ImageTagBatch,
    ),
    Operation(
        "DeleteImageTags",
        "DELETE",
        IMAGES + "/tags",
        image_labels.delete_image_tags,
        "ImageTagManipulation",
        (ids("imageIds", 64, required=True), ids("tagIds", 20, required=True)),
    ),
    Operation(
        "CreateImageRegions",
        "POST",
        IMAGES + "/regions",
        image_labels.create_image_regions,
        "RegionManipulation",
        body=bodies.RegionBatch,
    ),
    Operation(
        "DeleteImageRegions",
        "DELETE",
        IMAGES + "/regions",
        image_labels.delete_image_regions,
        "RegionManipulation",
        (ids("regionIds", 64, required=True),),
    ),
)

IMAGE_OPERATIONS = (*_IMAGE_LISTS, *_IMAGE_CHANGES)
