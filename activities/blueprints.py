"""Every activity of the app."""

from activities import (
    account_information,
    bag,
    images,
    iterations,
    models,
    predictions,
    projects,
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
    requests.bp,
    selectors.bp,
    tags.bp,
    unlisted_tags.bp,
)
