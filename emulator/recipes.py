"""What the seeds hold, as data: small for a demo, medium for tests, large for load. emulator/seeds.py plants it."""

from dataclasses import dataclass, replace
from typing import Literal

from emulator import domains
from emulator.state import ExportStatus

type SeedName = Literal["none", "small", "medium", "large"]
type Kind = Literal["multiclass", "multilabel", "detection"]
type Outcome = Literal["published", "unpublished", "failed"]

_PRODUCTS_ON_SHELVES = "3780a898-81c3-4516-81ae-3a139614e1f3"


@dataclass(frozen=True, slots=True)
class ExportRecipe:
    """A model export of a project's last trained iteration."""

    platform: str
    flavor: str | None = None
    status: ExportStatus = "Done"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One project. `images` counts those of the workspace; `forgotten` ones are only in the first snapshot left."""

    name: str
    kind: Kind
    images: int
    tags: tuple[str, ...] = ()
    domain: str = domains.GENERAL
    description: str = ""
    negative: str | None = None
    general_product: str | None = None
    forgotten_tag: str = "withdrawn"
    forgotten: int = 0
    iterations: tuple[Outcome, ...] = ()
    exports: tuple[ExportRecipe, ...] = ()
    predictions: int = 0
    import_failed: bool = False


_HATS = Recipe(
    name="Hats",
    kind="multiclass",
    images=120,
    tags=("Beret", "Bowler", "Sombrero"),
    domain=domains.GENERAL_COMPACT,
    description="Which hat is it?",
    negative="Not a hat",
    forgotten_tag="Fez",
    forgotten=6,
    iterations=("unpublished", "published"),
    exports=(
        ExportRecipe("TensorFlow"),
        ExportRecipe("ONNX", "ONNX12"),
        ExportRecipe("CoreML", status="Failed"),
    ),
    predictions=20,
)
_SIGNS = Recipe(
    name='Signs / "Straßenschilder" <script>alert(1)</script> 道路標識 \\ 🚸',
    kind="multilabel",
    images=100,
    tags=(
        "Vorfahrt gewähren",
        "止まれ",
        "قف",
        "e\u0301cole: decomposed, as macOS writes it",
        "🚸",
        "<script>alert('tag')</script>",
        """a/b\\c "double" 'single' `back`""",
        "../..%2F%00?x=1&y=2#z",
        "=1+1",
        ("128 characters " * 9)[:128],
    ),
    description='Names with "quotes", <b>markup</b>,\nline ends and 日本語.',
    iterations=("unpublished", "failed"),
    forgotten_tag="withdrawn / 撤回",
    forgotten=4,
)
_WORKBENCH = Recipe(
    name="Workbench",
    kind="detection",
    images=80,
    tags=("hammer", "pliers", "screwdriver"),
    domain=domains.DETECTION_GENERAL_COMPACT,
    description="Tools, with a box around each.",
    iterations=("published", "unpublished"),
    exports=(ExportRecipe("DockerFile", "Linux"),),
    predictions=10,
)
_SMALL = (_HATS, _SIGNS, _WORKBENCH)

_MEDIUM = (
    replace(
        _HATS,
        images=300,
        iterations=("unpublished", "published", "unpublished"),
        exports=(
            *_HATS.exports,
            ExportRecipe("OpenVino", status="Exporting"),
            ExportRecipe("DockerFile", "ARM"),
            ExportRecipe("DockerFile", "Windows"),
        ),
        predictions=200,
    ),
    replace(_SIGNS, images=250, forgotten=12),
    replace(_WORKBENCH, images=250, forgotten=10, predictions=150),
    Recipe(
        name="Shelves",
        kind="detection",
        images=150,
        tags=("cereal", "coffee"),
        domain=_PRODUCTS_ON_SHELVES,
        general_product="product",
        iterations=("unpublished",),
    ),
    Recipe(name=("A project name of 128 characters, ñ " * 4)[:128], kind="multilabel", images=100),
    Recipe(name="Empty ∅", kind="multiclass", images=0),
    Recipe(
        name="Leaves",
        kind="multilabel",
        images=900,
        tags=("oak", "maple", "ginkgo", "diseased", "wet"),
        negative="no leaf",
        forgotten_tag="herbarium",
        forgotten=40,
        iterations=("published", "unpublished", "published", "failed"),
        predictions=150,
    ),
    Recipe(
        name="Leaves (1)",
        kind="multilabel",
        images=50,
        tags=("oak", "maple"),
        description="An import that broke off.",
        import_failed=True,
    ),
)
_LARGE = tuple(
    replace(
        template,
        name=f"{template.name} {number:02d}",
        images=5_000,
        forgotten=25,
        iterations=template.iterations[:2],
        predictions=50,
    )
    for number, template in enumerate((_HATS, _SIGNS, _WORKBENCH, _MEDIUM[6]) * 5, start=1)
)

RECIPES: dict[SeedName, tuple[Recipe, ...]] = {
    "none": (),
    "small": _SMALL,
    "medium": _MEDIUM,
    "large": _LARGE,
}
SHARED_PICTURES: dict[SeedName, int] = {"large": 64}
"""How many pictures the images of a seed share; each image has its own where the seed is not named here."""
