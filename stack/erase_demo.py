"""The demonstration goes on: what may not be erased, a person's images, a whole project, and what proves it."""

import json
from typing import Any

import requests
from rich.console import Console
from rich.table import Table

from stack.demo_steps import ACCOUNT, DemoError, ask, followed
from stack.processes import ROOT
from stack.stack import Stack
from steward.archive.store import ArchiveStore
from steward.archive.verify import verify
from steward.erasure.findings import ENTITIES

CERTIFICATES = ROOT / "demo" / "certificates"
SUBJECT = {"subject": "42"}


def show_refusal(console: Console, stack: Stack) -> None:
    """Nothing has been exported yet, so nothing would be left to fall back on."""
    project = projects_of(stack)[0]
    body = request(project, "off-boarding", dryRun=False)
    document = followed(console, stack, ask(console, stack, "erasures", body, 202)["id"], "erasure")
    if document["state"] != "refused":
        raise DemoError(f"an erasure without an export ended as {document['state']}")
    console.print(f"[green]refused[/green]: {document['reason']}")


def show_person(console: Console, stack: Stack, store: ArchiveStore, bags: list[str]) -> None:
    """A dry run, then the erase of one person's images, in the service and in every bag of ours."""
    project = projects_of(stack)[-1]
    mark_subject(stack, project)
    body = request(project, "data-subject", images={"metadata": SUBJECT})
    planned = followed(console, stack, ask(console, stack, "erasures", body, 202)["id"], "dry run")
    if planned["state"] != "planned":
        raise DemoError(f"the dry run ended as {planned['state']}: {planned.get('reason', '')}")
    console.print(plan_table(planned, f"What would go of {SUBJECT} in project {project['id']}"))
    plan = {"request": planned["id"], "hash": planned["plan"]["hash"]}
    erased = carried_out(console, stack, {**body, "dryRun": False, "plan": plan}, "erasure of a person")
    show_certificate(console, store, erased)
    for bag in bags:
        found = verify(store, ACCOUNT, bag)
        if found.problems:
            raise DemoError(f"bag {bag} does not verify after its redaction: {found.problems[0]}")
        console.print(f"[green]verified[/green] after redaction: {found.files} files of {bag}")


def show_project(console: Console, stack: Stack, store: ArchiveStore) -> None:
    """A whole project with a published iteration and stored predictions, with the export to fall back on."""
    project = published_project(stack)
    body = request(project, "off-boarding", dryRun=False)
    erased = carried_out(console, stack, body, "erasure of a project")
    show_certificate(console, store, erased)
    left = [each["id"] for each in projects_of(stack)]
    console.print(f"Projects in the service now: {len(left)}; {project['id']} is none of them.")
    if project["id"] in left:
        raise DemoError("the project is still there")


def carried_out(console: Console, stack: Stack, body: dict[str, Any], title: str) -> dict[str, Any]:
    """Ask, approve, and follow to the certificate."""
    waiting = followed(console, stack, ask(console, stack, "erasures", body, 202)["id"], title)
    if waiting["state"] != "waiting-for-approval":
        raise DemoError(f"{title}: ended as {waiting['state']}: {waiting.get('reason', '')}")
    approval = {"planHash": waiting["plan"]["hash"]}
    ask(console, stack, f"requests/{waiting['id']}/approve", approval, 200)
    ended = followed(console, stack, waiting["id"], title)
    if ended["state"] != "completed":
        raise DemoError(f"{title}: ended as {ended['state']}: {ended.get('reason', '')}")
    return ended


def request(
    project: dict[str, Any], purpose: str, images: dict[str, Any] | None = None, **others: Any
) -> dict[str, Any]:
    """An erasure's document."""
    selected = {"images": images} if images else {}
    scope = {"projects": [{"id": project["id"], **selected}]}
    return {"account": ACCOUNT, "purpose": purpose, "scope": scope, **others}


def plan_table(document: dict[str, Any], title: str) -> Table:
    """What the plan counts."""
    table = Table(title=title)
    table.add_column("entity")
    table.add_column("planned", justify="right")
    for entity in ENTITIES:
        table.add_row(entity, str(document["plan"]["counts"][entity]))
    return table


def show_certificate(console: Console, store: ArchiveStore, document: dict[str, Any]) -> None:
    """Its figures and verdicts; the page is left on disk to be looked at."""
    prefix: str = document["certificate"]["certificate"]
    certificate = json.loads(store.read(f"{prefix}certificate.json"))
    table = Table(title=f"Certificate of {document['id']}: {certificate['state']}")
    table.add_column("entity")
    for heading in ("planned", "erased", "left", "refused", "residue"):
        table.add_column(heading, justify="right")
    for row in certificate["counts"]:
        table.add_row(
            row["entity"], *(str(row[each]) for each in ("planned", "erased", "left", "refused", "residue"))
        )
    console.print(table)
    for name, verdict in certificate["verdicts"].items():
        console.print(f"{name}: [green]{verdict['verdict']}[/green]: {' '.join(verdict['reasons'])}")
    page = CERTIFICATES / f"{document['id']}.html"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_bytes(store.read(f"{prefix}certificate.html"))
    console.print(f"The certificate as a page: {page.relative_to(ROOT)}")


def projects_of(stack: Stack) -> list[dict[str, Any]]:
    """As the service lists them."""
    return _service(stack, "GET", "projects")


def published_project(stack: Stack) -> dict[str, Any]:
    """One with a published iteration, else the last one: photographs come with none."""
    for project in projects_of(stack):
        iterations = _service(stack, "GET", f"projects/{project['id']}/iterations")
        if any(each["publishName"] for each in iterations):
            return project
    return projects_of(stack)[-1]


def mark_subject(stack: Stack, project: dict[str, Any]) -> None:
    """Photographs carry no metadata: three of them become pictures of the person."""
    images = _service(stack, "GET", f"projects/{project['id']}/images/tagged?take=256&orderBy=Oldest")
    if any((image.get("metadata") or {}).items() >= SUBJECT.items() for image in images):
        return
    ids = [image["id"] for image in images[:3]]
    _service(stack, "POST", f"projects/{project['id']}/images/metadata?imageIds={','.join(ids)}", SUBJECT)


def _service(stack: Stack, method: str, path: str, body: object = None) -> Any:
    endpoint = f"{stack.emulator.facts['endpoint']}/customvision/v3.3/training/{path}"
    headers = {"Training-Key": stack.emulator.facts["trainingKey"]}
    answer = requests.request(method, endpoint, json=body, headers=headers, timeout=30)
    if not answer.ok:
        raise DemoError(f"{method} {path} answered {answer.status_code}: {answer.text}")
    return answer.json()
