"""Every HTTP trigger of the app."""

from http_start import decisions, erasures, exports, holds, requests

blueprints = (exports.bp, erasures.bp, requests.bp, decisions.bp, holds.bp)
