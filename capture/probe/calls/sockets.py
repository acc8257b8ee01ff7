"""Calls about sockets."""

from __future__ import annotations

from capture.probe.calls.call import Call, params

_PAIR = (
    "struct pair ends; read_pair(&ends, A3, ret);"
    "u64 source = socket_of(ends.first), peer = socket_of(ends.second);"
)
_QUEUE = "struct queue q; read_queue(&q, A0, ret);"
_ACCEPTED = "s64:ret; tuple:(s32)ret, INBOUND, 0, 0; u8:q.percent; u32:q.length; u32:q.most"
_MESSAGE = "struct message m = {}; bpf_probe_read_user(&m, sizeof(m), (void *)A1);"
_SIZE = "size_of_vectors(m.vectors, m.count)"
_CONNECTED = "ret == 0 || ret == -EINPROGRESS ? (s32)A0 : -1"
_DONE = "ret >= 0 ? (s32)A0 : -1"
_RECEIVED = "u32 name_size = 0; bpf_probe_read_user(&name_size, 4, (void *)A5);"

SOCKETS = (
    Call("socket", 19, params("s64:ret; u32:(u8)A0; u32:A1; u32:A2; u32:fd_flags(A1)"), "state"),
    Call(
        "socketpair",
        43,
        params("s64:ret; fd:ends.first; fd:ends.second; u64:source; u64:peer; u32:(u8)A0; u32:A1; u32:A2"),
        "state",
        before=_PAIR,
    ),
    Call("bind", 21, params("s64:ret; address:A1, (u32)A2; fd:A0"), "state"),
    Call(
        "connect",
        23,
        params(f"s64:ret; tuple:{_CONNECTED}, OUTBOUND, A1, (u32)A2; fd:A0; address:A1, (u32)A2"),
        "state",
    ),
    Call("listen", 25, params("s64:ret; fd:A0; u32:A1"), "state"),
    Call("accept", 247, params(_ACCEPTED), "state", before=_QUEUE),
    Call("accept4", 389, params(_ACCEPTED + "; u32:fd_flags(A3)"), "state", before=_QUEUE),
    Call("shutdown", 37, params("s64:ret; fd:A0; u8:A1")),
    Call("getsockname", 39, ()),
    Call("getpeername", 41, ()),
    Call(
        "sendto",
        31,
        params(
            f"s64:ret; data:A1, ret > 0 ? ret : (u32)A2; fd:A0; u32:A2;tuple:{_DONE}, OUTBOUND, A4, (u32)A5"
        ),
        "hot",
    ),
    Call(
        "recvfrom",
        35,
        params(f"s64:ret; data:A1, ret > 0 ? ret : 0; tuple:{_DONE}, INBOUND, A4, name_size; fd:A0;u32:A2"),
        "hot",
        before=_RECEIVED,
    ),
    Call(
        "sendmsg",
        49,
        params(
            f"s64:ret; vectors:m.vectors, m.count, ret > 0 ? ret : SNAPLEN; fd:A0; u32:{_SIZE};"
            f"tuple:{_DONE}, OUTBOUND, m.name, m.name_size"
        ),
        "hot",
        before=_MESSAGE,
    ),
    Call(
        "sendmmsg",
        51,
        params(
            f"s64:ret; fd:A0; u32:{_SIZE}; vectors:m.vectors, m.count, SNAPLEN;"
            f"tuple:{_DONE}, OUTBOUND, m.name, m.name_size"
        ),
        "hot",
        before=_MESSAGE,
    ),
    Call(
        "recvmmsg",
        55,
        params(
            f"s64:ret; fd:A0; u32:{_SIZE}; vectors:m.vectors, m.count, ret > 0 ? SNAPLEN : 0;"
            f"tuple:{_DONE}, INBOUND, m.name, m.name_size;"
            "bytes:m.control, ret >= 0 ? m.control_size : 0, STRING"
        ),
        "hot",
        before=_MESSAGE,
    ),
    Call(
        "recvmsg",
        53,
        params(
            "s64:ret; u32:ret > 0 ? ret : 0; vectors:m.vectors, m.count, ret > 0 ? ret : 0;"
            f"tuple:{_DONE}, INBOUND, m.name, m.name_size;"
            "bytes:m.control, ret >= 0 ? m.control_size : 0, STRING; fd:A0"
        ),
        "hot",
        before=_MESSAGE,
    ),
)
