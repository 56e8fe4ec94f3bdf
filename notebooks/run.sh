#!/usr/bin/env bash
# Executes both notebooks on a lake of their own, as a reader would, and asks the cookbook's questions from Python: the
# library built and found by its name, the TypeScript kernel of package-lock.json, Python's packages of requirements.txt in
# an environment of its own. Fails where a cell or a question does. With --write the outputs in the repository become those
# of this run. Needs Debian's jupyter-nbconvert, python3-venv and chromium. Takes about a minute.
set -euo pipefail
cd "$(dirname "$0")"

export PATH="$PWD/../node_modules/.bin:$PATH"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

npm --prefix .. run build
npm ci --ignore-scripts --no-audit --no-fund
ln -sfn ../.. node_modules/crypto-lake
python3 -m venv "$work/python"
"$work/python/bin/pip" install --quiet --disable-pip-version-check --retries 0 --requirement requirements.txt

write_kernel() {
  mkdir -p "$work/jupyter/kernels/$1"
  printf '{ "argv": [%s, "%s"], "display_name": "%s", "language": "%s" }\n' \
    "$4" '{connection_file}' "$2" "$3" >"$work/jupyter/kernels/$1/kernel.json"
}
write_kernel tslab TypeScript typescript "\"$PWD/node_modules/.bin/tslab\", \"kernel\", \"--config-path\""
write_kernel python3 'Python 3' python "\"$work/python/bin/python\", \"-m\", \"ipykernel_launcher\", \"-f\""

node make-lake.ts "$work/lake"
export LAKE_ROOT="$work/lake" JUPYTER_PATH="$work/jupyter"
"$work/python/bin/python" ask_cookbook.py "$LAKE_ROOT" ../docs/queries.md
for notebook in analysis analysis-python; do
  jupyter-nbconvert --to notebook --execute --ExecutePreprocessor.timeout=120 \
    --ExecutePreprocessor.record_timing=False --output "$work/$notebook.ipynb" "$notebook.ipynb"
  if [ "${1:-}" = --write ]; then cp "$work/$notebook.ipynb" "$notebook.ipynb"; fi
done
