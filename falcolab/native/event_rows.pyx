"""The rows of system events as columns from the beginning, as ``falcolab.lake.syscall.event_rows`` has them."""

import numpy as np
import pyarrow as pa

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.mem cimport PyMem_Free, PyMem_Malloc, PyMem_Realloc
from libc.string cimport memcpy

from falcolab.lake.syscall_schema import EVENT_SCHEMA

_BATCH_BYTES = 32 * 2**20
cdef long long BATCH_BYTES = _BATCH_BYTES
cdef enum:
    FDUSAGE = 1
    FD_NUM = 11
    RAWRES = 12
    OWN = 8


cdef class Texts:
    """A column of byte strings."""

    def __cinit__(self):
        self._ends = <int32_t*>PyMem_Malloc((BATCH + 1) * sizeof(int32_t))
        if self._ends == NULL:
            raise MemoryError
        self._ends[0] = 0

    def __dealloc__(self):
        PyMem_Free(self._data)
        PyMem_Free(self._ends)

    cdef char* reserve(self, Py_ssize_t size) except NULL:
        """Room for the next string, which is to be filled in."""
        cdef char* data
        if self.size + size >= self._room:
            room = 2 * (self.size + size) + 4096
            data = <char*>PyMem_Realloc(self._data, room)
            if data == NULL:
                raise MemoryError
            self._data, self._room = data, room
        data = self._data + self.size
        self.size += size
        self._count += 1
        self._ends[self._count] = <int32_t>self.size
        return data

    cdef object array(self):
        """What was collected, as an Arrow array; the column is empty then."""
        ends = PyBytes_FromStringAndSize(<char*>self._ends, (self._count + 1) * sizeof(int32_t))
        data = PyBytes_FromStringAndSize(self._data, self.size)
        made = pa.Array.from_buffers(pa.binary(), self._count, [None, pa.py_buffer(ends), pa.py_buffer(data)])
        self.size = self._count = 0
        return made


