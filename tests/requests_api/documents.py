"""Random request documents, as a caller would write them."""

from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from steward.requests_api.documents import JsonObject

# Few of each, so that what is drawn for a scope and what is drawn for the service meet.
IDS = [f"0000000{n}-0000-4000-8000-00000000000a" for n in range(4)]
NAMES = ["Hats", "Überzieher / 帽子", "'; --", IDS[3]]
START = datetime(2026, 1, 1, tzinfo=UTC)

moments = st.integers(0, 9).map(lambda days: START + timedelta(days=days))
names = st.sampled_from([*NAMES, *IDS, IDS[0].upper()])
some_names = st.lists(names, min_size=1, max_size=2)
metadata = st.dictionaries(st.sampled_from(["subject", "site"]), st.sampled_from(["42", "7", ""]), min_size=1)


image_parts = {
    "tags": some_names,
    "ids": st.lists(st.sampled_from(IDS), min_size=1, max_size=3),
    "metadata": metadata,
}
images = st.fixed_dictionaries({}, optional=image_parts).filter(bool)


@st.composite
def spans(draw: st.DrawFn) -> JsonObject:
    first, last = sorted(draw(st.tuples(moments, moments).filter(lambda pair: pair[0] != pair[1])))
    open_end = draw(st.sampled_from(["", "from", "to"]))
    return {key: moment.isoformat() for key, moment in (("from", first), ("to", last)) if key != open_end}


@st.composite
def project_entries(draw: st.DrawFn) -> JsonObject:
    named = draw(st.one_of(st.sampled_from(IDS).map(lambda i: {"id": i}), names.map(lambda n: {"name": n})))
    optional = {"images": images, "iterations": some_names, "predictions": spans()}
    return named | draw(st.fixed_dictionaries({}, optional=optional))


scopes = st.one_of(
    st.just("account"),
    st.lists(project_entries(), min_size=1, max_size=3).map(lambda projects: {"projects": projects}),
)
purposes = st.sampled_from(["data-subject", "off-boarding", "backup", "migration"])
tickets = st.fixed_dictionaries(
    {"system": st.sampled_from(["jira", "servicenow"]), "key": st.sampled_from(NAMES)}
)

exports: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"scope": scopes},
    optional={
        "purpose": purposes,
        "ticket": tickets,
        "options": st.fixed_dictionaries(
            {}, optional={"models": st.booleans(), "imagePerformance": st.booleans()}
        ),
    },
)
erasures: st.SearchStrategy[JsonObject] = st.fixed_dictionaries(
    {"scope": scopes, "purpose": purposes},
    optional={
        "ticket": tickets,
        "dryRun": st.booleans(),
        "waiveExport": st.just({"reason": "the subject asked for it"}),
        "derivedIterations": st.sampled_from(["keep", "erase"]),
        "archives": st.sampled_from(["keep", "erase"]),
    },
)
