"""Names of numbers: flags, error codes, signals and system calls.

The tables beside ``falcolab.system.tables`` are those of ``driver/flags_table.c``,
``driver/dynamic_params_table.c`` and ``userspace/libsinsp/utils.cpp`` of falcosecurity/libs
0.25.4. They are read when first asked for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

FlagTable = tuple[tuple[str, int], ...]


@cache
def _load(name: str) -> Any:
    return json.loads(files("falcolab.system.tables").joinpath(f"{name}.json").read_bytes())


@cache
def flag_table(name: str | None) -> FlagTable:
    """The names of bits or values in the order in which they are tried; empty if there is no such table."""
    return tuple((flag, value) for flag, value in _load("flags")["flags"].get(name, ()))


@cache
def variants(name: str | None) -> tuple[tuple[str, str], ...]:
    """The types that a dynamic parameter may have, each with its print format."""
    return tuple((type_, fmt) for type_, fmt in _load("flags")["dynamic"].get(name, ()))


@lru_cache(maxsize=65536)
def flag_names(value: int, table: str | None) -> str:
    """The names of the bits in a number, joined by ``|``.

    A name takes its bits away, so that ``O_RDWR`` is not followed by ``O_RDONLY``; one that is the
    whole number ends the search.
    """
    rest, names = value, []
    for name, bits in flag_table(table):
        if bits == value:
            names.append(name)
            break
        if bits and rest & bits == bits:
            names.append(name)
            rest &= ~bits
    return "|".join(names)


@lru_cache(maxsize=65536)
def enum_names(value: int, table: str | None) -> str:
    """All names of a number, joined by ``|``: ``AF_LOCAL|AF_UNIX``."""
    return "|".join(name for name, number in flag_table(table) if number == value)


def _numbered(file: str, key: str) -> Mapping[int, str]:
    return {int(number): name for number, name in _load(file)[key].items()}


@cache
def errors() -> Mapping[int, str]:
    """The names of error codes, by their positive number."""
    return _numbered("errno", "errno")


@cache
def signals() -> Mapping[int, str]:
    """The names of signals by number."""
    return _numbered("errno", "signals")


@cache
def syscalls() -> Mapping[int, str]:
    """The names of system calls by Falco's number."""
    return _numbered("syscalls", "names")


@cache
def native_syscalls() -> Mapping[int, str]:
    """The names of system calls by the kernel's number on x86_64, where Falco has a name for them."""
    return _numbered("syscalls", "native")


def error_name(result: int) -> str:
    """The name of the error that a negative result tells; empty if there is none."""
    low = (-result) & 0xFFFFFFFF
    return errors().get(low, "")
