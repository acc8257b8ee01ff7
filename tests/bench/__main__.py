"""Measure falcolab: ``python -m tests.bench audit|syscall [--events N] [--runs R] [--short]``."""

from __future__ import annotations

import argparse
import sys

from tests.bench import audit, syscall


def main(arguments: list[str]) -> int:
    """Run the benchmark that is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("what", choices=["audit", "syscall"])
    parser.add_argument("--events", type=int, help="how many (1,000,000; 100,000 with --short)")
    parser.add_argument("--runs", type=int, help="how many runs the medians are of (5; 3 with --short)")
    parser.add_argument(
        "--short", action="store_true", help="small enough for every change: under two minutes"
    )
    given = parser.parse_args(arguments)
    size = audit.Size(
        given.events or (100_000 if given.short else 1_000_000), given.runs or (3 if given.short else 5)
    )
    return audit.main(size) if given.what == "audit" else syscall.main(size)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
