cdef enum:
    TYPES = 256
    STREAMS = 3


cdef class FdTable:
    cdef dict _fds
    cdef Py_ssize_t _count
    cdef int _kinds
    cdef unsigned char[TYPES] _order
    cdef long long[TYPES] _first
    cdef bint[TYPES] _has
    cdef readonly list rows

    cdef int reset(self) except -1
    cpdef bint add(self, long long number, object fd) except -1
    cpdef bint remove(self, long long number, object fd) except -1
    cpdef bytes key(self, bint has_fd)
