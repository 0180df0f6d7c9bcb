"""The service's JSON as typed dictionaries, API 3.3 and 3.4-preview (v1.2 for the account).

Keys that every version sends are required and answers are checked against them; whatever else an answer holds is kept as
it came. Source: the service's OpenAPI files, and what it was seen to omit or to send as null. Dates are text: the service
writes them in two forms.
"""

from typing import Annotated, Any, NotRequired, TypedDict, cast

from pydantic import StringConstraints

type Id = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$")]


class Domain(TypedDict):
    id: Id
    name: str


class ProjectSettings(TypedDict):
    domainId: NotRequired[str | None]
    classificationType: NotRequired[str | None]
    targetExportPlatforms: NotRequired[list[str] | None]


class Project(TypedDict):
    id: Id
    name: str
    created: str
    description: NotRequired[str | None]
    settings: NotRequired[ProjectSettings | None]
    lastModified: NotRequired[str]
    thumbnailUri: NotRequired[str | None]
    status: NotRequired[str]


class Tag(TypedDict):
    id: Id
    name: str
    type: NotRequired[str]
    description: NotRequired[str | None]
    imageCount: NotRequired[int]


class Iteration(TypedDict):
    """`status` is an open word: Completed, Training, Failed, … `publishName` is null or empty where unpublished."""

    id: Id
    name: str
    status: str
    created: NotRequired[str]
    lastModified: NotRequired[str]
    trainedAt: NotRequired[str | None]
    projectId: NotRequired[Id]
    domainId: NotRequired[str | None]
    exportable: NotRequired[bool]
    exportableTo: NotRequired[list[str] | None]
    publishName: NotRequired[str | None]
    originalPublishResourceId: NotRequired[str | None]


class ImageTag(TypedDict):
    tagId: Id
    tagName: NotRequired[str | None]
    created: NotRequired[str]


class ImageRegion(TypedDict):
    """Sides are fractions of the picture's width and height."""

    tagId: Id
    left: float
    top: float
    width: float
    height: float
    regionId: NotRequired[Id]
    tagName: NotRequired[str | None]
    created: NotRequired[str]


class Image(TypedDict):
    """`width`, `height` in pixels. Empty tags, regions and metadata are left out by the service."""

    id: Id
    created: str
    width: int
    height: int
    originalImageUri: str
    resizedImageUri: NotRequired[str | None]
    thumbnailUri: NotRequired[str | None]
    tags: NotRequired[list[ImageTag] | None]
    regions: NotRequired[list[ImageRegion] | None]
    metadata: NotRequired[dict[str, str] | None]


class BoundingBox(TypedDict):
    left: float
    top: float
    width: float
    height: float


class Prediction(TypedDict):
    tagId: Id
    probability: float
    tagName: NotRequired[str | None]
    boundingBox: NotRequired[BoundingBox | None]
    tagType: NotRequired[str | None]


class ImagePerformance(TypedDict):
    id: Id
    width: NotRequired[int]
    height: NotRequired[int]
    imageUri: NotRequired[str | None]
    thumbnailUri: NotRequired[str | None]
    predictions: NotRequired[list[Prediction] | None]
    tags: NotRequired[list[ImageTag] | None]
    regions: NotRequired[list[ImageRegion] | None]


class TagPerformance(TypedDict):
    id: Id
    name: str
    precision: float
    recall: float
    averagePrecision: NotRequired[float | None]


class IterationPerformance(TypedDict):
    perTagPerformance: list[TagPerformance]
    precision: float
    recall: float
    averagePrecision: NotRequired[float | None]


class StoredPrediction(TypedDict):
    id: Id
    created: str
    originalImageUri: str
    predictions: list[Prediction]
    project: NotRequired[Id]
    iteration: NotRequired[Id]
    domain: NotRequired[str | None]
    resizedImageUri: NotRequired[str | None]
    thumbnailUri: NotRequired[str | None]


class PredictionQueryToken(TypedDict, total=False):
    """Sent back as it came to have the next page; `continuation` null or empty says there is none."""

    session: str | None
    continuation: str | None
    maxCount: int
    orderBy: str
    tags: list[dict[str, Any]] | None
    iterationId: Id | None
    startTime: str | None
    endTime: str | None
    application: str | None


class PredictionQueryResult(TypedDict):
    token: PredictionQueryToken
    results: list[StoredPrediction]


class ModelExport(TypedDict):
    """An exported model: no id, it is known by platform and flavor. `downloadUri` is null until Done."""

    platform: str
    status: str
    downloadUri: str | None
    flavor: NotRequired[str | None]
    newerVersionAvailable: NotRequired[bool]


class Account(TypedDict):
    """v1.2 `/account`. `Keys`: the same names as the service gives, each value `{"present": bool}` in place of a key."""

    Keys: dict[str, Any]
    Quotas: dict[str, Any]
    UserName: NotRequired[str | None]
    Email: NotRequired[str | None]


def presence(keys: dict[str, Any]) -> dict[str, Any]:
    """The same names, whatever they are, with `{"present": bool}` in place of every value."""
    return {
        name: presence(cast(dict[str, Any], value)) if isinstance(value, dict) else {"present": bool(value)}
        for name, value in keys.items()
    }
