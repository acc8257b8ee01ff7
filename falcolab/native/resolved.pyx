"""What the numbers of descriptors in parameters stand for, as ``resolved_text`` shows it."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.unicode cimport PyUnicode_DecodeASCII

from falcolab.native.records cimport FD, get
from falcolab.native.record cimport signed_at
from falcolab.native.row_keys cimport pointed

from falcolab.system.values.descriptors import type_letters


cdef object resolved(const Record* record, const Plan* plan, dict fds):
    """The column ``resolved`` of an event that refers to descriptors only; None if that is not simple."""
    cdef list texts = [None] * min(record.count, plan.params)
    cdef int index, at
    for index in range(plan.taken):
        at = plan.taken_at[index]
        if at >= record.count:
            continue
        if record.sizes[at] != 8 or signed_at(record, at) < 0:
            return None
        text = _text(signed_at(record, at), pointed(record, fds, at))
        if text is None:
            return None
        texts[at] = text
    return tuple(texts)


cdef object _text(number, fd):
    """The number, and after it the descriptor's type and name, if it is known."""
    cdef bytes name
    if fd is None:
        return f"{number}\0"
    name = get(fd, FD.name)
    if not _is_printable(PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name)):
        return None
    shown = PyUnicode_DecodeASCII(PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name), NULL)
    return f"{number}\0<{type_letters(fd)}>{shown}"


cdef bint _is_printable(const char* text, Py_ssize_t size) noexcept:
    cdef Py_ssize_t at
    for at in range(size):
        if text[at] < 0x20 or text[at] > 0x7E:
            return False
    return True
