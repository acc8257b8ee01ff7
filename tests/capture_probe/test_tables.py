"""The table of calls against Falco's table of events, and the text that is made of it."""

from __future__ import annotations

import re

import pytest

from capture.probe.calls import CALLS, GENERIC, Call, call_named
from capture.probe.source import C_FILES, flags, function, handler, program
from falcolab.system.event_type import Param
from falcolab.system.plans import HANDLERS, OBSERVERS
from falcolab.system.tables import event_types

SIZES = {"u8": 1, "u16": 2, "u32": 4, "u64": 8, "s64": 8, "fd": 8}
"""Kind of the table -> bytes that it writes; what is not here varies in length."""

TEXTS = frozenset({"string", "path", "option"})
BYTES = frozenset({"bytes", "data", "vectors"})
OTHERS = {"address": "SOCKADDR", "tuple": "SOCKTUPLE", "traced_address": "DYN", "traced_data": "DYN"}


def fits(kind: str, param: Param) -> bool:
    """Whether what the probe writes has the form that Falco's table asks for."""
    if kind in SIZES:
        return param.size == SIZES[kind] and (kind != "fd" or param.type in ("FD", "PID", "INT64"))
    if kind in TEXTS:
        return param.type in ("CHARBUF", "FSPATH", "FSRELPATH")
    if kind in BYTES:
        return param.type == "BYTEBUF"
    return param.type == OTHERS.get(kind) or (kind == "option_number" and param.type == "INT64")


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_parameters_have_the_form_of_the_event(call: Call) -> None:
    type_ = event_types()[call.event]
    assert type_.name == call.name
    assert type_.is_exit
    assert "OLD_VERSION" not in type_.flags
    if not call.handler:
        kinds = [param.split(":", 1)[0] for param in call.params]
        assert len(kinds) == len(type_.params)
        assert [kind for kind, param in zip(kinds, type_.params, strict=True) if not fits(kind, param)] == []


def test_every_kind_is_written_by_a_function_or_macro_of_the_c_files() -> None:
    text = "".join(path.read_text() for path in sorted(C_FILES.glob("*.[ch]")))
    kinds = {param.split(":", 1)[0] for call in CALLS.values() for param in call.params}
    assert {kind for kind in kinds if not re.search(rf"\bput_{kind}\(", text)} == set()
    assert {
        call.handler for call in CALLS.values() if call.handler and f"int {call.handler}(" not in text
    } == set()


def test_state_tracking_gets_all_that_it_handles_but_frequent_calls() -> None:
    handled = {event_types()[number].name for number in (*HANDLERS, *OBSERVERS)} & CALLS.keys()
    assert {name for name in handled if CALLS[name].need == "rules"} == set()


def test_no_two_calls_are_told_by_the_same_event_or_hooked_at_the_same_point() -> None:
    assert len({call.event for call in CALLS.values()}) == len(CALLS)
    assert len({call.tracepoint for call in CALLS.values()}) == len(CALLS)


def test_a_handler_writes_every_parameter_in_order() -> None:
    assert handler(CALLS["unlinkat"]).split("read_call(&c);")[1] == (
        "\n    put_s64(&e, 0, ret);\n    put_fd(&e, 1, A0);\n    put_string(&e, 2, A1);"
        "\n    put_u32(&e, 3, A2 & 0x200);\n    return submit(&e);\n}"
    )


def test_calls_without_an_event_of_their_own_tell_their_number() -> None:
    assert handler(call_named("fsopen")).count("put_u16(&e, 1, ctx->nr);") == 1
    assert call_named("uname").tracepoint == "sys_exit_newuname"
    assert CALLS.keys() & GENERIC.keys() == set()
    with pytest.raises(KeyError):
        call_named("no such call")


def test_the_program_has_the_calls_that_are_asked_for_and_no_others() -> None:
    text = program([CALLS["close"]])
    assert "int exit_close(" in text
    assert "int exit_dup(" not in text
    assert function(CALLS["fork"]) == "cloned"
    assert flags({"B": 2, "A": 1})[1:] == ["-DA=1", "-DB=2"]
