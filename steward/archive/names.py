"""Names of blobs and payload paths. Only ids stand in them: what users name is data, and stays inside the JSON.

Every name is ASCII with no space, so manifests and fetch.txt need no escaping and all orders of names agree.
"""

import re
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

type ListingKind = Literal["tagged", "untagged", "image-performance"]

EXTENSIONS = {"image/jpeg": "jpg", "image/png": "png", "image/bmp": "bmp", "image/gif": "gif"}
ACCOUNT_PATH = "data/account.json"
PROJECTS = "data/projects/"
# Their bytes are shared by all bags of an account and reach a bag through fetch.txt.
SHARED = ("models", "pictures", "predictions")
_SHARED_FOLDERS = tuple(f"data/{kind}/" for kind in SHARED)
# A pattern: what the service names by an id has it in paths in this spelling.
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


def canonical_id(value: str) -> str:
    """A UUID of the service in its one spelling; raises ValueError for anything else."""
    if re.fullmatch(ID, value):
        return value
    try:
        return str(UUID(value))
    except (ValueError, AttributeError, TypeError):
        raise ValueError(f"expected a UUID, found {str(value)[:80]!r}") from None


def word(value: str) -> str:
    """A part of a name that is no UUID, such as a platform; raises ValueError for what could leave its folder."""
    if not _WORD.fullmatch(value):
        raise ValueError(f"expected letters, digits, - and _, found {value[:80]!r}")
    return value


@dataclass(frozen=True, slots=True)
class RequestNames:
    """Blobs of one request of an account; both are checked, since they are parts of every name."""

    account: str
    request: str

    def __post_init__(self) -> None:
        word(self.account)
        word(self.request)


class BagNames(RequestNames):
    """Where one bag stands, and the work area of the export that fills it."""

    __slots__ = ()

    @property
    def prefix(self) -> str:
        return f"{self.account}/exports/{self.request}/"

    @property
    def work(self) -> str:
        """Outside the bag; removed when the bag is sealed."""
        return f"{self.account}/work/{self.request}/"

    def blob(self, path: str) -> str:
        """The blob of a file of the bag itself."""
        return self.prefix + path

    def resolve(self, path: str) -> str:
        """The blob of any payload file, shared ones too."""
        return shared_blob(self.account, path) if is_shared(path) else self.prefix + path


def project_folder(project: str) -> str:
    return f"{PROJECTS}{canonical_id(project)}/"


def iteration_folder(project: str, iteration: str) -> str:
    return f"{project_folder(project)}iterations/{canonical_id(iteration)}/"


def project_path(project: str) -> str:
    return project_folder(project) + "project.json"


def iterations_path(project: str) -> str:
    return project_folder(project) + "iterations.json"


def selection_path(project: str) -> str:
    """What each selector chose of a project that is not given whole."""
    return project_folder(project) + "selection.json"


def tags_path(project: str, iteration: str = "") -> str:
    """The tags of the workspace, or of an iteration's snapshot."""
    return _workspace_or(project, iteration) + "tags.json"


def iteration_path(project: str, iteration: str) -> str:
    return iteration_folder(project, iteration) + "iteration.json"


def performance_path(project: str, iteration: str) -> str:
    return iteration_folder(project, iteration) + "performance.json"


def exports_path(project: str, iteration: str) -> str:
    return iteration_folder(project, iteration) + "exports.json"


def listing_stem(project: str, iteration: str, kind: ListingKind) -> str:
    """What the pages of a list have in common; an empty iteration is the workspace."""
    if kind == "image-performance":
        return iteration_folder(project, iteration) + "image-performance-"
    return f"{_workspace_or(project, iteration)}images/{kind}-"


def page_name(page: int) -> str:
    """How the names of a list's pages end, after the stem that they have in common; they sort by page."""
    return f"{page:05d}.jsonl"


def split_page(path: str) -> tuple[str, str]:
    """The stem, and the end of the name, of a page's path."""
    length = len(page_name(0))
    return path[:-length], path[-length:]


def page_path(project: str, iteration: str, kind: ListingKind, page: int) -> str:
    return listing_stem(project, iteration, kind) + page_name(page)


def predictions_stem(project: str) -> str:
    return project_folder(project) + "predictions/"


def prediction_page_path(project: str, page: int) -> str:
    return predictions_stem(project) + page_name(page)


def picture_path(project: str, image: str, extension: str) -> str:
    return f"data/pictures/{canonical_id(project)}/{canonical_id(image)}.{word(extension)}"


def prediction_picture_path(project: str, prediction: str, extension: str) -> str:
    return f"data/predictions/{canonical_id(project)}/{canonical_id(prediction)}.{word(extension)}"


def model_path(project: str, iteration: str, platform: str, flavor: str | None, sha256: str) -> str:
    """The service knows an export by its platform and flavor, and may make it anew: a name that tells the bytes leaves
    earlier bags what they hold."""
    name = f"{word(platform)}-{word(flavor or 'default')}-{sha256[:16]}.zip"
    return f"data/models/{canonical_id(project)}/{canonical_id(iteration)}/{name}"


def pictures_prefix(account: str, project: str) -> str:
    return f"{account}/pictures/{canonical_id(project)}/"


def prediction_pictures_prefix(account: str, project: str) -> str:
    return f"{account}/predictions/{canonical_id(project)}/"


def models_prefix(account: str, project: str, iteration: str) -> str:
    return f"{account}/models/{canonical_id(project)}/{canonical_id(iteration)}/"


def is_shared(path: str) -> bool:
    """Whether a payload file reaches the bag through fetch.txt."""
    return path.startswith(_SHARED_FOLDERS)


def shared_blob(account: str, path: str) -> str:
    """The blob of a shared payload file: pictures carry no extension there, since their type is known only later."""
    parts = path.split("/", 3)
    if len(parts) < 4:
        raise ValueError(f"expected data/KIND/PROJECT/NAME, found {path[:200]!r}")
    _, kind, project, rest = parts
    if kind == "models":
        iteration, _, name = rest.partition("/")
        stem, _, extension = name.partition(".")
        return f"{account}/models/{canonical_id(project)}/{canonical_id(iteration)}/{word(stem)}.{word(extension)}"
    return f"{account}/{kind}/{canonical_id(project)}/{canonical_id(rest.partition('.')[0])}"


def _workspace_or(project: str, iteration: str) -> str:
    return iteration_folder(project, iteration) if iteration else project_folder(project)
