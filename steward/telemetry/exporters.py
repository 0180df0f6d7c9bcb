"""OpenTelemetry's SDK, put together by hand: two providers, and no instrumentation of any library.

Instrumentations of HTTP clients record whole addresses. Ours hold signatures, and names in queries.
"""

import logging
import os
from collections.abc import Mapping

from azure.core.settings import settings as azure_settings
from opentelemetry import metrics, trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricExporter, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON

from steward import VERSION
from steward.setting_checks import SettingsError
from steward.telemetry import SCOPE
from steward.telemetry.start import AZURE, COLLECTOR

# What the exporter would tell its makers of itself, and ask them how to behave.
_CHATTER = ("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "APPLICATIONINSIGHTS_CONTROLPLANE_DISABLED")


def set_up_exporters(environment: Mapping[str, str]) -> None:
    """Once a process; raises SettingsError."""
    # Clients of Azure would make spans with whole addresses, if a setting of theirs said so.
    azure_settings.tracing_enabled = False
    exporters: list[tuple[SpanExporter, MetricExporter]] = []
    if connection := environment.get(AZURE):
        exporters.append(_azure(connection))
    if environment.get(COLLECTOR):
        exporters.append(_collector())
    resource = _resource(environment)
    # A host that samples says so in the context that it hands on; few spans are ours, and half a trace explains nothing.
    sampler = None if environment.get("OTEL_TRACES_SAMPLER") else ALWAYS_ON
    tracers = TracerProvider(sampler=sampler, resource=resource)
    for spans, _ in exporters:
        tracers.add_span_processor(BatchSpanProcessor(spans))
    trace.set_tracer_provider(tracers)
    readers = [PeriodicExportingMetricReader(counters) for _, counters in exporters]
    metrics.set_meter_provider(MeterProvider(readers, resource=resource))


def _resource(environment: Mapping[str, str]) -> Resource:
    """Which app and instance, by the names that the Functions host gives its own telemetry."""
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES, which the SDK reads, are stronger only where these say nothing.
    name = environment.get("OTEL_SERVICE_NAME") or environment.get("WEBSITE_SITE_NAME") or SCOPE
    about: dict[str, str] = {"service.name": name, "service.version": VERSION}
    if instance := environment.get("WEBSITE_INSTANCE_ID"):
        about["service.instance.id"] = instance
    return Resource.create(about)


def _azure(connection: str) -> tuple[SpanExporter, MetricExporter]:
    """With the identity that APPLICATIONINSIGHTS_AUTHENTICATION_STRING names, where it is there."""
    for setting in _CHATTER:
        os.environ.setdefault(setting, "true")
    # It logs each success, and what is logged is sent.
    logging.getLogger("azure.monitor.opentelemetry.exporter").setLevel(logging.WARNING)
    from azure.monitor.opentelemetry.exporter import (  # noqa: PLC0415 - takes a second to load
        AzureMonitorMetricExporter,
        AzureMonitorTraceExporter,
    )

    try:
        # What cannot be sent is dropped: nothing of it stays on a disk.
        return (
            AzureMonitorTraceExporter(connection_string=connection, disable_offline_storage=True),
            AzureMonitorMetricExporter(connection_string=connection, disable_offline_storage=True),
        )
    except ValueError:
        raise SettingsError(
            f"{AZURE}: expected InstrumentationKey=…;IngestionEndpoint=https://…, as the portal shows it"
        ) from None


def _collector() -> tuple[SpanExporter, MetricExporter]:
    """By OTLP over HTTP; the exporters read the standard OTEL_EXPORTER_OTLP_ settings themselves."""
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415 - as above
        OTLPMetricExporter,
    )
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415 - as above
        OTLPSpanExporter,
    )

    return OTLPSpanExporter(), OTLPMetricExporter()
