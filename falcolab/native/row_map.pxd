from libc.stdint cimport int64_t, uint64_t

from falcolab.native.keys cimport Key


cdef struct Slot:
    uint64_t hash
    int64_t row
    Py_ssize_t at, size


cdef class RowMap:
    cdef Slot* _slots
    cdef Py_ssize_t _room, _count
    cdef char* _texts
    cdef Py_ssize_t _texts_size, _texts_room

    cdef int64_t get(self, Key key) noexcept
    cdef int put(self, Key key, int64_t row) except -1
    cdef Slot* _find(self, uint64_t hash, const char* text, Py_ssize_t size) noexcept
    cdef int _grow(self) except -1
