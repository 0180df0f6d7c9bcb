"""The app: every blueprint, registered; nothing else is decided here."""

import azure.durable_functions as df
import azure.functions as func

import activities
import http_start
import orchestrator
import timer_start
from steward.settings import current_settings

# A wrong or missing setting stops the app here, with a sentence that names it.
current_settings()

app = df.DFApp(http_auth_level=func.AuthLevel.FUNCTION)
for blueprint in (
    *http_start.blueprints,
    *timer_start.blueprints,
    *orchestrator.blueprints,
    *activities.blueprints,
):
    app.register_functions(blueprint)
