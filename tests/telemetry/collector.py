"""A collector: takes what the app sends by OTLP, and what it sends to Application Insights, and keeps all of it."""

import gzip
import json
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, override

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.proxy import Answered, Proxy, Seen

# Of nobody; the exporter checks that it looks like one.
INSTRUMENTATION_KEY = "00000000-0000-4000-8000-000000000007"


@dataclass(frozen=True)
class Span:
    """A span as it was sent."""

    name: str
    trace: str
    id: str
    parent: str
    attributes: dict[str, Any]
    failed: bool


@dataclass
class Collector:
    """What was sent, and where to."""

    port: int = 0
    spans: list[Span] = field(default_factory=list[Span])
    scopes: set[str] = field(default_factory=set[str])
    sums: dict[tuple[str, str], float] = field(default_factory=dict[tuple[str, str], float])
    envelopes: list[Any] = field(default_factory=list[Any])
    texts: list[str] = field(default_factory=list[str])

    def environment(self) -> dict[str, str]:
        """The app's settings for it."""
        url = f"http://127.0.0.1:{self.port}"
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": url,
            "APPLICATIONINSIGHTS_CONNECTION_STRING": f"InstrumentationKey={INSTRUMENTATION_KEY};IngestionEndpoint={url}/",
        }

    def of_trace(self, trace: str) -> list[Span]:
        return [span for span in self.spans if span.trace == trace]

    def by(self, counter: str, attribute: str) -> dict[str, float]:
        """Sums of a counter, by one of its attributes."""
        found: dict[str, float] = defaultdict(float)
        for (name, attributes), value in self.sums.items():
            if name == counter:
                found[str(json.loads(attributes).get(attribute))] += value
        return dict(found)

    def take(self, path: str, body: bytes) -> bytes:
        """Keep it, and answer as whoever is played does."""
        if path == "/v1/traces":
            self._take_spans(ExportTraceServiceRequest.FromString(body))
        elif path == "/v1/metrics":
            self._take_sums(ExportMetricsServiceRequest.FromString(body))
        else:
            assert path == "/v2.1/track", path
            envelopes = json.loads(body)
            self.envelopes += envelopes
            self.texts.append(body.decode())
            taken = len(envelopes)
            return json.dumps({"itemsReceived": taken, "itemsAccepted": taken, "errors": []}).encode()
        return b""

    def _keep_text(self, message: Message) -> None:
        self.texts.append(MessageToJson(message, ensure_ascii=False))

    def _take_spans(self, request: ExportTraceServiceRequest) -> None:
        self._keep_text(request)
        for each in request.resource_spans:
            for scoped in each.scope_spans:
                self.scopes.add(scoped.scope.name)
                self.spans += [
                    Span(
                        span.name,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        _plain(span.attributes),
                        span.status.code == span.status.STATUS_CODE_ERROR,
                    )
                    for span in scoped.spans
                ]

    def _take_sums(self, request: ExportMetricsServiceRequest) -> None:
        """They are sums since the start: the last one counts."""
        self._keep_text(request)
        for each in request.resource_metrics:
            for scoped in each.scope_metrics:
                self.scopes.add(scoped.scope.name)
                for metric in scoped.metrics:
                    for point in metric.sum.data_points:
                        key = metric.name, json.dumps(_plain(point.attributes), sort_keys=True)
                        self.sums[key] = point.as_int if point.HasField("as_int") else point.as_double


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


class _Server(Proxy):
    def __init__(self, collector: Collector) -> None:
        super().__init__(0)
        self._collector = collector

    @override
    def answer(self, seen: Seen) -> Answered:
        headers = {name.lower(): value for name, value in seen.headers.items()}
        body = gzip.decompress(seen.body) if headers.get("content-encoding") == "gzip" else seen.body
        return Answered(200, {"Content-Type": "application/json"}, self._collector.take(seen.target, body))


@contextmanager
def collecting() -> Generator[Collector]:
    """A collector on a port of its own."""
    collector = Collector()
    server = _Server(collector)
    collector.port = server.port
    with server.running():
        yield collector
