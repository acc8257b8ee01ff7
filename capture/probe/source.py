"""The text of the eBPF program: the C files and a function for each call that is hooked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from capture.probe.calls import Call

C_FILES = Path(__file__).parent / "c"
STUB_HEADERS = C_FILES / "stub"
"""What bcc takes for the headers of a kernel; the probe needs none of them."""

COUNT_COMPAT = "COUNT_COMPAT"
"""Is defined if the calls of 32-bit programs are to be counted."""

_PARTS = (
    "records.h",
    "kernel.h",
    "flags.h",
    "files.h",
    "path.h",
    "process.h",
    "exec.h",
    "sockets.h",
    "options.h",
    "tasks.c",
)

_ARGUMENTS = ["di", "si", "dx", "r10", "r8", "r9"]


def program(calls: Iterable[Call]) -> str:
    """The whole program in the C of bcc, for these calls."""
    parts = ["#include <linux/types.h>", *((C_FILES / name).read_text() for name in _PARTS)]
    arguments = [f"#define A{index} c.{register}" for index, register in enumerate(_ARGUMENTS)]
    return "\n".join([*parts, *arguments, *map(handler, calls)])


def flags(definitions: Mapping[str, int]) -> list[str]:
    """The definitions as flags of the compiler."""
    return ["-Wno-everything", *(f"-D{name}={value}" for name, value in sorted(definitions.items()))]


def function(call: Call) -> str:
    """The name of the function that is run when the call ends."""
    return call.handler or f"exit_{call.name}"


def handler(call: Call) -> str:
    """The function that is run when a call ends; empty if it stands in the C files."""
    if call.handler:
        return ""
    lines = [
        "struct event e;",
        f"if (!begin(&e, {call.event}, {len(call.params)}))",
        "    return 0;",
        "s64 ret = ctx->ret;",
        "struct call c;",
        "read_call(&c);",
        *([call.before] if call.before else []),
        *(_statement(index, param) for index, param in enumerate(call.params)),
        "return submit(&e);",
    ]
    body = "\n    ".join(lines)
    return f"\nint {function(call)}(struct exit_context *ctx)\n{{\n    {body}\n}}"


def _statement(index: int, param: str) -> str:
    kind, expression = param.split(":", 1)
    return f"put_{kind}(&e, {index}, {expression});"
