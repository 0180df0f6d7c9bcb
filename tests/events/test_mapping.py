"""Where in a ticket its fields stand: the documented defaults, and what a file may say otherwise."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stack.processes import ROOT
from steward.requests_api.problems import InvalidRequest
from steward.setting_checks import SettingsError
from steward.ticket_settings import read_ticket_settings
from steward.tickets.default_fields import DEFAULTS, TicketSystem
from steward.tickets.envelope import parse_envelope
from steward.tickets.mapping import SYSTEMS, TicketFields, default_fields, read_fields
from steward.tickets.refusals import reason_of
from tests.events.ticketing import jira_event
from tests.export.record import Json

NAMES = st.sampled_from(
    [
        "kind",
        "scope",
        "projects",
        "name",
        "images",
        "metadata",
        "key",
        "step",
        "variables",
        "labels",
        "description",
        "purpose",
        "account",
        "options",
        "plan",
        "ticket",
        "by",
        "user",
        "number",
        "waive_export",
        "subject",
    ]
)
HATS: Json = {"projects": [{"name": "Hats", "images": {"metadata": {"subject": "42"}}}]}


def fields(tmp_path: Path, said: object) -> dict[TicketSystem, TicketFields]:
    file = tmp_path / "ticket-fields.json"
    file.write_text(said if isinstance(said, str) else json.dumps(said))
    return read_ticket_settings({"TICKET_FIELDS": str(file)}).fields


def test_the_page_shows_every_default() -> None:
    page = (ROOT / "docs" / "tickets-in.md").read_text()
    for system, default in DEFAULTS.items():
        for field, expression in default["fields"].items():
            shown = expression.replace("|", "\\|")
            assert f"| {system} | `{field}` | `` {shown} `` |" in page, (system, field)
        for step, asked in default["steps"].items():
            assert f"| {system} | `{step}` | `{json.dumps(asked)}` |" in page, (system, step)


@pytest.mark.parametrize(
    "description",
    [
        json.dumps(HATS),
        f"{{code:json}}\n{json.dumps(HATS, indent=1)}\n{{code}}",
        f" {{noformat}}{json.dumps(HATS)}{{noformat}} ",
    ],
    ids=["plain", "code", "noformat"],
)
def test_jiras_description_holds_the_scope(description: str) -> None:
    asked = default_fields()["jira"].read(jira_event("PRIV-1", "Erase", description, "x", "data-subject"))
    assert asked
    assert asked.by == "ann@example.org"
    assert asked.envelope == {
        "kind": "erasure",
        "dryRun": False,
        "purpose": "data-subject",
        "scope": HATS,
        "ticket": {"system": "jira", "key": "PRIV-1"},
    }


def test_a_text_that_is_no_scope_stays_for_the_contract_to_refuse() -> None:
    for text in ("account", "{not JSON", '{"projects": [], "projects": []}'):
        asked = default_fields()["jira"].read(jira_event("PRIV-1", "Export", text))
        assert asked
        assert asked.envelope["scope"] == text


def test_servicenows_form_has_a_project_and_a_subject_or_a_whole_scope() -> None:
    servicenow = default_fields()["servicenow"]
    form = {"project": "Hats", "subject": "42", "purpose": "data-subject", "archives": "", "waive_export": ""}
    ticket: Json = {"number": "RITM1", "state": "Dry run", "variables": form, "by": None}
    asked = servicenow.read(ticket)
    assert asked
    assert (asked.by, asked.envelope["scope"]) == ("", HATS)
    assert asked.envelope.keys() == {"kind", "dryRun", "purpose", "scope", "ticket"}
    whole = servicenow.read({**ticket, "variables": {"scope": "account", "waive_export": "case 7"}})
    assert whole
    assert (whole.envelope["scope"], whole.envelope["waiveExport"]) == ("account", {"reason": "case 7"})
    # An export has nothing to waive, and the form may say so all the same.
    export = servicenow.read({**ticket, "state": "Export", "variables": {**form, "waive_export": "case 7"}})
    assert export
    assert "waiveExport" not in export.envelope


def test_a_step_that_is_none_or_no_text_starts_nothing() -> None:
    generic = default_fields()["generic"]
    for step in (None, "", "Export", ["export"], {"export": 1}, 7):
        assert generic.read({"step": step, "key": "K"}) is None
    assert default_fields()["jira"].read({}) is None


def test_a_file_overrules_fields_and_steps(tmp_path: Path) -> None:
    said = {
        "jira": {
            "fields": {
                "scope": "{projects: [{name: issue.fields.customfield_10050.value, images: {metadata: {subject: issue.fields.customfield_10051}}}]}",
                "account": "issue.fields.components[0].name",
                "by": None,
            },
            "steps": {"Approved": {"kind": "erasure", "dryRun": False}},
        }
    }
    found = fields(tmp_path, said)
    event = jira_event("PRIV-1", "Approved", "prose", "off-boarding")
    event["issue"]["fields"] |= {"customfield_10050": {"value": "Hats"}, "customfield_10051": "42"}
    asked = found["jira"].read(event)
    assert asked
    assert (asked.envelope["scope"], asked.envelope["purpose"], asked.by) == (HATS, "off-boarding", "")
    assert "account" not in asked.envelope
    assert found["jira"].read(jira_event("PRIV-1", "Erase", HATS)) is None
    assert found["generic"] == default_fields()["generic"]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("{", "TICKET_FIELDS: #: is not JSON"),
        ({"zendesk": {}}, "TICKET_FIELDS: #/zendesk: is not a field"),
        ({"jira": {"fields": {"scop": "x"}}}, "TICKET_FIELDS: #/jira/fields/scop: expected 'step', "),
        ({"jira": {"fields": {"scope": "a["}}}, "TICKET_FIELDS: #/jira/fields/scope: expected a JMESPath"),
        ({"jira": {"fields": {"key": None}}}, "TICKET_FIELDS: #/jira/fields/key: is required"),
        ({"jira": {"steps": {"A": {"kind": "erasure"}}}}, "TICKET_FIELDS: #/jira/steps/A: expected dryRun"),
        ({"jira": {"steps": {"A": {"kind": "import"}}}}, "TICKET_FIELDS: #/jira/steps/A/kind: expected "),
    ],
    ids=["json", "system", "field", "expression", "key", "dry run", "kind"],
)
def test_a_file_that_cannot_be_meant_stops_the_app(tmp_path: Path, said: object, sentence: str) -> None:
    with pytest.raises(SettingsError, match=f"^{sentence[:20]}") as error:
        fields(tmp_path, said)
    assert str(error.value).startswith(sentence)


def test_so_does_one_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="TICKET_FIELDS"):
        read_ticket_settings({"TICKET_FIELDS": str(tmp_path / "no-file.json")})
    with pytest.raises(SettingsError, match="TICKET_FIELDS: cannot be read"):
        read_fields(tmp_path)


TEXTS = st.sampled_from(
    ["account", "{", '{"projects": []}', "Export", "export", "erase", "data-subject", "", "\ud800"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
STEP = st.sampled_from(["Export", "Erase", "export", "erase", "dry-run"])


@given(
    st.sampled_from(SYSTEMS),
    ANYTHING,
    STEP,
    st.dictionaries(NAMES | st.text(max_size=8), ANYTHING, max_size=6),
)
def test_whatever_a_ticket_holds_it_is_a_request_or_refused_in_our_words(
    system: TicketSystem, inner: object, step: str, ticket: Json
) -> None:
    """However signed: nothing else may come of it, and no word of it may stand in the reason."""
    ticket |= {
        "step": step,
        "state": step,
        "issue": {"key": inner, "fields": {"status": {"name": step}, **ticket}},
    }
    try:
        asked = default_fields()[system].read(ticket)
        if asked:
            parse_envelope(asked.envelope, ["default", "other"])
            parse_envelope(
                {**ticket, **asked.envelope, "ticket": {"system": "jira", "key": "K"}}, ["default"]
            )
    except InvalidRequest as error:
        reason = reason_of(error)
        reason.encode()
        assert all(name not in reason for name in ticket if len(name) > 3 and not name.isascii())
