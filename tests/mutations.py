"""`python -m tests.mutations`: break the erase and what takes tickets in turn, and see the test that is named for it go red.

Each break is made in a copy of the working tree. A test that stays green beside a break proves nothing: the exit code is 1.
"""

import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
# Brought by set-up, and not changed by any break.
SHARED = (".venv", "node_modules", ".tools")


@dataclass(frozen=True)
class Break:
    """Texts of one file, each there once, and what stands for them; `test`: a node of pytest that must go red."""

    what: str
    file: str
    swaps: Sequence[tuple[str, str]]
    test: str


BREAKS = (
    Break(
        "the order: iterations go before predictions",
        "orchestrator/erase_project.py",
        (
            ('names.DELETE_PREDICTIONS, "predictions"', 'names.DELETE_FIRST, "first"'),
            ('names.DELETE_ITERATIONS, "iterations"', 'names.DELETE_PREDICTIONS, "predictions"'),
            ('names.DELETE_FIRST, "first"', 'names.DELETE_ITERATIONS, "iterations"'),
        ),
        "tests/erasure/test_law.py::test_what_is_in_scope_goes_and_all_else_stays",
    ),
    Break(
        "the guard: what a bag lacks is overlooked",
        "activities/guard.py",
        (
            (
                "if lacks := uncovered(home.store, bag, recorded):",
                "if lacks := uncovered(home.store, bag, recorded)[:0]:",
            ),
        ),
        "tests/erasure/test_guard.py",
    ),
    Break(
        "the selector: every image has the metadata that is asked for",
        "steward/requests_api/scope.py",
        (("all(metadata.get(name) == value for", "all(metadata is not None for"),),
        "tests/erasure/test_law.py::test_what_is_in_scope_goes_and_all_else_stays",
    ),
    Break(
        "the hold: one on an image covers nothing",
        "steward/ledger/holds.py",
        (("        return image in taken.images\n", "        return False\n"),),
        "tests/erasure/test_held.py::test_a_hold_refuses_what_it_covers",
    ),
    Break(
        "the approval: any plan's hash will do",
        "http_start/decisions.py",
        (('if state.plan["hash"] != plan_hash:', "if not plan_hash:"),),
        "tests/app/test_decisions_on_record.py::test_a_decision_names_the_plan_and_the_verified_caller_and_stands",
    ),
    Break(
        "the read back: what is present counts as absent",
        "steward/erasure/comparison.py",
        (("present = planned & there[entity]", "present = planned & set[str]()"),),
        "tests/erasure/test_misbehaving.py",
    ),
    Break(
        "replays: a delivery that was seen before is taken",
        "event_start/webhooks.py",
        (("        if not is_first(", "        if False and not is_first("),),
        "tests/events/test_ways_in.py::test_a_delivery_that_is_seen_again_is_a_replay_and_a_retry_of_the_sender_is_not",
    ),
    Break(
        "replays: a delivery is known by how its signature is spelt",
        "steward/tickets/signatures.py",
        (
            (
                'signature = webhook.sign(headers["webhook-id"], sent, body.decode())',
                'signature = headers["webhook-signature"]',
            ),
        ),
        "tests/events/test_signatures.py::test_however_a_delivery_is_spelt_it_is_the_same_delivery",
    ),
    Break(
        "refusals: one that was not ended is started",
        "steward/ledger/reconcile.py",
        (('"refuse" if state.kind == TICKET else "start"', '"start"'),),
        "tests/events/test_refusals.py::test_one_that_died_before_its_end_is_ended_by_the_reconciler",
    ),
    Break(
        "refusals: a ticket that was told of its refusal is refused anew",
        "steward/tickets/refusals.py",
        (
            (
                "    if envelope:\n        message = json.dumps",
                "    if not envelope:\n        message = json.dumps",
            ),
        ),
        "tests/events/test_refusals.py::test_a_ticket_that_changes_beside_what_is_asked_for_is_not_refused_anew",
    ),
)


def main() -> int:
    """The exit code: 0 where every break was seen."""
    unseen = 0
    for each in BREAKS:
        began = time.monotonic()
        failed = red(each)
        unseen += not failed
        seen = f"red: {', '.join(failed)}" if failed else f"STILL GREEN: {each.test}"
        sys.stdout.write(f"{each.what}\n  {each.file}\n  {seen} ({time.monotonic() - began:.0f} s)\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(BREAKS) - unseen} of {len(BREAKS)} breaks were seen\n")
    return 1 if unseen else 0


def red(broken: Break) -> list[str]:
    """The tests that fail with the break in, by their names."""
    with tempfile.TemporaryDirectory(prefix="custom-vision-steward-") as folder:
        copy(Path(folder))
        file = Path(folder) / broken.file
        text = file.read_text()
        for old, new in broken.swaps:
            if text.count(old) != 1:
                raise ValueError(f"{broken.what}: {broken.file} has {text.count(old)} times {old!r}")
            text = text.replace(old, new)
        file.write_text(text)
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-x",
            "--no-header",
            "-rfE",
            "-m",
            "not prove",
            broken.test,
        ]
        found = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    # 1: tests failed. Anything else, such as a test that is not there, is no proof.
    if found.returncode not in {0, 1}:
        raise ValueError(f"{broken.test}: {found.stdout[-500:]}{found.stderr[-500:]}")
    return [
        line.split()[1].split("::", 1)[-1] for line in found.stdout.splitlines() if line.startswith("FAILED ")
    ]


def copy(folder: Path) -> None:
    """The working tree as git knows it, with what set-up brought beside it."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (source := ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    for name in SHARED:
        (folder / name).symlink_to(ROOT / name)


if __name__ == "__main__":
    sys.exit(main())
