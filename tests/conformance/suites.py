"""The suites of the conformance data, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.conformance import (
    audit,
    loading,
    scap_conditions,
    scap_events,
    scap_fields,
    stored_fields,
    syscall,
    syscall_lake,
)
from tests.conformance.outcome import Outcome

Suite = Callable[[Path], Iterator[Outcome]]

SUITES: dict[str, Suite] = {
    "validation": loading.validation,
    "regression/loading": loading.regression_validation,
    "generated/loading": loading.generated_loading,
    "regression/k8s_audit": audit.regression,
    "conditions/k8s_audit": audit.conditions,
    "alerts/k8s_audit": audit.alerts,
    "fields/k8s_audit": audit.fields,
    "alerts/syscall": syscall_lake.alerts,
    "regression/syscall": syscall_lake.regression,
    "generated/alerts": syscall_lake.generated,
    "conditions/syscall": syscall_lake.conditions,
    "fields/syscall lake": stored_fields.stored,
    "conditions/syscall compile": syscall.compiled,
    "fields/scap": scap_fields.fields,
    "conditions/scap events": scap_conditions.conditions,
    "scap/events": scap_events.numbering,
    "scap/state": scap_events.state,
    "scap/sampled state": scap_events.sampled_state,
}
