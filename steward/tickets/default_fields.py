"""Where in a ticket of each system the fields of a request stand, unless TICKET_FIELDS says otherwise.

Expressions are JMESPath (https://jmespath.org). docs/tickets-in.md shows this as tables; a test compares them.
"""

from typing import Any, Literal

type TicketSystem = Literal["jira", "servicenow", "generic"]

# What the purpose may be is the contract's; labels are what every project of Jira has.
_PURPOSES = '["data-subject", "off-boarding", "backup", "migration"]'

# By the names that a person would give them.
_STEPS = {
    "Export": {"kind": "export"},
    "Dry run": {"kind": "erasure", "dryRun": True},
    "Erase": {"kind": "erasure", "dryRun": False},
}

DEFAULTS: dict[TicketSystem, dict[str, dict[str, Any]]] = {
    # The event of an issue, as Jira's own webhooks send it [Atlassian, "Webhooks"]. Custom fields have other numbers on each
    # site, so no default can name one.
    "jira": {
        "fields": {
            "step": "issue.fields.status.name",
            "key": "issue.key",
            "purpose": f"issue.fields.labels[?contains(`{_PURPOSES}`, @)] | [0]",
            "scope": "issue.fields.description",
            "by": "user.emailAddress",
        },
        "steps": _STEPS,
    },
    # What the business rule in docs/tickets-in.md sends: the record's number and state, and the variables of its form.
    "servicenow": {
        "fields": {
            "step": "state",
            "key": "number",
            "account": "variables.account",
            "purpose": "variables.purpose",
            "scope": (
                "variables.scope || {projects: [{name: variables.project, "
                "images: {metadata: {subject: variables.subject}}}]}"
            ),
            "waiveExport": "variables.waive_export && {reason: variables.waive_export}",
            "archives": "variables.archives",
            "by": "by",
        },
        "steps": _STEPS,
    },
    # The request document itself, with the ticket's key and its step.
    "generic": {
        "fields": {
            "step": "step",
            "key": "key",
            "account": "account",
            "purpose": "purpose",
            "scope": "scope",
            "options": "options",
            "archives": "archives",
            "derivedIterations": "derivedIterations",
            "waiveExport": "waiveExport",
            "callback": "callback",
            "plan": "plan",
            "by": "by",
        },
        "steps": {
            "export": {"kind": "export"},
            "dry-run": {"kind": "erasure", "dryRun": True},
            "erase": {"kind": "erasure", "dryRun": False},
        },
    },
}
