"""Every timer trigger of the app."""

from timer_start import export_accounts, forget, forget_histories, reconcile, retain_accounts

blueprints = (
    export_accounts.bp,
    forget.bp,
    forget_histories.bp,
    reconcile.bp,
    retain_accounts.bp,
)
