#!/usr/bin/env bash
# All set-up in the project's own folder: uv in .tools, packages in .venv, Azurite in node_modules.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() { printf 'set-up: %s\n' "$1" >&2; exit 1; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3.13}" python3 python; do
        if "$candidate" -c 'import sys; raise SystemExit(sys.version_info[:2] != (3, 13))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

python=$(find_python) || fail "Python 3.13 is needed and was not found; install it, or name it: make PYTHON=/path/to/python3.13"
node_major=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null) || fail "Node.js 20 or newer is needed and was not found; install it from your system's packages or nodejs.org"
[ "$node_major" -ge 20 ] || fail "Node.js 20 or newer is needed, found $(node --version); install a newer one"
command -v npm >/dev/null || fail "npm is needed and was not found; it comes with Node.js, reinstall that with npm"

fresh() { [ -f "$1" ] && [ ! "$2" -nt "$1" ]; }

if ! fresh .tools/.ready scripts/setup.sh; then
    "$python" -m venv .tools || fail "Python's venv module is needed; install your system's python3.13-venv package"
    .tools/bin/python -m pip install --quiet --disable-pip-version-check 'uv==0.13.9'
    touch .tools/.ready
fi
if ! fresh .venv/.ready requirements-dev.txt; then
    [ -x .venv/bin/python ] || .tools/bin/uv venv --quiet --no-project --python "$python" .venv
    .tools/bin/uv pip sync --quiet --require-hashes --python .venv/bin/python requirements-dev.txt
    touch .venv/.ready
fi
if ! fresh node_modules/.ready package-lock.json; then
    npm ci --silent --no-progress
    touch node_modules/.ready
fi
