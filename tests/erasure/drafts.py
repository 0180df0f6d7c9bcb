"""Accounts and erasures as hypothesis draws them: what a person did in each project, and what of it is to go.

Nothing here knows the ids that the service will give: a draft names images, iterations and predictions by their places.
"""

from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

TAGS = ("red", "Größe L", "red, blue / *")
SUBJECTS = ("42", "43", "")
# So many images have all tags: what the service asks for before it trains.
BASE = {"multilabel": 5, "detection": 15}


@dataclass(frozen=True)
class Add:
    """One image; `tags` by their place in TAGS, in a detection project with a box each."""

    tags: tuple[int, ...] = ()
    subject: str | None = None


@dataclass(frozen=True)
class Train:
    published: bool = False
    exported: bool = False


@dataclass(frozen=True)
class Withdraw:
    """An image leaves the workspace; snapshots keep it."""

    image: int


@dataclass(frozen=True)
class Relabel:
    """The workspace says another person and another tag of an image; snapshots keep what they say."""

    image: int
    tag: int
    subject: str


@dataclass(frozen=True)
class DropTag:
    """The last tag leaves the workspace, and snapshots keep it."""


@dataclass(frozen=True)
class Predict:
    """A picture is asked about, and kept, some minutes after what was done before."""


type Step = Add | Train | Withdraw | Relabel | DropTag | Predict


@dataclass(frozen=True)
class DraftProject:
    kind: Literal["multilabel", "detection"]
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Images:
    """`tags`: places in TAGS, and whether each is meant by its id; `ids`: places among all images."""

    tags: tuple[tuple[int, bool], ...] = ()
    ids: tuple[int, ...] = ()
    subject: str | None = None


@dataclass(frozen=True)
class Entry:
    """One of the scope's projects; the whole of it where nothing else is said.

    `iterations`: places, and whether each is meant by its id; `predictions`: places of the first and of the one after the
    last, each or none.
    """

    project: int
    by_name: bool = False
    images: Images | None = None
    iterations: tuple[tuple[int, bool], ...] = ()
    predictions: tuple[int | None, int | None] | None = None


@dataclass(frozen=True)
class DraftErasure:
    """`entries`: none for the whole account; `guard`: an export is made before, or waived; `rehearsed`: by a dry run."""

    entries: tuple[Entry, ...] = ()
    derived: Literal["keep", "erase"] = "keep"
    guard: Literal["export", "waiver"] = "waiver"
    rehearsed: bool = False


@dataclass(frozen=True)
class Draft:
    projects: tuple[DraftProject, ...]
    erasure: DraftErasure


_PLACES = st.integers(0, 7)
_TAG = st.integers(0, len(TAGS) - 1)
_SUBJECT = st.sampled_from(SUBJECTS)
_STEP: st.SearchStrategy[Step] = st.one_of(
    st.builds(
        Add,
        tags=st.lists(_TAG, unique=True, max_size=2).map(tuple),
        subject=st.none() | _SUBJECT,
    ),
    st.builds(Train, published=st.booleans(), exported=st.booleans()),
    st.builds(Withdraw, _PLACES),
    st.builds(Relabel, _PLACES, _TAG, _SUBJECT),
    st.builds(Predict),
    st.builds(DropTag),
)
_PROJECT = st.builds(
    DraftProject,
    # Detection takes more pictures to train.
    st.sampled_from(["multilabel", "multilabel", "multilabel", "detection"]),
    st.lists(_STEP, min_size=4, max_size=14).map(tuple),
)
_BY_PLACE = st.tuples(_PLACES, st.booleans())
_TAGS = st.lists(st.tuples(_TAG, st.booleans()), min_size=1, max_size=2).map(tuple)
_IDS = st.lists(_PLACES, min_size=1, max_size=4).map(tuple)
# One part alone more often than parts that narrow each other, of which little is left.
_IMAGES = st.one_of(
    st.builds(Images, tags=_TAGS),
    st.builds(Images, ids=_IDS),
    st.builds(Images, subject=_SUBJECT),
    st.builds(Images, tags=_TAGS, subject=_SUBJECT),
    st.builds(Images, tags=_TAGS, ids=_IDS, subject=st.none() | _SUBJECT),
)
_ENTRY = st.builds(
    Entry,
    project=st.integers(0, 1),
    by_name=st.booleans(),
    images=st.none() | _IMAGES,
    iterations=st.lists(_BY_PLACE, max_size=2).map(tuple),
    predictions=st.none() | st.tuples(st.none() | _PLACES, st.none() | _PLACES).filter(any),
)
DRAFTS = st.builds(
    Draft,
    st.tuples(_PROJECT, _PROJECT),
    st.builds(
        DraftErasure,
        entries=st.lists(_ENTRY, max_size=3).map(tuple),
        derived=st.sampled_from(["keep", "erase"]),
        guard=st.sampled_from(["export", "waiver", "waiver"]),
        rehearsed=st.booleans(),
    ),
)
