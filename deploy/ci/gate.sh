#!/bin/sh
# Holds a result against another by a policy, and leaves the comparison in every form that a CI system shows.
#
#   GATE_POLICY=gate.yaml GATE_BASE=out/base GATE_NEW=out/new deploy/ci/gate.sh
#   GATE_POLICY=gate.yaml GATE_BASELINE=main GATE_NEW=out/new deploy/ci/gate.sh
#
# GATE_OUTPUT (luoscope-gate) gets comment.md, junit.xml, compare.json and compare.html. The exit code is the gate's: 0 pass,
# 1 a rule is broken, 2 usage, 3 bad input, 4 inconclusive (with GATE_INCONCLUSIVE=fail), 5 a defect.
set -u

: "${GATE_POLICY:?names the policy}" "${GATE_NEW:?names the new result}"
output=${GATE_OUTPUT:-luoscope-gate}
luoscope() {
  if [ -n "${LUOSCOPE:-}" ]; then node "$LUOSCOPE" "$@"; else npx --no-install luoscope "$@"; fi
}

mkdir -p "$output"
set -- --policy "$GATE_POLICY" --inconclusive "${GATE_INCONCLUSIVE:-pass}"
if [ -n "${GATE_BASELINE:-}" ]; then
  set -- "$@" --baseline "$GATE_BASELINE" --baselines "${GATE_BASELINES:-.luoscope/baselines}" "$GATE_NEW"
else
  set -- "$@" "${GATE_BASE:?names the base, or GATE_BASELINE a baseline}" "$GATE_NEW"
fi
# Annotations are commands on GitHub's standard output, and noise anywhere else.
[ -n "${GITHUB_ACTIONS:-}" ] && annotate=- || annotate=$output/annotations.txt

luoscope gate "$@" --to md="$output/comment.md" --to junit="$output/junit.xml" --to json="$output/compare.json" \
  --to github="$annotate" -o "$output/difference"
code=$?
[ -n "${GITHUB_OUTPUT:-}" ] && echo "exit-code=$code" >>"$GITHUB_OUTPUT"
# A page only of what could be compared.
if [ -f "$output/difference/difference.json" ]; then
  luoscope report "$output/difference" -o "$output/compare.html" >/dev/null
fi
exit "$code"
