"""Every HTTP trigger of the app but those of tickets."""

from http_start import decisions, documentation, erasures, exports, files, health, holds, requests

blueprints = (
    exports.bp,
    erasures.bp,
    requests.bp,
    files.bp,
    decisions.bp,
    holds.bp,
    health.bp,
    documentation.bp,
)
