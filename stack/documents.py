"""`python -m stack.documents`: the parts of docs/ that are made from the code; with --check it only compares."""

import sys
from pathlib import Path

import typer
from typer.cli import get_docs_for_click

from stack.processes import ROOT
from steward.__main__ import app
from steward.commands import exit_codes
from steward.rows import table

DATA = ROOT / "docs" / "data.md"
COMMAND_LINE = ROOT / "docs" / "command-line.md"


def main() -> int:
    """The exit code: 1 where a document is not current."""
    documents = {DATA: _data(), COMMAND_LINE: _command_line()}
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


def _command_line() -> str:
    command = typer.main.get_command(app)
    about, _, options = get_docs_for_click(
        obj=command, ctx=typer.Context(command), name="python -m steward", title="The command line"
    ).partition("**Usage**:")
    return f"""<!-- Made by `make generated` from steward/commands/. -->

{about}{_COMMAND_LINE}
{exit_codes.table()}
## Commands and options

**Usage**:{options.rstrip()}
"""


_COMMAND_LINE = """\
Run here as `.venv/bin/python -m steward`. Commands of three kinds:

- `export`, `erase`, `approve`, `reject`, `cancel`, `status`, `requests` ask the **deployed app** over [HTTP](http.md).
  `STEWARD_URL` is its address and `STEWARD_KEY` a [function key](identities.md#function-keys) of what is called: `export` and
  `erase` call `post_export` or `post_erasure`, and `get_request` unless `--no-wait`; `erase` and `approve` read a plan by `get_file`,
  and say so where the key does not open it. With App Service authentication, `STEWARD_AUDIENCE` makes whoever is signed in to Azure
  (`az login`, or an identity of the machine) the caller.
- `verify`, `download`, `datasets`, `verify-certificate`, `verify-ledger` work straight on the **archive's storage**, with
  `ARCHIVE_STORAGE` or `--account-url`.
- `doctor` takes the **app's settings**, from the environment or `local.settings.json`, and looks at everything that they name.

## An export, and an erasure

On `make up`, with `STEWARD_URL` and `STEWARD_KEY` the `functionsUrl` and `functionKey` of the line that it prints:

```
$ python -m steward export --whole-account
$ python -m steward requests --state completed
$ python -m steward erase --purpose off-boarding --project Workbench
  would be erased
  image tags               3
  images                  80
  …
our own copies stay
cannot go: 1 model files that the service has exported, project 55c7aa1e-…: no call of the service deletes them; …
plan 78b6f17c… of erasure-dry-run-key-d7e7d46d…, until 2026-12-01T03:50:13.956643+00:00

To erase it, the same command with --for-real --plan erasure-dry-run-key-d7e7d46d… --plan-hash 78b6f17c…
$ python -m steward erase --purpose off-boarding --project Workbench \
    --for-real --plan erasure-dry-run-key-d7e7d46d… --plan-hash 78b6f17c…
$ python -m steward approve erasure-key-e0ee7b5e… --plan-hash 78b6f17c…
$ python -m steward status erasure-key-e0ee7b5e…
```

What a person reads on the way (progress, plans) goes to standard error, what came of it to standard output; `--json` gives the document.
`status` asks again as often as the app says, and shows a live view on a terminal, else a line for each change. A call whose answer is
lost is made again for about a quarter of a minute, and is the same request: each has an `Idempotency-Key`, or its ticket.
Ctrl-C ends the command, never the request.

## doctor

```
$ CUSTOM_VISION_TRAINING_KEY=wrong python -m steward doctor --settings settings.json
ok     settings: accounts default; task hub CustomVisionSteward
ok     store default: container archive can be listed
ok     clock default: agrees with the store's
…
WRONG  service default: CUSTOM_VISION_TRAINING_KEY: GET customvision/v3.3/training/domains: 401: Access denied due to …
       -> set CUSTOM_VISION_TRAINING_KEY to one of the two keys of the page Keys and Endpoint of the training resource; …
ok     queue: queue privacy-requests: 0 messages wait
```

It changes nothing but the time in the blob `{account}/budget`, as every call does: whether blobs and projects may be written and
deleted is asked of a blob and a project that nobody has. Where settings name an identity, the roles are those of whoever runs it; the
app's own are what its health says, which `--url` shows beside. A hub that differs is one that unended requests name, or the app.
Not tried here, for want of Azure: roles of Entra ID, keys in Key Vault.

## How it ends
"""


if __name__ == "__main__":
    sys.exit(main())
