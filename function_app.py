"""The app: every blueprint, registered; nothing else is decided here."""

import azure.durable_functions as df
import azure.functions as func

from activities.blueprints import blueprints as activities
from event_start.blueprints import blueprints as events
from http_start.blueprints import blueprints as http_triggers
from orchestrator.blueprints import blueprints as orchestrations
from steward.settings import current_settings
from steward.telemetry.start import start_telemetry
from timer_start.blueprints import blueprints as timers

# A wrong or missing setting stops the app here, with a sentence that names it.
current_settings()

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
for blueprint in (
    *http_triggers,
    *timers,
    *events,
    *orchestrations,
    *activities,
):
    app.register_functions(blueprint)

start_telemetry(current_settings().environment, app)
