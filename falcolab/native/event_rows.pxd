from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint64_t

cdef enum:
    BATCH = 32768
    KEYS = 6
    USAGE = 13


ctypedef int64_t* Keys
ctypedef uint64_t* Amounts
ctypedef uint8_t* Marks


cdef struct Usage:
    uint64_t fdopencount
    double fdusage
    uint64_t vmsize, vmrss, vmswap, pfmajor, pfminor, nthreads, nchilds, thread_vmsize, thread_vmrss
    int64_t fd_num, rawres
    bint has_fd_num, has_rawres


cdef class Texts:
    cdef char* _data
    cdef Py_ssize_t _room
    cdef Py_ssize_t size
    cdef int32_t* _ends
    cdef int _count

    cdef char* reserve(self, Py_ssize_t size) except NULL
    cdef object array(self)


cdef class EventRows:
    cdef readonly long long rows, size
    cdef int _pending
    cdef long long _flushed
    cdef list _batches
    cdef int _given
    cdef list _columns
    cdef int64_t* _num
    cdef int64_t* _time
    cdef int16_t* _type
    cdef int64_t* _tid
    cdef int32_t* _cpu
    cdef int64_t* _first_time
    cdef Keys[KEYS] _keys
    cdef Amounts[USAGE] _usage
    cdef Marks[USAGE] _valid
    cdef Texts lengths, params

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
    ) except -1
    cdef char* _column(self, object dtype) except NULL
    cdef int _next(self) except -1
    cdef int _renew(self) except -1
    cdef int _flush(self) except -1
