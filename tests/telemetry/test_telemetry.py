"""What the app tells an observer: one trace a request, counters that add up to the bag's totals, and nobody's values."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from stack.processes import ROOT
from steward.setting_checks import SettingsError
from steward.telemetry import spans
from steward.telemetry.start import start_telemetry
from tests.conftest import Azurite
from tests.erasure.erasing import WAIVED, erasing
from tests.export.exporting import Archive, wait
from tests.export.record import Json
from tests.export.service_side import training_client
from tests.telemetry.collector import Collector, collecting
from tests.telling.played import JIRA_KEY, SECRET, TOKEN, played

PERSON = "Zebedee Quux, born 1970-01-01"
TAG = "friends of Zebedee"
# A trace that the host does not sample: half a trace would explain nothing.
TRACE, CALLER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CARRIED = f"00-{TRACE}-{CALLER}-00"


@dataclass
class Observed:
    """What was sent until the app had stopped, and what the requests came to."""

    collector: Collector
    archive: Archive
    whole: Json
    scoped: Json
    refused: Json
    waiting: Json
    throttled: int
    secrets: dict[str, str]


@pytest.fixture(scope="module")
def observed(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Observed]:
    with ExitStack() as running:
        collector = running.enter_context(collecting())
        system = running.enter_context(played())
        app = running.enter_context(
            erasing(
                azurite,
                tmp_path_factory.mktemp("telemetry"),
                *("--training-key", "a-very-secret-training-key"),
                values={**system.environment(), **collector.environment()},
                # What is delivered twice is counted once.
                host_options=("--chaos", "7"),
            )
        )
        host, emulator = app.host, app.emulator
        client = training_client(emulator.endpoint, emulator.key)
        project = client.get_projects()[0]
        image, lost = client.get_tagged_images(project.id, take=2)
        client.update_image_metadata(project.id, [image.id], {"subject": PERSON})
        client.create_tag(project.id, TAG)
        emulator.fault(kind="status", status=429, operation="GetTags", times=3)
        emulator.fault(kind="status", status=404, path=urlsplit(lost.original_image_uri).path)
        whole = host.wait(host.ask(traceparent=CARRIED))
        images = {"metadata": {"subject": PERSON}}
        person = {"projects": [{"name": project.name, "images": images}]}
        scoped = host.export(
            {
                "scope": person,
                "purpose": "data-subject",
                "ticket": {"system": "jira", "key": JIRA_KEY},
                "callback": system.callback,
            }
        )
        refused = host.export({"scope": {"projects": [{"name": PERSON}]}})
        waiting = app.waiting(app.ask(person, **WAIVED))
        wait(lambda: len(system.events()), lambda told: told >= 2)
        throttled = sum(call["status"] == 429 for call in emulator.calls())
        facts = host.program.facts
        assert host.program.stop() == 0
        yield Observed(
            collector,
            app.archive,
            whole,
            scoped,
            refused,
            waiting,
            throttled,
            {
                "training key": emulator.key,
                "storage key": app.archive.connection_string.partition("AccountKey=")[2].partition(";")[0],
                "function key": facts["functionKey"],
                "master key": facts["masterKey"],
                "signature": "sig=",
                "person": "Zebedee",
                "project's name": f'"{project.name}"',
                "ticket": JIRA_KEY,
                "ticketing token": TOKEN,
                "callback": system.callback.partition("://")[2],
                "callback secret": SECRET,
            },
        )


def test_an_export_is_one_trace_from_its_starter_to_its_activities(observed: Observed) -> None:
    found = observed.collector.of_trace(TRACE)
    (starter,) = [span for span in found if span.name == "post_export"]
    assert (starter.parent, starter.attributes["http.response.status_code"]) == (CALLER, 202)
    activities = [span for span in found if span is not starter]
    assert {span.parent for span in activities} == {starter.id}
    assert {span.attributes["steward.request"] for span in activities} == {observed.whole["id"]}
    # What children, and runs that continue as new, do is in it.
    names = {
        "plan_export",
        "take_turn",
        "export_page",
        "close_project",
        "seal_bag",
        "sign_bag",
        "end_request",
    }
    assert names <= {span.name for span in activities}
    others = [span for span in observed.collector.spans if span.trace != TRACE]
    assert observed.whole["id"] not in {span.attributes.get("steward.request") for span in others}


def test_a_span_says_what_an_activity_did(observed: Observed) -> None:
    pages = [span for span in observed.collector.of_trace(TRACE) if span.name == "export_page"]
    assert {span.attributes["steward.kind"] for span in pages} >= {"tagged", "untagged"}
    assert all(span.attributes["steward.account"] == "default" for span in pages)
    assert sum(span.attributes["steward.listed"] for span in pages) > 0


def test_counters_add_up_to_the_totals_of_the_bags(observed: Observed) -> None:
    exported, gaps = Counter[str](), Counter[str]()
    for document in (observed.whole, observed.scoped):
        for entity, total in document["totals"].items():
            exported[entity] += total["exported"]
            gaps[entity] += total["gaps"]
    collector = observed.collector
    assert collector.by("steward.items", "entity") == exported
    assert collector.by("steward.gaps", "entity") == gaps
    assert gaps.total() > 0
    stored = sum(
        blob.size
        for blob in observed.archive.container.list_blobs()
        if blob.name.split("/")[1] in {"pictures", "predictions", "models"}
    )
    assert sum(collector.by("steward.stored", "").values()) == stored > 0
    assert observed.throttled == 3 == collector.by("steward.calls", "http.response.status_code")["429"]
    reached = [observed.whole["state"], observed.scoped["state"], "refused", "waiting-for-approval"]
    assert collector.by("steward.requests", "state") == Counter(reached)
    assert "steward.budget.waited" in {name for name, _ in collector.sums}


def test_nothing_personal_and_no_secret_is_in_what_is_sent(observed: Observed) -> None:
    collector = observed.collector
    # No library's instrumentation is at work, whose attributes are addresses.
    assert collector.scopes == {"custom-vision-steward"}
    assert len(collector.texts) > 3
    for text in collector.texts:
        for what, value in observed.secrets.items():
            assert value not in text, what


def test_of_payloads_results_and_failures_only_ids_numbers_and_codes_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(told))
    monkeypatch.setattr(spans, "_TRACER", provider.get_tracer("test"))
    invocation = SimpleNamespace(trace_context=SimpleNamespace(trace_parent="", trace_state=""))

    def fails(ref: Json) -> Json:
        raise LookupError(PERSON)

    def refuses(ref: Json) -> Json:
        return {"gaps": 3, "reason": PERSON, "fault": {"code": PERSON, "reason": PERSON}}

    payload = {"account": "default", "request": "export-1", "name": PERSON}
    with pytest.raises(LookupError):
        spans.traced(fails, "fails", "ref")(ref=payload, context=invocation)
    assert spans.traced(refuses, "refuses", "ref")(ref=payload, context=invocation)["gaps"] == 3
    failed, refused = told.get_finished_spans()
    of_payload = {"steward.account": "default", "steward.request": "export-1"}
    assert failed.attributes == {**of_payload, "error.type": "LookupError"}
    assert refused.attributes == {**of_payload, "steward.gaps": 3, "error.type": "fault"}
    assert not any("Zebedee" in span.to_json() for span in (failed, refused))


def test_application_insights_gets_the_same(observed: Observed) -> None:
    collector = observed.collector
    kinds = Counter(each["data"]["baseType"] for each in collector.envelopes)
    assert kinds["RemoteDependencyData"] == len(collector.spans)
    ended: Counter[str] = Counter()
    for each in collector.envelopes:
        if each["data"]["baseType"] == "MetricData":
            data = each["data"]["baseData"]
            for metric in data["metrics"]:
                if metric["name"] == "steward.items":
                    ended[data["properties"]["entity"]] += metric["value"]
    # Sums since the last time, not since the start.
    assert ended == collector.by("steward.items", "entity")


def test_off_nothing_of_the_sdk_is_loaded() -> None:
    code = (
        "import sys, function_app\n"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk.metrics', 'opentelemetry.exporter', "
        "'azure.monitor', 'steward.telemetry.exporters'))])"
    )
    environment = {"TASK_HUB_NAME": "Hub", "CUSTOM_VISION_ACCOUNTS": ACCOUNTS, "KEY": "k", "STORE": STORE}
    output = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, check=True, capture_output=True, text=True
    ).stdout
    assert output == "[]\n"


ACCOUNTS = (
    '{"default": {"endpoint": "http://127.0.0.1:1", "keySetting": "KEY", '
    '"archive": {"connection": "STORE", "container": "archive"}}}'
)
STORE = "UseDevelopmentStorage=true"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("APPLICATIONINSIGHTS_CONNECTION_STRING", "a-pasted-secret"),
        ("PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY", "true"),
    ],
)
def test_a_wrong_setting_is_named_and_not_repeated(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^{name}: expected") as refused:
        start_telemetry({name: value}, None)
    assert "secret" not in str(refused.value)
