"""Every HTTP trigger of the app."""

from http_start import exports, requests

blueprints = (exports.bp, requests.bp)
