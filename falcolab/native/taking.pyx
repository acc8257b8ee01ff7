"""What the usual events do to the tables of the system: the handlers of ``falcolab.system`` once more."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_GetItem, PyDict_SetItem, PyDict_Size
from libc.stdint cimport uint64_t
from libc.string cimport memchr, memcmp, memcpy

from falcolab.native.plans cimport (
    CLOSE,
    DATA,
    DATA_WITH_ENDS,
    DUP,
    DUP3,
    FCNTL,
    MAPPED,
    NEVER,
    OPEN,
    OPENAT,
    PASS_ON,
    PRLIMIT,
)
from falcolab.native.record cimport has, number_at, signed_at
from falcolab.native.records cimport CONNECTED, FD, PyObject, THREAD, amount, fds_of, get, main_thread, number, put

from falcolab.system.descriptors import O_CLOEXEC, OTHER_CLOEXEC
from falcolab.system.files import AT_FDCWD, LOWER_LAYER, O_DIRECTORY, UPPER_LAYER
from falcolab.system.identity import RLIMIT_NOFILE
from falcolab.system.limits import MAX_FDS
from falcolab.system.paths import concat, directory
from falcolab.system.sockets import IPV4_PROTOCOL_AT, TCP
from falcolab.system.thread import NO_SOCK, Descriptor, FdFlag, FdType, ThreadFlag

cdef uint64_t CLOEXEC = O_CLOEXEC, CLOEXEC_BITS = O_CLOEXEC | OTHER_CLOEXEC
cdef uint64_t IS_DIRECTORY = O_DIRECTORY, UPPER = UPPER_LAYER, LOWER = LOWER_LAYER
cdef int64_t FD_UPPER = FdFlag.UPPER_LAYER, FD_LOWER = FdFlag.LOWER_LAYER
cdef int64_t PIPE_SRC = ThreadFlag.PIPE_SRC, PIPE_DST = ThreadFlag.PIPE_DST
cdef int64_t CWD = AT_FDCWD, MOST_FDS = MAX_FDS
cdef uint64_t NOFILE = RLIMIT_NOFILE
cdef int IPV4 = FdType.IPV4_SOCK, IPV6 = FdType.IPV6_SOCK, IS_TCP = TCP, L4_AT = IPV4_PROTOCOL_AT
cdef object DIRECTORY = FdType.DIRECTORY, FILE = FdType.FILE_V2
cdef object _EMPTY = b"", _UNKNOWN_CWD = b"./"

cdef enum:
    F_DUPFD = 1
    F_SETFD = 3
    F_DUPFD_CLOEXEC = 26
    LONG_NAME = 900


cdef object cwd_of(object thread):
    """The working directory, as ``ThreadTable.cwd`` gives it."""
    cdef object main = main_thread(thread)
    return _UNKNOWN_CWD if main is None else get(main, THREAD.cwd)


cdef object directory_of(Taken taken, const Record* record, int dirfd_at, int name_at):
    """The directory that a name is seen from, as ``base_directory`` gives it; None if that is not simple."""
    cdef PyObject* fd
    cdef int64_t dirfd
    if has(record, name_at) and record.values[name_at][0] == b"/":
        return b"."
    if not has(record, name_at) or not has(record, dirfd_at):
        return None
    dirfd = signed_at(record, dirfd_at)
    if dirfd == CWD:
        return cwd_of(taken.thread)
    if dirfd < 0:
        return None
    fd = PyDict_GetItem(taken.fds, dirfd)
    return None if fd == NULL else directory(get(<object>fd, FD.name))


cdef class Taken:
    """An event on its way through the tables.

    Attributes:
        by_id: the threads; thread is its own.
        fds: the descriptors of the thread.
        own: the descriptor that it is about, None without; old_name is the name of that before the event.
        fd: the same, or the one that the thread used last.
        last_fd: the number of the descriptor that the thread used last.
        closed: the number of the descriptor that goes when the next event comes; -1 for none.
        opens: whether a descriptor was put into the table under ``last_fd``.
    """

    cdef bint find(self, const Record* record, const Plan* plan, dict by_id) except -1:
        """Find the thread and the descriptor, and change nothing; false if the event is not usual."""
        cdef PyObject* found = PyDict_GetItem(by_id, record.tid)
        self.closed, self.opens = -1, False
        if found == NULL:
            return False
        self.thread, self.by_id = <object>found, by_id
        fds = fds_of(self.thread)
        if fds is None or get(self.thread, THREAD.enter) is not None:
            return False
        self.fds, self.own, self.old_name = fds, None, _EMPTY
        self.last_fd = number(self.thread, THREAD.last_fd)
        if not plan.is_exit:
            return True
        if number(self.thread, THREAD.last_type) != record.type - 1:
            self.last_fd = -1
        if plan.fd_at < 0:
            return True
        if self.last_fd == -1 and has(record, plan.fd_at):
            self.last_fd = signed_at(record, plan.fd_at)
        if self.last_fd >= 0:
            found = PyDict_GetItem(self.fds, self.last_fd)
            if found != NULL:
                self.own = <object>found
                self.old_name = get(self.own, FD.name)
        return True

    cdef bint apply(self, const Record* record, const Plan* plan) except -1:
        """Do what the event does; false, and nothing done, if that is not usual."""
        cdef int action = plan.action
        if action != PASS_ON and action != MAPPED and (record.count == 0 or record.sizes[0] != 8):
            return False
        if action == CLOSE:
            if signed_at(record, 0) >= 0 and self.own is not None:
                self.closed = self.last_fd
        elif action == FCNTL:
            return self._control(record)
        elif action == DUP or action == DUP3:
            return self._dup(record, action == DUP3 and number_at(record, 3) & CLOEXEC != 0)
        elif action == OPEN or action == OPENAT:
            return signed_at(record, 0) < 0 or self._open(record, action)
        elif action == DATA:
            return self.own is None or not _is_ip(self.own) or _is_connected(self.own)
        elif action == DATA_WITH_ENDS:
            return self._transfer(record)
        elif action == MAPPED:
            self._map(record)
        elif action == PRLIMIT:
            # A limit that is only asked for changes nothing.
            return signed_at(record, 1) == -1 or number_at(record, 6) != NOFILE or signed_at(record, 0) != 0
        return True

    cdef bint _control(self, const Record* record) except -1:
        cdef uint64_t command
        if not has(record, 2) or record.sizes[2] != 1:
            return False
        command = number_at(record, 2)
        if command == F_DUPFD or command == F_DUPFD_CLOEXEC:
            return self._duplicate(record, command == F_DUPFD_CLOEXEC)
        if command == F_SETFD and signed_at(record, 0) >= 0 and self.own is not None:
            self._set_cloexec(number_at(record, 3) & 1)
        return True

    cdef int _set_cloexec(self, bint cloexec) except -1:
        cdef uint64_t before = amount(self.own, FD.openflags)
        cdef uint64_t after = before & ~CLOEXEC_BITS | (CLOEXEC if cloexec else 0)
        if after != before:
            self.own = _copy(self.own, after)
            PyDict_SetItem(self.fds, self.last_fd, self.own)
        return 0

    cdef bint _duplicate(self, const Record* record, bint cloexec) except -1:
        """The result of the call is another number for the event's descriptor."""
        if signed_at(record, 0) < 0 or self.own is None:
            return True
        if PyDict_Size(self.fds) >= MOST_FDS:
            return False
        self.own = _copy(self.own, amount(self.own, FD.openflags) & ~CLOEXEC_BITS | (CLOEXEC if cloexec else 0))
        self.last_fd, self.opens = signed_at(record, 0), True
        PyDict_SetItem(self.fds, self.last_fd, self.own)
        return True

    cdef bint _dup(self, const Record* record, bint cloexec) except -1:
        """A shell connects a pipe by putting its ends on standard input and output."""
        if not self._duplicate(record, cloexec):
            return False
        if self.opens and (self.last_fd == 0 or self.last_fd == 1):
            put(self.thread, THREAD.flags, number(self.thread, THREAD.flags) | (PIPE_SRC if self.last_fd else PIPE_DST))
        return True

    cdef bint _open(self, const Record* record, int action) except -1:
        cdef int name_at = 1 if action == OPEN else 2
        cdef uint64_t flags
        cdef object base, path, name
        cdef Py_ssize_t size
        if not has(record, name_at) or not has(record, name_at + 1) or PyDict_Size(self.fds) >= MOST_FDS:
            return False
        size = _length(record.values[name_at], record.sizes[name_at])
        if size == 0 or size > LONG_NAME or (size == 6 and memcmp(record.values[name_at], b"(NULL)", 6) == 0):
            return False
        base = cwd_of(self.thread) if action == OPEN else directory_of(self, record, 1, 2)
        if base is None or PyBytes_GET_SIZE(base) + size > LONG_NAME:
            return False
        flags = number_at(record, name_at + 1)
        name = PyBytes_FromStringAndSize(record.values[name_at], size)
        path = _joined(base, name)
        self.own = _file(path, name, flags, number_at(record, name_at + 3), number_at(record, name_at + 4))
        self.last_fd, self.old_name, self.opens = signed_at(record, 0), _EMPTY, True
        PyDict_SetItem(self.fds, self.last_fd, self.own)
        return True

    cdef bint _transfer(self, const Record* record) except -1:
        """Data between ends that are known already changes nothing."""
        if signed_at(record, 0) < 0:
            return True
        if self.own is None or number(self.own, FD.type) != IPV4 or not _is_connected(self.own):
            return False
        if PyBytes_GET_SIZE(get(self.own, FD.name)) == 0:
            return False
        return PyBytes_AS_STRING(get(self.own, FD.sock))[L4_AT] == IS_TCP

    cdef int _map(self, const Record* record) except -1:
        if has(record, 3):
            put(self.thread, THREAD.vmsize, number_at(record, 1))
            put(self.thread, THREAD.vmrss, number_at(record, 2))
            put(self.thread, THREAD.vmswap, number_at(record, 3))
        elif has(record, 1):
            put(self.thread, THREAD.vmsize, number_at(record, 1))
        return 0

    cdef int finish(self) except -1:
        """Note which descriptor the thread used last; find it if the event is about none itself."""
        cdef PyObject* found
        if self.last_fd != number(self.thread, THREAD.last_fd):
            put(self.thread, THREAD.last_fd, self.last_fd)
        self.fd = self.own
        if self.own is None and self.last_fd >= 0:
            found = PyDict_GetItem(self.fds, self.last_fd)
            if found != NULL:
                self.fd = <object>found
        return 0


