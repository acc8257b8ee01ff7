cdef class Key:
    cdef char* _data
    cdef Py_ssize_t _size, _room

    cdef int _grow(self, Py_ssize_t size) except -1
    cdef void clear(self) noexcept
    cdef int put(self, const char* data, Py_ssize_t size) except -1
    cdef int put_number(self, long long value) except -1
    cdef int put_bytes(self, object value) except -1
    cdef bytes bytes(self)
