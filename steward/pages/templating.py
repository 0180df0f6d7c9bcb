"""What every page is made by: templates that extend `page.html`, in which nothing can pass for markup, or pass unseen."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

# Controls, marks that turn the direction of what follows, what takes no place, and halves of surrogate pairs: none of them
# may pass unseen, or a name could be read as another one. A name in a script that is written from the right needs none of
# them; the two joiners, which some of these scripts and of India need, stay.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


def page_environment(templates: Path, **filters: Callable[..., Any]) -> Environment:
    """Templates of a folder, which may extend `page.html`; the same values make the same page."""
    environment = Environment(
        loader=FileSystemLoader([templates, Path(__file__).parent / "templates"]),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= filters
    return environment


def _visible(value: Any) -> Any:
    """What a template puts in the page, before it is escaped; what is markup already has come this way once."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    return value
