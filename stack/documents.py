"""`python -m stack.documents`: the parts of docs/ that are made from the code; with --check it only compares."""

import sys
from pathlib import Path

from stack.processes import ROOT
from steward.rows import table

DATA = ROOT / "docs" / "data.md"


def main() -> int:
    """The exit code: 1 where a document is not current."""
    documents = {DATA: _data()}
    if "--check" not in sys.argv[1:]:
        for path, text in documents.items():
            path.write_text(text)
        return 0
    stale = [path for path, text in documents.items() if not _is_current(path, text)]
    for path in stale:
        sys.stderr.write(f"{path.relative_to(ROOT)} is not current: run make generated\n")
    return 1 if stale else 0


def _is_current(path: Path, text: str) -> bool:
    return path.exists() and path.read_text() == text


def _data() -> str:
    return f"""<!-- Made by `make generated` from steward/rows.py. -->

# What an account holds

Every kind of data, how it is exported and how it is erased, by the service's own operations. An erase goes in this order,
children before their parents.

{table()}
Counts are asked for beside each list, to see that nothing is missing. What no call erases stands in the certificate as
residue, with the hand that removes it.
"""


if __name__ == "__main__":
    sys.exit(main())
