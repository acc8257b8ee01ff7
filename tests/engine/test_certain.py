"""What the capture's range of time tells about conditions without a look at the events."""

from __future__ import annotations

import pytest

from falcolab.engine.certain import certain
from falcolab.engine.conditions import compile_text
from falcolab.fields.catalogue import K8S_AUDIT

TIMES = (100, 200)


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        ("jevt.rawtime exists", True),
        ("evt.num exists", True),
        ("ka.auditid exists", None),
        ("jevt.rawtime = 0", False),
        ("not jevt.rawtime = 0", True),
        ("jevt.rawtime = 150", None),
        ("evt.rawtime = 99", False),
        ("evt.rawtime = 100", None),
        ("evt.rawtime in (1, 2, 300)", False),
        ("evt.rawtime in (1, 2, 200)", None),
        ("evt.rawtime < 99", None),
        ("jevt.rawtime != 0", None),
        ("jevt.rawtime = ab", False),
        ("jevt.rawtime = 0 or evt.rawtime = 99", False),
        ("jevt.rawtime = 0 or evt.rawtime = 100", None),
        ("jevt.rawtime exists or ka.auditid exists", True),
        ("jevt.rawtime = 0 and ka.auditid exists", False),
        ("jevt.rawtime exists and ka.auditid exists", None),
        ("evt.num = 5", None),
        ("toupper(jevt.rawtime) = 0", None),
    ],
)
def test_truth(condition: str, truth: bool | None) -> None:  # noqa: FBT001
    assert certain(compile_text(condition, K8S_AUDIT), TIMES) is truth
