"""``python -m falcolab`` is the program."""

from falcolab.cli.main import run

run()
