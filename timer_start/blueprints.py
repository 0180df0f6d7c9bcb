"""Every timer trigger of the app."""

from timer_start import forget, reconcile

blueprints = (forget.bp, reconcile.bp)
