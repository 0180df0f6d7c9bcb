"""Every timer trigger of the app."""

from timer_start import reconcile

blueprints = (reconcile.bp,)
