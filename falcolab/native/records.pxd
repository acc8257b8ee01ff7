# Reading and writing the slots of the system's records without the interpreter.
#
# The records are ordinary dataclasses with slots (falcolab/system/thread.py). A slot is a
# pointer at a fixed offset from the record, which the member descriptor of its class tells.

from cpython.long cimport PyLong_AsLongLong, PyLong_AsUnsignedLongLongMask
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF


cdef struct ThreadSlots:
    Py_ssize_t tid, pid, ptid, flags, fds, fdlimit, group, comm, cwd, container_id
    Py_ssize_t vmsize, vmrss, vmswap, pfmajor, pfminor, last_fd, last_type, enter

cdef struct GroupSlots:
    Py_ssize_t alive, main

cdef struct DescriptorSlots:
    Py_ssize_t type, name, nameraw, openflags, flags, dev, ino, pid, sock

cdef struct ProcessSlots:
    Py_ssize_t row, epoch

cdef ThreadSlots THREAD
cdef GroupSlots GROUP
cdef DescriptorSlots FD
cdef ProcessSlots PROCESS

cdef enum:
    CLONE_FILES = 1
    CONNECTED = 1 << 13
    CLOSED = 1 << 18
    IS_MAIN_THREAD = 1 << 30


cdef inline object get(object record, Py_ssize_t at):
    return <object>(<PyObject**>(<char*><PyObject*>record + at))[0]


cdef inline void put(object record, Py_ssize_t at, object value) noexcept:
    cdef PyObject** slot = <PyObject**>(<char*><PyObject*>record + at)
    cdef PyObject* old = slot[0]
    Py_INCREF(value)
    slot[0] = <PyObject*>value
    Py_XDECREF(old)


cdef inline long long number(object record, Py_ssize_t at) except? -9:
    return PyLong_AsLongLong(get(record, at))


cdef inline unsigned long long amount(object record, Py_ssize_t at) except? 9999:
    return PyLong_AsUnsignedLongLongMask(get(record, at))


cdef inline object main_thread(object thread):
    """The main thread of the thread's process, or None, as ``ThreadTable.main`` gives it."""
    cdef object group
    if number(thread, THREAD.tid) == number(thread, THREAD.pid):
        return thread
    if number(thread, THREAD.flags) & IS_MAIN_THREAD:
        return thread
    group = get(thread, THREAD.group)
    return None if group is None else get(group, GROUP.main)


cdef inline object fds_of(object thread):
    """The descriptors that the thread works with, or None, as ``ThreadTable.fds`` gives them."""
    cdef object main
    if not number(thread, THREAD.flags) & CLONE_FILES:
        return get(thread, THREAD.fds)
    main = main_thread(thread)
    return None if main is None else get(main, THREAD.fds)


cdef Py_ssize_t offset(object cls, str name) except -1
