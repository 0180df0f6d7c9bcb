"""The keys of tickets, where they become part of an address or of a query."""

import re

from steward.tickets.exchange import Untellable

# Jira's PRIV-7 or 10023, ServiceNow's INC0010023. Anything else could be read as more than a key: as another path, or as an
# operator or a script in a query of ServiceNow's.
_KEY = re.compile(r"[A-Za-z0-9_]+(-[A-Za-z0-9_]+)*")


def checked_key(key: str) -> str:
    """The same key; raises Untellable for what is none."""
    if not _KEY.fullmatch(key):
        raise Untellable("no-ticket-key")
    return key
