"""Every way in for tickets: queue, events, webhooks."""

from event_start import event_grid, queue, webhooks

blueprints = (queue.bp, event_grid.bp, webhooks.bp)