cdef inline bint _is_ip(object fd) except -1:
    cdef int64_t type_ = number(fd, FD.type)
    return type_ == IPV4 or type_ == IPV6


cdef inline bint _is_connected(object fd) except -1:
    return number(fd, FD.flags) & CONNECTED != 0


cdef inline Py_ssize_t _length(const char* text, Py_ssize_t size) noexcept:
    """The length of a string that a NUL may end."""
    cdef const char* end = <const char*>memchr(text, 0, size)
    return size if end == NULL else end - text


cdef bint _is_clean(const char* path, Py_ssize_t size) noexcept:
    """Whether joining leaves a path as it is: printable, and no part begins with a dot or is empty."""
    cdef Py_ssize_t at
    cdef char before = b"/"
    for at in range(size):
        if path[at] < 0x20 or path[at] > 0x7E or (before == b"/" and (path[at] == b"." or (path[at] == b"/" and at > 0))):
            return False
        before = path[at]
    return before != b"/"


cdef object _joined(object base, object name):
    """The name as ``concat`` sees it from a directory."""
    cdef Py_ssize_t size = PyBytes_GET_SIZE(name), before = PyBytes_GET_SIZE(base)
    cdef object out
    if not _is_clean(PyBytes_AS_STRING(name), size):
        return concat(base, name)
    if PyBytes_AS_STRING(name)[0] == b"/":
        return name
    out = PyBytes_FromStringAndSize(NULL, before + size)
    memcpy(PyBytes_AS_STRING(out), PyBytes_AS_STRING(base), before)
    memcpy(PyBytes_AS_STRING(out) + before, PyBytes_AS_STRING(name), size)
    return out


