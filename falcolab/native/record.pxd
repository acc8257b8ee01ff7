from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    MOST_PARAMS = 32


ctypedef char* Value


cdef struct Record:
    int64_t time
    int64_t tid
    int type, cpu, count
    uint8_t* lengths
    Value[MOST_PARAMS] values
    uint16_t[MOST_PARAMS] sizes
    Py_ssize_t size, block

cdef int peek(const char* data, Py_ssize_t room) noexcept
cdef int64_t peek_time(const char* data) noexcept
cdef bint parse(Record* out, const char* data, Py_ssize_t room) noexcept


cdef inline uint64_t number_at(const Record* record, int index) noexcept:
    """A number that is never negative, of up to eight bytes; 0 if there is none."""
    cdef uint64_t value = 0
    cdef int size, at
    if index >= record.count:
        return 0
    size = min(record.sizes[index], 8)
    for at in range(size):
        value |= <uint64_t><uint8_t>record.values[index][at] << (8 * at)
    return value


cdef inline bint has(const Record* record, int index) noexcept:
    """Whether a parameter was recorded."""
    return index < record.count and record.sizes[index] > 0


cdef inline int64_t signed_at(const Record* record, int index) noexcept:
    """A number that may be negative, of up to eight bytes; 0 if there is none."""
    cdef uint64_t value = number_at(record, index)
    cdef int bits = 8 * min(record.sizes[index], 8) if index < record.count else 0
    if 0 < bits < 64 and value >> (bits - 1):
        value |= ~<uint64_t>0 << bits
    return <int64_t>value
