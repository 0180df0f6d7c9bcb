"""The app as its own functions say it, read in a process of its own: an app can be indexed once a process."""

import functools
import json
import subprocess
import sys
from typing import Any

from stack.processes import ROOT

SAMPLE: dict[str, str] = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
_SCRIPT = (
    "import json, function_app\n"
    "found = [(f.get_function_name(), f.get_trigger().get_dict_repr()) for f in function_app.app.get_functions()]\n"
    "print(json.dumps(found, default=lambda member: member.value))"
)


@functools.cache
def indexed_triggers() -> list[tuple[str, dict[str, Any]]]:
    """Each function's name, and its trigger's binding."""
    output = subprocess.run(
        [sys.executable, "-c", _SCRIPT],
        env=SAMPLE,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    return [(name, trigger) for name, trigger in json.loads(output.splitlines()[-1])]
