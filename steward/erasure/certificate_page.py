"""The certificate as a page for people: one HTML file with nothing to load and nothing that runs."""

import functools
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from jinja2 import Template
from markupsafe import Markup

from steward.erasure.certificate import Certificate, Person
from steward.erasure.verdicts import readable
from steward.pages.templating import page_environment


class Step(NamedTuple):
    at: str
    what: str


def render(certificate: Certificate) -> str:
    """The page; the same certificate makes the same page."""
    return _template().render(certificate=certificate, course=_course(certificate))


@functools.cache
def _template() -> Template:
    environment = page_environment(
        Path(__file__).parent / "templates", figure=_figure, time=_time, person=_person
    )
    return environment.get_template("certificate.html")


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
