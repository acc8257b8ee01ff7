"""Keys as bytes, made of numbers and texts."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Realloc
from libc.string cimport memcpy


cdef class Key:
    """Bytes that are equal where the same was put in, in the same order."""

    def __dealloc__(self):
        PyMem_Free(self._data)

    cdef int _grow(self, Py_ssize_t size) except -1:
        cdef Py_ssize_t room = 2 * (self._size + size) + 256
        cdef char* data = <char*>PyMem_Realloc(self._data, room)
        if data == NULL:
            raise MemoryError
        self._data, self._room = data, room
        return 0

    cdef void clear(self) noexcept:
        """Begin anew."""
        self._size = 0

    cdef int put(self, const char* data, Py_ssize_t size) except -1:
        """Add a text, with its length, so that it cannot run into its neighbour."""
        if self._size + size + 8 > self._room:
            self._grow(size + 8)
        (<long long*>(self._data + self._size))[0] = size
        memcpy(self._data + self._size + 8, data, size)
        self._size += size + 8
        return 0

    cdef int put_number(self, long long value) except -1:
        """Add a number."""
        if self._size + 8 > self._room:
            self._grow(8)
        (<long long*>(self._data + self._size))[0] = value
        self._size += 8
        return 0

    cdef int put_bytes(self, object value) except -1:
        """Add a text that is an object."""
        return self.put(PyBytes_AS_STRING(value), PyBytes_GET_SIZE(value))

    cdef bytes bytes(self):
        """The key."""
        return PyBytes_FromStringAndSize(self._data, self._size)
