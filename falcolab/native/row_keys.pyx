"""The keys of ``falcolab.lake.syscall.keys`` as bytes: equal at least where those are different in nothing."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem
from libc.stdint cimport int64_t, uint8_t

from falcolab.native.plans cimport DESCRIPTOR, FROM_DESCRIPTOR, NOTHING, PROCESS
from falcolab.native.record cimport signed_at
from falcolab.native.records cimport FD, PyObject, THREAD, amount, get, number
from falcolab.native.taking cimport cwd_of, directory_of

cdef extern from "string.h" nogil:
    void* memmem(const void* haystack, size_t length, const void* needle, size_t size)

cdef enum:
    ABSENT = -1
    NEGATIVE = 0x80


cdef inline bint _names_log(object name) noexcept:
    return memmem(PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name), b"/dev/log", 8) != NULL


cdef int _put_params(Key key, const Record* record, int start, int stop) except -1:
    """Some of the parameters, and how many there are."""
    cdef int index
    stop = min(stop, record.count)
    key.put_number(stop - start)
    for index in range(start, stop):
        key.put(record.values[index], record.sizes[index])
    return 0


cdef int _put_shown(Key key, object fd) except -1:
    """What parameters show of a descriptor."""
    if fd is None:
        return key.put_number(ABSENT)
    key.put_number(number(fd, FD.type))
    key.put_number(number(fd, FD.flags))
    key.put_bytes(get(fd, FD.name))
    return key.put_bytes(get(fd, FD.sock))


cdef bint kind_key(Key key, const Record* record, const Plan* plan, Taken taken) except -1:
    """Equal for events of one kind; false where nothing simple tells it."""
    cdef int size = record.sizes[0] if record.count else 0
    key.clear()
    key.put_number(record.type)
    if record.count == 0 or size == 0:
        key.put_number(ABSENT - record.count)
    elif <uint8_t>record.values[0][size - 1] < NEGATIVE:
        key.put_number(size)
    elif plan.resolves_result:
        return False
    else:
        key.put(record.values[0], size)
    if plan.kind_at >= 0:
        _put_params(key, record, plan.kind_at, plan.kind_end)
    if taken.own is not None:
        key.put_number(number(taken.own, FD.type) << 1 | _names_log(get(taken.own, FD.name)))
    return True


cdef bint file_key(Key key, const Record* record, const Plan* plan, Taken taken) except -1:
    """Equal for events whose descriptors have the same values; false where nothing simple tells it."""
    cdef object fd = taken.fd
    key.clear()
    if fd is None:
        return _put_unmade(key, record, plan, taken)
    key.put_number(plan.has_fd)
    key.put_number(number(fd, FD.type))
    key.put_number(number(fd, FD.flags))
    key.put_bytes(get(fd, FD.sock))
    if not plan.has_fd:
        key.put_number(taken.own is None)
        return True
    key.put_bytes(get(fd, FD.name))
    key.put_bytes(get(fd, FD.nameraw))
    key.put_number(<int64_t>amount(fd, FD.dev))
    key.put_number(<int64_t>amount(fd, FD.ino))
    key.put_number(ABSENT if taken.own is None else get(taken.own, FD.name) != taken.old_name)
    key.put_bytes(get(taken.thread, THREAD.container_id))
    return True


cdef bint _put_unmade(Key key, const Record* record, const Plan* plan, Taken taken) except -1:
    """The same for calls that made no descriptor, or used one that is not known."""
    cdef object base
    key.put_number(ABSENT)
    if not plan.has_fd:
        return True
    key.put_number(record.type)
    key.put_bytes(get(taken.thread, THREAD.container_id))
    if plan.unmade == NOTHING:
        return True
    if plan.unmade == FROM_DESCRIPTOR:
        _put_params(key, record, 1, 3)
        base = directory_of(taken, record, 1, 2)
    else:
        _put_params(key, record, 1, 4)
        base = cwd_of(taken.thread)
    if base is None:
        return False
    key.put_bytes(base)
    return True


cdef object pointed(const Record* record, dict table, int index):
    """What a number in a parameter stands for in a table, of descriptors or of threads."""
    cdef PyObject* found
    if index >= record.count or record.sizes[index] not in (1, 2, 4, 8):
        return None
    found = PyDict_GetItem(table, signed_at(record, index))
    return None if found == NULL else <object>found


cdef int _put_process(Key key, object thread) except -1:
    return key.put_number(ABSENT) if thread is None else key.put_bytes(get(thread, THREAD.comm))


cdef int argument_key(Key key, const Record* record, const Plan* plan, Taken taken) except -1:
    """Equal for events whose arguments stand for the same."""
    cdef int index, at
    key.clear()
    key.put_number(record.type)
    if plan.taken == 0:
        return 0
    key.put_number(record.count)
    for index in range(plan.taken):
        at = plan.taken_at[index]
        if at >= record.count:
            continue
        key.put(record.values[at], record.sizes[at])
        if plan.taken_as[index] == DESCRIPTOR:
            _put_shown(key, pointed(record, taken.fds, at))
        elif plan.taken_as[index] == PROCESS:
            _put_process(key, pointed(record, taken.by_id, at))
    if plan.has_only_fds:
        return 0
    key.put_number(PyBytes_GET_SIZE(get(taken.thread, THREAD.container_id)) == 0)
    if plan.has_paths:
        key.put_bytes(cwd_of(taken.thread))
    if plan.looks_around:
        _put_around(key, taken)
    return 0


cdef int _put_around(Key key, Taken taken) except -1:
    """The descriptors that the event is about and that its thread used last."""
    cdef PyObject* last = PyDict_GetItem(taken.fds, taken.last_fd)
    if taken.own is None:
        key.put_number(ABSENT)
    else:
        key.put_number(number(taken.own, FD.type))
        key.put_bytes(get(taken.own, FD.name))
    if last == NULL:
        return key.put_number(ABSENT)
    return key.put_bytes(get(<object>last, FD.name))
