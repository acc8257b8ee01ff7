"""Measure falcolab: ``python -m tests.bench audit|syscall [--events N] [--runs R] [--short]``."""

from __future__ import annotations

import argparse
import sys

from tests.bench import audit, syscall

_EVENTS = {
    ("audit", False): 1_000_000,
    ("audit", True): 100_000,
    ("syscall", False): 10_000_000,
    ("syscall", True): 400_000,
}


def main(arguments: list[str]) -> int:
    """Run the benchmark that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("what", choices=["audit", "syscall"])
    parser.add_argument(
        "--events", type=int, help="about how many (audit logs 1,000,000, captures 10,000,000)"
    )
    parser.add_argument("--runs", type=int, help="how many runs the medians are of (5; 3 with --short)")
    parser.add_argument("--short", action="store_true", help="small enough for every change: half a minute")
    given = parser.parse_args(arguments)
    events = _EVENTS[given.what, given.short]
    size = audit.Size(given.events or events, given.runs or (3 if given.short else 5))
    return audit.main(size) if given.what == "audit" else syscall.main(size)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
