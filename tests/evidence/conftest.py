"""Statements are about bags, so their tests have a store as those of the archive do."""

from tests.archive.conftest import store

__all__ = ["store"]
