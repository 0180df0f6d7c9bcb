"""Where telemetry goes: to Application Insights, to an OpenTelemetry collector, to both, or nowhere, which costs nothing."""

from collections.abc import Callable, Mapping
from typing import Any

from steward.setting_checks import SettingsError

AZURE = "APPLICATIONINSIGHTS_CONNECTION_STRING"
COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"
# Application Insights for the worker as a whole: it would record the address of every request, signatures included.
_WORKER_WIDE = "PYTHON_APPLICATIONINSIGHTS_ENABLE_TELEMETRY"


def start_telemetry(environment: Mapping[str, str], app: Any) -> None:
    """Send spans of the app's functions, and counters, to where settings say; raises SettingsError.

    `app`: the DFApp, with all its functions. Nothing of OpenTelemetry's SDK is loaded where no setting is there.
    """
    if environment.get(_WORKER_WIDE, "").lower() in {"true", "1"}:
        raise SettingsError(f"{_WORKER_WIDE}: expected not to be set; {AZURE} is all that is needed")
    if not (environment.get(AZURE) or environment.get(COLLECTOR)):
        return
    from steward.telemetry.exporters import set_up_exporters  # noqa: PLC0415 - takes a second to load
    from steward.telemetry.spans import traced  # noqa: PLC0415 - see above

    set_up_exporters(environment)
    _wrap_functions(app, traced)


def _wrap_functions(app: Any, wrap: Callable[[Callable[..., Any], str, str], Callable[..., Any]]) -> None:
    """All functions but orchestrations, which are replayed; the Functions host tells of these.

    A function that is registered can be changed in private fields only (azure-functions is pinned); a decorator would have to
    stand at each of them.
    """
    for builder in app._function_builders:  # noqa: SLF001
        function = builder._function  # noqa: SLF001
        trigger = function.get_trigger()
        if trigger.type != "orchestrationTrigger":
            function._func = wrap(function.get_user_function(), function.get_function_name(), trigger.name)  # noqa: SLF001
