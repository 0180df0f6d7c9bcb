"""JSON bodies that calls bring (definitions of the OpenAPI files). Members that are not named are ignored, as .NET does."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

from emulator.state import ClassificationType
from emulator.workspace import Box, TagType


def _canonical(text: str) -> str:
    return str(UUID(text))


type Id = Annotated[str, AfterValidator(_canonical)]


def _list_or_empty(value: object) -> object:
    return [] if value is None else value


type Many[T] = Annotated[list[T], BeforeValidator(_list_or_empty)]


class Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, frozen=True)


class Region(Body):
    tag_id: Id
    left: float
    top: float
    width: float
    height: float

    def box(self) -> Box:
        return Box.of(self.left, self.top, self.width, self.height)


class ImageEntry(Body):
    """What the three kinds of batch share: tags and regions of one image."""

    tag_ids: Many[Id] = []
    regions: Many[Region] = []


class FileEntry(ImageEntry):
    name: str | None = None
    contents: str = Field(description="base64")


class UrlEntry(ImageEntry):
    url: str


class PredictionEntry(ImageEntry):
    id: Id


class Batch[Entry: ImageEntry](Body):
    images: list[Entry]
    tag_ids: Many[Id] = []
    metadata: dict[str, str] | None = None


class FileBatch(Batch[FileEntry]):
    """ImageFileCreateBatch."""


class UrlBatch(Batch[UrlEntry]):
    """ImageUrlCreateBatch."""


class PredictionBatch(Batch[PredictionEntry]):
    """ImageIdCreateBatch."""


class ImageUrl(Body):
    url: str


class ImageTagEntry(Body):
    image_id: Id
    tag_id: Id


class ImageTagBatch(Body):
    tags: list[ImageTagEntry]


class RegionEntry(Region):
    image_id: Id


class RegionBatch(Body):
    regions: list[RegionEntry]


class Metadata(RootModel[dict[str, str]]):
    """Of UpdateImageMetadata."""


class ProjectOptions(Body):
    """CreateProjectOptions, v3.4-preview."""

    export_model_container_uri: str | None = None
    notification_queue_uri: str | None = None


class ImageProcessing(Body):
    augmentation_methods: dict[str, bool] | None = None


class ProjectSettings(ProjectOptions):
    domain_id: Id | None = None
    classification_type: ClassificationType | None = None
    target_export_platforms: list[str] | None = None
    image_processing_settings: ImageProcessing | None = None


class ProjectUpdate(Body):
    name: str | None = None
    description: str | None = None
    settings: ProjectSettings | None = None


class TagUpdate(Body):
    name: str | None = None
    description: str | None = None
    type: TagType | None = None


class IterationUpdate(Body):
    name: str | None = None


class BaseModelInfo(Body):
    project_id: Id
    iteration_id: Id


class TrainingParameters(Body):
    selected_tags: Many[Id] = []
    custom_base_model_info: BaseModelInfo | None = None


class QueryTag(Body):
    id: Id
    min_threshold: float = 0
    max_threshold: float = 1


class PredictionQuery(Body):
    """PredictionQueryToken."""

    session: str | None = None
    continuation: str | None = None
    max_count: int = Field(0, ge=0)
    order_by: Literal["Newest", "Oldest", "Suggested"] = "Newest"
    tags: list[QueryTag] | None = None
    iteration_id: Id | None = None
    # Echoed as they came; read by emulator.times.parse.
    start_time: str | None = None
    end_time: str | None = None
    application: str | None = None
