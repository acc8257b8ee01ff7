from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.capture_probe.recorder import Recorder
from tests.capture_probe.workloads import WORKLOADS, Workload

pytestmark = pytest.mark.kernel


@pytest.mark.parametrize("workload", WORKLOADS, ids=lambda each: f"{each.type}-{next(iter(each.fields))}")
def test_every_call_of_a_program_is_seen_with_its_fields(
    workload: Workload, recorder: Recorder, tmp_path: Path
) -> None:
    run = recorder.run(workload.code, tmp_path)
    expected = {name: filled(value, tmp_path, run.pid) for name, value in workload.fields.items()}
    first = next(iter(expected))
    found = [each.fields for each in run.seen(workload.type, tuple(expected))]
    assert [each for each in found if each[first] == expected[first]] == [expected] * workload.count, found[
        -30:
    ]


def filled(value: Any, folder: Path, pid: int) -> Any:
    if value == "{pid}":
        return pid
    return value.replace("{dir}", str(folder)) if isinstance(value, str) else value
