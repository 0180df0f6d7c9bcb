"""Every behaviour that no source settles, by name; the defaults are the likeliest reading.

`--option NAME=VALUE`, or PUT /.emulator/options while running. The first group is about the emulator itself, the rest
decide points that the documentation, the OpenAPI files and the recordings leave open.
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Code = Literal["BadRequestIterationIsPublished", "BadRequestInvalid", "BadRequestNotSupported"]


class Options(BaseModel):
    """Named options with their defaults."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    rate_limit: str = Field(
        "off",
        pattern=r"^(off|\d+(\.\d+)?/\d+)$",
        description="`off`, or CALLS/BURST: calls a second, and how many at once",
    )
    latency_ms: float = Field(0, ge=0, description="milliseconds that every call and every picture waits")
    pictures_count: bool = Field(
        False, description="whether pictures and models count against the rate limit of the Training API"
    )
    sas_lifetime: float = Field(
        86_400, ge=0, description="seconds that a signed URL lasts (24 h in the recordings)"
    )
    private: bool = Field(False, description="private account: relative URIs, read by GetArtifact")
    train_seconds: float = Field(
        2, ge=0, description="seconds that a training takes (6 to 28 in the recordings)"
    )
    export_seconds: float = Field(
        1, ge=0, description="seconds that a model export takes (42 in the recordings)"
    )
    import_seconds: float = Field(
        1, ge=0, description="seconds that a project import takes (8 to 14 in the recordings)"
    )
    delete_seconds: float = Field(
        1, ge=0, description="seconds that an asynchronous DeleteImages takes; counts fall meanwhile"
    )
    purge_seconds: float = Field(
        0, ge=0, description="seconds that pictures outlive their deleted project in the blob store"
    )
    tier: Literal["F0", "S0"] = Field("S0", description="whose quotas hold (page Limits and quotas)")

    account_info: bool = Field(True, description="whether v1.2 /account still answers; else 404")
    subscription_key_header: bool = Field(
        False, description="whether Ocp-Apim-Subscription-Key is taken as a key"
    )
    bearer_since: Literal["1.2", "3.0", "3.1", "3.2", "3.3", "3.4-preview"] = Field(
        "1.2", description="first version that takes bearer tokens"
    )
    denied_status: int = Field(
        403, ge=400, le=499, description="status for who is known and may not (code PermissionDenied)"
    )
    gateway_form: Literal["error", "status-code"] = Field(
        "error",
        description="body of the gateway's refusals: `{error: {code, message}}`, or `{statusCode, message}`",
    )
    retry_after: bool = Field(True, description="whether a 429 carries Retry-After")
    unknown_parameters: Literal["refuse", "ignore"] = Field(
        "refuse", description="what a query parameter that the operation does not have gets: 400, or nothing"
    )
    longest_url: int = Field(
        0, ge=0, description="characters of path and query above which the gateway answers 414; 0: no limit"
    )
    too_large_take: Literal["refuse", "clamp"] = Field(
        "refuse", description="take over 256: 400 BadRequestExceededBatchSize, or 256"
    )
    malformed_id_code: Literal["BadRequestInvalidIds", "BadRequestInvalid"] = Field(
        "BadRequestInvalidIds", description="code for an id that is no UUID"
    )
    too_many_ids_code: Literal["BadRequestExceededBatchSize", "BadRequestInvalidIds"] = Field(
        "BadRequestExceededBatchSize",
        description="code for more ids in a query than the operation takes (predictions have one of their own)",
    )
    published_code: Code = Field(
        "BadRequestIterationIsPublished",
        description="code when a published iteration, or its project, is deleted",
    )
    repeated_delete: Literal["refuse", "accept"] = Field(
        "refuse",
        description="deleting what is not there: 404 NotFound…, or 204; unpublishing what is not published: 400 BadRequestIterationNotPublished, or 204",
    )
    unpublish: Literal["works", "fails"] = Field(
        "works",
        description="UnpublishIteration (as where its prediction resource is gone): 204, or 400 BadRequestUnpublishFailed",
    )
    export_again_code: Literal["BadRequestExportAlreadyInProgress", "BadRequestExportValidationFailed"] = (
        Field(
            "BadRequestExportAlreadyInProgress",
            description="code where the model of a platform and flavor is there or being made",
        )
    )
    equal_times: Literal["by-id", "at-random"] = Field(
        "by-id",
        description="order of images of one time in lists: by id (recordings), or another in each call",
    )
    missing_images: Literal["omit", "refuse"] = Field(
        "omit", description="GetImagesByIds with ids that do not exist: left out, or 404 NotFoundImage"
    )
    images_by_ids: Literal["reversed", "as-asked"] = Field(
        "reversed", description="order of GetImagesByIds (reversed in two recordings, the rule is not known)"
    )
    asynchronous_delete: Literal["all", "never"] = Field(
        "all", description="DeleteImages with allImages or allIterations: 202 and later, or 204 at once"
    )
    all_images_of_all_iterations: Literal["accept", "refuse"] = Field(
        "accept",
        description="DeleteImages with allImages and allIterations at once: done, or 400 BadRequestNotSupported",
    )
    delete_images_reaches_iterations: bool = Field(
        False, description="whether DeleteImages changes snapshots without allIterations"
    )
    images_of_a_deleted_tag: Literal["stay", "go"] = Field(
        "stay", description="images whose last tag is deleted: stay, untagged, or go with it"
    )
    delete_tag_reaches_iterations: bool = Field(False, description="whether DeleteTag changes snapshots")
    delete_while_training: Literal["refuse", "allow"] = Field(
        "refuse",
        description="deleting an iteration or project in training: 400 BadRequestTrainingAlreadyInProgress",
    )
    exporter_version: int = Field(
        1,
        ge=1,
        description="version of what makes model files; an export of an older one has newerVersionAvailable, and is made anew when asked for",
    )
    model_links: bool = Field(
        True, description="whether an export that is Done has its downloadUri (it may be null, OpenAPI)"
    )
    models_go_with: Literal["account", "project", "iteration"] = Field(
        "account",
        description="what an exported model's file goes with (the page says: deleted upon account deletion)",
    )
    predictions_go_with_project: bool = Field(
        True, description="whether pictures of stored predictions end with DeleteProject"
    )
    prediction_days: float = Field(
        0,
        ge=0,
        description="days after which a stored prediction is gone (documented: 30); 0: never, as seeds are old",
    )
    predictions_page: int = Field(50, ge=1, description="predictions a page where maxCount is 0")
    predictions_most: int = Field(
        256, ge=1, description="largest maxCount; above: 400 BadRequestPredictionResultsExceededCount"
    )
    last_continuation: Literal["null", "empty"] = Field(
        "null",
        description="continuation of the last page (null in the recordings, empty in the OpenAPI example)",
    )
    session_is_snapshot: bool = Field(
        False, description="whether predictions stored after a query's first page stay out of its later pages"
    )
    metadata_update: Literal["merge", "replace"] = Field(
        "merge", description="whether UpdateImageMetadata keeps the pairs that it does not name"
    )
    second_multiclass_tag: Literal["replace", "exceed"] = Field(
        "replace",
        description="a second tag for a Multiclass image: takes the first one's place, or is `exceeded`",
    )
    duplicates: Literal["detect", "store"] = Field(
        "detect", description="the bytes of an image that the project has: OKDuplicate, or a second image"
    )
    resized: Literal["original", "own"] = Field(
        "original",
        description="resizedImageUri: that of the original (all recordings), or a smaller picture of its own",
    )
    reencode: bool = Field(
        False,
        description="whether uploads are stored as JPEG of quality 75 without EXIF (hinted at by GetArtifacts)",
    )
    failed_status: str = Field(
        "Failed", description="spelling of the status of an iteration whose training failed"
    )
