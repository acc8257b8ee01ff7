"""Run a daemon under churn and see that nothing grows: ``python -m tests.soak [--minutes M]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from capture.probe.requirements import missing
from tests.bench.capture_run import cores, official_rules
from tests.soak.churn import soak
from tests.soak.growth import MIB, Sample, growing, slope


def main(arguments: Sequence[str]) -> int:
    """Print how memory went; 1 if something grows, 2 where the machine does not allow it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    given = parser.parse_args(arguments)
    rules, problem = official_rules(), missing()
    if problem is not None or rules is None or cores() < 2:
        _say(problem or "needs two cores and the rules files in $FALCOLAB_OFFICIAL_RULES")
        return 2
    with tempfile.TemporaryDirectory(prefix="falcolab-soak-") as folder:
        samples = soak(Path(folder), rules, given.minutes * 60, told=_tell)
    return _judge(samples)


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _tell(sample: Sample) -> None:
    memory = f"{sample.memory / MIB:6.0f} MiB"
    _say(f"{sample.at:8.0f} s {memory} {sample.events:12,} events {sample.lost:8,} lost")


def _judge(samples: Sequence[Sample]) -> int:
    _say(f"at most {max(each.memory for each in samples) / MIB:.0f} MiB")
    _say(f"over the second half {slope(samples) / MIB:+.1f} MiB")
    found = growing(samples)
    for problem in found:
        _say(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
