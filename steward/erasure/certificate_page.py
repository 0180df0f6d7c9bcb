"""The certificate as a page for people: one HTML file with nothing to load and nothing that runs."""

import functools
import re
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from steward.erasure.certificate import Certificate, Person
from steward.erasure.verdicts import readable

# Controls, marks that turn the direction of what follows, what takes no place, and halves of surrogate pairs: none of them
# may pass unseen, or a name could be read as another one. A name in a script that is written from the right needs none of
# them; the two joiners, which some of these scripts and of India need, stay.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)


class Step(NamedTuple):
    at: str
    what: str


def render(certificate: Certificate) -> str:
    """The page; the same certificate makes the same page."""
    template = _environment().get_template("certificate.html")
    return template.render(certificate=certificate, course=_course(certificate))


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": _figure, "time": _time, "person": _person}
    return environment


def _visible(value: Any) -> Any:
    """What a template puts in the page, before it is escaped; what is markup already has come this way once."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", value)
    return value


def _figure(count: int) -> str:
    return f"{count:,}"


def _time(written: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(written, readable(written))


def _person(person: Person) -> str:
    if person["name"] is None:
        return "whoever held the function key; no name was given"
    return f"{person['name']} ({'verified' if person['verified'] else 'not verified'})"


def _course(certificate: Certificate) -> list[Step]:
    """What happened, in the order of time."""
    times = certificate["times"]
    steps = [
        Step(certificate["asked"]["at"], "asked for"),
        Step(certificate["plan"]["made"], "planned"),
        Step(certificate["approved"]["at"], "approved"),
        Step(times["began"], "erase began"),
        Step(times["ended"], "erase ended"),
        Step(certificate["readBack"]["at"], "service read back"),
        Step(times["issued"], "certificate issued"),
    ]
    if "cancelled" in certificate:
        steps.append(Step(certificate["cancelled"]["at"], "cancelled"))
    if certificate["guard"]["kind"] == "export":
        steps.append(Step(certificate["guard"]["sealed"], "export sealed"))
    if certificate["archives"]["choice"] == "erase":
        steps.append(Step(certificate["archives"]["at"], "archives read back"))
    return sorted(steps, key=lambda step: datetime.fromisoformat(step.at))
