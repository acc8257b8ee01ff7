"""Print how many answers of each suite agree with Falco's: ``python -m tests.conformance [SUITE...]``."""

from __future__ import annotations

import sys
import time

from tests import shared_data
from tests.conformance.suites import SUITES

SHOWN = 10


def main(names: list[str]) -> int:
    """Run the suites that are named, or all; 0 when everything agrees."""
    folder = shared_data.shared()
    if folder is None:
        print("needs Falco's recorded verdicts in ../shared or $FALCOLAB_SHARED", file=sys.stderr)
        return 2
    differing = 0
    print(f"{'suite':<28}{'agree':>8}{'asked':>8}{'share':>9}{'seconds':>9}")
    for name in names or list(SUITES):
        begun = time.perf_counter()
        outcomes = list(SUITES[name](folder / "conformance"))
        bad = [outcome for outcome in outcomes if outcome.problem]
        agree, asked = len(outcomes) - len(bad), len(outcomes)
        took = time.perf_counter() - begun
        print(f"{name:<28}{agree:>8}{asked:>8}{agree / asked:>9.2%}{took:>9.1f}", flush=True)
        for outcome in bad[:SHOWN]:
            print(f"  {outcome.case}: {outcome.problem}{f' ({outcome.reason})' if outcome.reason else ''}")
        differing += sum(outcome.reason is None for outcome in bad)
    return 1 if differing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
