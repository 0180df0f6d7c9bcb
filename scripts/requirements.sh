#!/usr/bin/env bash
# Compiles requirements.txt (deployment) and requirements-dev.txt from pyproject.toml; with --check only compares.
set -euo pipefail
cd "$(dirname "$0")/.."

compile() { # compile OUTPUT [OPTION ...]
    local output=$1
    shift
    .tools/bin/uv pip compile --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url \
        --custom-compile-command "make requirements" --output-file "$output" pyproject.toml "$@"
}

if [ "${1:-}" = --check ]; then
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    cp requirements.txt requirements-dev.txt "$folder"
    compile "$folder/requirements.txt" --extra azure
    compile "$folder/requirements-dev.txt" --extra azure --extra dev
    for name in requirements.txt requirements-dev.txt; do
        diff -u "$name" "$folder/$name" >&2 || { echo "$name is not current: run make requirements" >&2; exit 1; }
    done
else
    compile requirements.txt --extra azure
    compile requirements-dev.txt --extra azure --extra dev
fi
