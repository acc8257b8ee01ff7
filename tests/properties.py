"""How property tests run: without deadlines, and in CI with the same examples every time."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings


def examples(number: int) -> settings:
    """Settings for a property that is tried with a number of examples."""
    return settings(
        max_examples=number,
        deadline=None,
        derandomize=os.environ.get("CI") == "true",
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
