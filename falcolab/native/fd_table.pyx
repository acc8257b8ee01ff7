"""What fields tell of all descriptors of a process, as ``falcolab.lake.syscall.fd_table`` has it."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Next

from falcolab.native.keys cimport Key
from falcolab.native.records cimport FD, PyObject, get, number as number_of


cdef inline int _type(object fd) except -1:
    """The type of a descriptor; Falco's numbers fit into a byte, and so does -1."""
    return <unsigned char>number_of(fd, FD.type)


cdef class FdTable:
    """The types of a process's descriptors in their order, and its streams.

    Args:
        fds: the descriptors; the table itself is kept, so that no other one gets its address.

    Attributes:
        rows: the rows for events without and with the fields of a descriptor; 0 if not known.
    """

    def __init__(self, fds):
        self._fds = dict(fds) if type(fds) is not dict else fds
        self.reset()

    cdef int reset(self) except -1:
        """Look at all descriptors anew."""
        cdef PyObject* number
        cdef PyObject* fd
        cdef Py_ssize_t position = 0
        cdef int index, type_
        for index in range(TYPES):
            self._has[index] = False
        self._kinds = 0
        self._count = len(self._fds)
        while PyDict_Next(self._fds, &position, &number, &fd):
            type_ = _type(<object>fd)
            if not self._has[type_]:
                self._has[type_] = True
                self._first[type_] = <object>number
                self._order[self._kinds] = <unsigned char>type_
                self._kinds += 1
        self.rows = [0, 0]
        return 0

    cpdef bint add(self, long long number, object fd) except -1:
        """Take in a descriptor that an event has put into the table; false if it changes something."""
        if number < STREAMS or len(self._fds) != self._count + 1 or fd is None or not self._has[_type(fd)]:
            return False
        if self._fds.get(number) is not fd:
            return False
        self._count += 1
        return True

    cpdef bint remove(self, long long number, object fd) except -1:
        """Let go of a descriptor that was closed; false if that changes something."""
        cdef int type_ = _type(fd)
        self._count -= 1
        return number >= STREAMS and self._has[type_] and self._first[type_] != number

    cpdef bytes key(self, bint has_fd):
        """Equal for processes with the same types of descriptors and the same names of streams."""
        cdef Key key = Key()
        cdef int number
        cdef object fd, name
        for number in range(STREAMS):
            fd = self._fds.get(number)
            if fd is None:
                key.put_number(-2)
                continue
            name = get(fd, FD.name)
            key.put_number(number_of(fd, FD.type))
            key.put(PyBytes_AS_STRING(name), PyBytes_GET_SIZE(name))
        key.put_number(self._kinds if has_fd else -1)
        if has_fd:
            key.put(<char*>self._order, self._kinds)
        return key.bytes()