cdef object _file(object path, object name, uint64_t flags, uint64_t dev, uint64_t ino):
    """The record of a file that was opened."""
    cdef object fd = Descriptor.__new__(Descriptor)
    cdef int64_t layer = (FD_UPPER if flags & UPPER else 0) | (FD_LOWER if flags & LOWER else 0)
    put(fd, FD.type, DIRECTORY if flags & IS_DIRECTORY else FILE)
    put(fd, FD.name, path)
    put(fd, FD.nameraw, name)
    put(fd, FD.openflags, flags)
    put(fd, FD.flags, layer)
    put(fd, FD.dev, dev)
    put(fd, FD.ino, ino)
    put(fd, FD.pid, 0)
    put(fd, FD.sock, NO_SOCK)
    return fd


cdef object _copy(object fd, uint64_t openflags):
    """The same record with other flags."""
    cdef object made = Descriptor.__new__(Descriptor)
    put(made, FD.type, get(fd, FD.type))
    put(made, FD.name, get(fd, FD.name))
    put(made, FD.nameraw, get(fd, FD.nameraw))
    put(made, FD.openflags, openflags)
    put(made, FD.flags, get(fd, FD.flags))
    put(made, FD.dev, get(fd, FD.dev))
    put(made, FD.ino, get(fd, FD.ino))
    put(made, FD.pid, get(fd, FD.pid))
    put(made, FD.sock, get(fd, FD.sock))
    return made