cdef class EventRows:
    """Collects the rows of events.

    Attributes:
        rows: how many there are.
        size: about how many bytes of text they hold.
    """

    def __init__(self):
        self._batches = []
        self.lengths, self.params = Texts(), Texts()
        self._renew()

    cdef int _renew(self) except -1:
        """Begin another batch, in memory of its own."""
        cdef int index
        cdef uint8_t[::1] valid
        self._pending = 0
        self._columns = []
        self._num = <int64_t*>self._column(np.int64)
        self._time = <int64_t*>self._column(np.int64)
        self._type = <int16_t*>self._column(np.int16)
        self._tid = <int64_t*>self._column(np.int64)
        self._cpu = <int32_t*>self._column(np.int32)
        self._first_time = <int64_t*>self._column(np.int64)
        for index in range(KEYS):
            self._keys[index] = <int64_t*>self._column(np.int64)
        for index in range(USAGE):
            self._usage[index] = <uint64_t*>self._column(np.int64)
        for index in range(USAGE):
            self._valid[index] = <uint8_t*>self._column(np.uint8)
        return 0

    cdef char* _column(self, object dtype) except NULL:
        """Memory for a column, kept until the batch is a table."""
        made = np.zeros(BATCH, dtype)
        self._columns.append(made)
        cdef const unsigned char[::1] view = made.view(np.uint8)
        return <char*>&view[0]

    cdef int put(
        self,
        int64_t num,
        int64_t time,
        int16_t type,
        int64_t tid,
        int32_t cpu,
        int64_t first_time,
        const int64_t* keys,
        const Usage* usage,
    ) except -1:
        """Add an event whose ``lengths`` and ``params`` have been filled in already."""
        cdef int at = self._pending, index
        self._num[at], self._time[at], self._type[at] = num, time, type
        self._tid[at], self._cpu[at], self._first_time[at] = tid, cpu, first_time
        for index in range(KEYS):
            self._keys[index][at] = keys[index]
        self._usage[0][at] = usage.fdopencount
        (<double*>self._usage[FDUSAGE])[at] = usage.fdusage
        self._usage[2][at], self._usage[3][at], self._usage[4][at] = usage.vmsize, usage.vmrss, usage.vmswap
        self._usage[5][at], self._usage[6][at] = usage.pfmajor, usage.pfminor
        self._usage[7][at], self._usage[8][at] = usage.nthreads, usage.nchilds
        self._usage[9][at], self._usage[10][at] = usage.thread_vmsize, usage.thread_vmrss
        self._usage[FD_NUM][at], self._usage[RAWRES][at] = <uint64_t>usage.fd_num, <uint64_t>usage.rawres
        for index in range(FD_NUM):
            self._valid[index][at] = 1
        self._valid[FD_NUM][at], self._valid[RAWRES][at] = usage.has_fd_num, usage.has_rawres
        return self._next()

    def add(self, own, keys, usage, *, size):
        """Add an event: its own columns, the keys of its dimensions and the values of ``EVENT_FIELDS``."""
        cdef int at = self._pending, index
        num, time, type_, tid, cpu, first_time, lengths, params = own
        self._num[at], self._time[at], self._type[at] = num, time, type_
        self._tid[at], self._cpu[at], self._first_time[at] = tid, cpu, first_time
        for index in range(KEYS):
            self._keys[index][at] = keys[index]
        for index in range(USAGE):
            value = usage[index]
            self._valid[index][at] = value is not None
            if value is None:
                continue
            if index == FDUSAGE:
                (<double*>self._usage[index])[at] = value
            else:
                self._usage[index][at] = value & 0xFFFFFFFFFFFFFFFF
        memcpy(self.lengths.reserve(len(lengths)), PyBytes_AS_STRING(lengths), PyBytes_GET_SIZE(lengths))
        memcpy(self.params.reserve(len(params)), PyBytes_AS_STRING(params), PyBytes_GET_SIZE(params))
        self._next()

    cdef int _next(self) except -1:
        self._pending += 1
        self.rows += 1
        self.size = self._flushed + self.params.size
        if self._pending == BATCH or self.params.size > BATCH_BYTES:
            return self._flush()
        return 0

    cdef int _flush(self) except -1:
        """Turn what is pending into a batch."""
        self._flushed += self.params.size
        cdef list arrays = [_array(column, self._pending, None, None) for column in self._columns[:6]]
        arrays += [self.lengths.array(), self.params.array()]
        arrays += [_array(column, self._pending, None, None) for column in self._columns[6 : 6 + KEYS]]
        values, valid = self._columns[6 + KEYS : -USAGE], self._columns[-USAGE:]
        types = EVENT_SCHEMA.types[-USAGE:]
        arrays += [_array(*each) for each in zip(values, [self._pending] * USAGE, valid, types)]
        self._batches.append(pa.record_batch(arrays, schema=EVENT_SCHEMA))
        if self._pending == BATCH:
            self._renew()
        self._pending = 0
        return 0

    def fresh(self):
        """The rows that were added since this was asked last."""
        if self._pending:
            self._flush()
        batches, self._given = self._batches[self._given :], len(self._batches)
        return pa.Table.from_batches(batches, EVENT_SCHEMA)

    def table(self):
        """The rows as an Arrow table."""
        if self._pending:
            self._flush()
        return pa.Table.from_batches(self._batches, EVENT_SCHEMA)


def _array(values, count, valid, type_):
    """The first values of a column as an Arrow array, null where they are not valid."""
    type_ = pa.from_numpy_dtype(values.dtype) if type_ is None else type_
    bits = None
    if valid is not None and not valid[:count].all():
        bits = pa.py_buffer(np.packbits(valid[:count], bitorder="little"))
    return pa.Array.from_buffers(type_, count, [bits, pa.py_buffer(values if count == BATCH else values[:count].copy())])
