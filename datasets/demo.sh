#!/bin/sh
# The main job on bundled data: what does a tuning silence, what stays, and how does it reach the cluster?
set -eu
PATH="$(cd "$BIN" && pwd):$PATH"
lake=$DEMO/lake

run() {
    printf '\n$'
    for word in "$@"; do
        case $word in
            *' '*) printf " '%s'" "$word" ;;
            *) printf ' %s' "$word" ;;
        esac
    done
    printf '\n'
    "$@"
}

printf 'A Kubernetes control plane: 26 minutes of its audit log.\n'
noisy=datasets/k8s-cluster/10-team-rules.yaml tuning=datasets/k8s-cluster/20-tuning.yaml
run falcolab ingest k8s-audit datasets/k8s-cluster/audit.jsonl.gz --lake "$lake"
run falcolab rules check "$noisy" "$tuning"
run falcolab compare "$lake" --baseline "$noisy" --candidate "$noisy" "$tuning"
printf '\nWhat stays, most of it the work of an attacker or of an operator:\n'
run falcolab replay "$lake" -r "$noisy" "$tuning" | cut -c -150
run falcolab promote -r "$noisy" "$tuning" --values "$DEMO/values.yaml"
run head -n 12 "$DEMO/values.yaml"

printf '\nA host on which somebody looks around: 16 seconds of its system calls.\n'
noisy=datasets/host-scenario/10-host-rules.yaml tuning=datasets/host-scenario/20-tuning.yaml
run falcolab ingest scap datasets/host-scenario/capture.scap --lake "$lake"
run falcolab compare "$lake" --source syscall --baseline "$noisy" --candidate "$noisy" "$tuning"
run falcolab replay "$lake" --source syscall -r "$noisy" "$tuning" | cut -c -150

printf '\nWhy was this one not silenced?\n'
run falcolab explain "$lake" -r "$noisy" "$tuning" --rule "Account file read" --event 2-5798 | cut -c -150

printf '\nThe lake is in %s, the values for `helm upgrade -f` in %s.\n' "$lake" "$DEMO/values.yaml"
