"""The state that the row of a process depends on."""

from falcolab.native.records cimport (
    GROUP,
    IS_MAIN_THREAD,
    PyObject,
    THREAD,
    get,
    main_thread,
    number,
    offset,
)

from falcolab.lake.syscall.process_state import FLAGS, GENERATIONS, OF_RELATIVE, OF_THREAD
from falcolab.system.thread import Thread

cdef enum:
    MOST = 64

cdef Py_ssize_t[MOST] _of_thread
cdef Py_ssize_t[MOST] _of_relative
cdef Py_ssize_t[3] _related
cdef int _thread_count = 0, _relative_count = 0
cdef int _flags = FLAGS, _generations = GENERATIONS
cdef object _END = "end"
"""Stands behind threads of which there may be more or fewer."""

for _name in OF_THREAD:
    _of_thread[_thread_count] = offset(Thread, _name)
    _thread_count += 1
for _name in OF_RELATIVE:
    _of_relative[_relative_count] = offset(Thread, _name)
    _relative_count += 1
for _index, _name in enumerate(("sid", "vpgid", "pgid")):
    _related[_index] = offset(Thread, _name)


cdef int _add(list out, object record, Py_ssize_t* slots, int count) except -1:
    cdef int index
    for index in range(count):
        out.append(get(record, slots[index]))
    return 0


cdef int _add_relative(list out, object record) except -1:
    if record is None:
        out.append(None)
        return 0
    return _add(out, record, _of_relative, _relative_count)


cdef inline object _parent(dict by_id, object thread):
    return by_id.get(get(thread, THREAD.ptid))


cdef int _add_line(list out, dict by_id, object found) except -1:
    """The ancestors of a process, as ``line_of`` gives them."""
    cdef int count = 1
    while found is not None and count < _generations:
        found = _parent(by_id, found)
        if found is not None:
            found = main_thread(found)
        _add_relative(out, found)
        count += 1
    out.append(_END)
    return 0


cdef int _add_ancestors(list out, dict by_id, object main) except -1:
    """The threads above, as ``ThreadTable.ancestors`` gives them, each with its main thread."""
    cdef object slow = None if main is None else _parent(by_id, main), fast = slow, above
    while slow is not None and number(slow, THREAD.tid) != -1:
        _add_relative(out, slow)
        _add_relative(out, main_thread(slow))
        above = _parent(by_id, slow)
        if above is slow:
            break
        slow = above
        for _ in range(2):
            fast = None if fast is None else _parent(by_id, fast)
        if slow is not None and slow is fast:
            break
    out.append(_END)
    return 0


def process_state(machine, thread):
    """Equal where ``falcolab.lake.syscall.process_state.process_state`` is; of two flat parts as that."""
    cdef list out = [], above = []
    cdef dict by_id = machine.threads.by_id
    cdef object users = machine.users, main = main_thread(thread), container_id
    cdef int index
    _add(out, thread, _of_thread, _thread_count)
    out.append(number(thread, THREAD.flags) & _flags)
    if main is None:
        out.append(None)
    else:
        _add(out, main, _of_thread, _thread_count)
    _add_relative(above, _parent(by_id, thread))
    _add_line(above, by_id, main)
    _add_ancestors(above, by_id, main)
    for index in range(3):
        _add_relative(out, by_id.get(get(thread, _related[index])))
    container_id = get(thread, THREAD.container_id)
    out.append(users.user(container_id, thread.uid))
    out.append(users.user(container_id, thread.loginuid))
    out.append(users.group(container_id, thread.gid))
    return tuple(out), tuple(above)
