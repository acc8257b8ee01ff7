"""Rows by keys, as a dictionary has them, without an object for every key that is asked for."""

import secrets

from cpython.mem cimport PyMem_Calloc, PyMem_Free, PyMem_Realloc
from libc.string cimport memcmp, memcpy, memset

from falcolab.lake.syscall.dimension import MAX_KNOWN

cdef enum:
    FEWEST = 1024

cdef Py_ssize_t MOST = MAX_KNOWN
cdef uint64_t SEED = secrets.randbits(64)
cdef uint64_t FACTOR = 0x9E3779B97F4A7C15


cdef inline uint64_t _mixed(uint64_t hash, uint64_t word) noexcept:
    hash = (hash ^ word) * FACTOR
    return hash ^ (hash >> 29)


cdef uint64_t _hash(const char* text, Py_ssize_t size) noexcept:
    """A hash that differs from process to process, so that nobody can prepare keys that collide."""
    cdef uint64_t hash = SEED ^ <uint64_t>size, word
    cdef Py_ssize_t at = 0
    while at + 8 <= size:
        memcpy(&word, text + at, 8)
        hash = _mixed(hash, word)
        at += 8
    if at < size:
        word = 0
        memcpy(&word, text + at, size - at)
        hash = _mixed(hash, word)
    return _mixed(hash, FACTOR)


cdef class RowMap:
    """Rows by keys; an open table with linear probing, whose keys lie one after the other.

    Row 0 stands for none. With too many keys it begins anew, so that memory stays bounded.
    """

    def __cinit__(self):
        self._room = FEWEST
        self._slots = <Slot*>PyMem_Calloc(self._room, sizeof(Slot))
        if self._slots == NULL:
            raise MemoryError

    def __dealloc__(self):
        PyMem_Free(self._slots)
        PyMem_Free(self._texts)

    def clear(self):
        """Forget all keys."""
        memset(self._slots, 0, self._room * sizeof(Slot))
        self._count = self._texts_size = 0

    cdef Slot* _find(self, uint64_t hash, const char* text, Py_ssize_t size) noexcept:
        """The slot of a key, or the free one where it would be."""
        cdef Py_ssize_t place = hash & (self._room - 1)
        cdef Slot* slot = &self._slots[place]
        while slot.row:
            if slot.hash == hash and slot.size == size and memcmp(self._texts + slot.at, text, size) == 0:
                return slot
            place = (place + 1) & (self._room - 1)
            slot = &self._slots[place]
        return slot

    cdef int64_t get(self, Key key) noexcept:
        """The row of a key; 0 if it is not known."""
        return self._find(_hash(key._data, key._size), key._data, key._size).row

    cdef int put(self, Key key, int64_t row) except -1:
        """Know a row by a key."""
        cdef uint64_t hash = _hash(key._data, key._size)
        cdef Py_ssize_t room = 2 * (self._texts_size + key._size) + 4096
        cdef Slot* slot
        cdef char* texts
        if self._count >= MOST:
            self.clear()
        elif 2 * self._count >= self._room:
            self._grow()
        if self._texts_size + key._size > self._texts_room:
            texts = <char*>PyMem_Realloc(self._texts, room)
            if texts == NULL:
                raise MemoryError
            self._texts, self._texts_room = texts, room
        slot = self._find(hash, key._data, key._size)
        if slot.row == 0:
            memcpy(self._texts + self._texts_size, key._data, key._size)
            slot.hash, slot.at, slot.size = hash, self._texts_size, key._size
            self._texts_size += key._size
            self._count += 1
        slot.row = row
        return 0

    cdef int _grow(self) except -1:
        """Have twice the room."""
        cdef Slot* before = self._slots
        cdef Py_ssize_t room = self._room, place
        cdef Slot* slots = <Slot*>PyMem_Calloc(2 * room, sizeof(Slot))
        if slots == NULL:
            raise MemoryError
        self._slots, self._room = slots, 2 * room
        for place in range(room):
            if before[place].row:
                slot = self._find(before[place].hash, self._texts + before[place].at, before[place].size)
                slot[0] = before[place]
        PyMem_Free(before)
        return 0
