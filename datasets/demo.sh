#!/bin/sh
# The main job on bundled data: what does a tuning silence, what stays, and how does it reach the cluster?
set -eu
PATH="$(cd "$BIN" && pwd):$PATH"
lake=$DEMO/lake noisy=$CLUSTER/10-team-rules.yaml tuning=$CLUSTER/20-tuning.yaml

run() {
    printf '\n$ %s\n' "$*"
    "$@"
}

run falcolab ingest k8s-audit "$CLUSTER/audit.jsonl.gz" --lake "$lake"
run falcolab rules check "$noisy" "$tuning"
run falcolab compare "$lake" --baseline "$noisy" --candidate "$noisy" "$tuning"
printf '\nWhat stays, most of it the work of an attacker or of an operator:\n'
run falcolab replay "$lake" -r "$noisy" "$tuning" | cut -c -150
run falcolab promote -r "$noisy" "$tuning" --values "$DEMO/values.yaml"
run head -n 12 "$DEMO/values.yaml"
printf '\nThe lake is in %s, the values for `helm upgrade -f` in %s.\n' "$lake" "$DEMO/values.yaml"
