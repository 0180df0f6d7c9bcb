"""Every activity of the app."""

from activities import (
    account_information,
    bag,
    images,
    iterations,
    models,
    predictions,
    projects,
    readings,
    requests,
    selectors,
    tags,
    unlisted_tags,
)

blueprints = (
    account_information.bp,
    bag.bp,
    images.bp,
    iterations.bp,
    models.bp,
    predictions.bp,
    projects.bp,
    readings.bp,
    requests.bp,
    selectors.bp,
    tags.bp,
    unlisted_tags.bp,
)
