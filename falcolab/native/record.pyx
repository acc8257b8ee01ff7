"""An event of a capture, cut into its parameters in place.

Only the block of today's recorders is read, 0x216: frame, processor, header and the number of
parameters, their lengths and their values. Everything else, and everything that does not add
up, is left to ``falcolab.sources.scap``.
"""

cdef enum:
    BLOCK = 0x216
    FRAME = 8
    BEGIN = 10
    HEADER = 26
    MOST = 65536


cdef inline uint16_t _u16(const char* at) noexcept:
    return (<const uint8_t*>at)[0] | <uint16_t>(<const uint8_t*>at)[1] << 8


cdef inline uint32_t _u32(const char* at) noexcept:
    return _u16(at) | <uint32_t>_u16(at + 2) << 16


cdef inline uint64_t _u64(const char* at) noexcept:
    return _u32(at) | <uint64_t>_u32(at + 4) << 32


cdef int peek(const char* data, Py_ssize_t room) noexcept:
    """The type of the event that comes next; -1 if another block does, or it is not there as a whole."""
    if room < BEGIN + HEADER or _u32(data) != BLOCK or _u32(data + 4) > room:
        return -1
    return _u16(data + BEGIN + 20)


cdef int64_t peek_time(const char* data) noexcept:
    """The time of the event that comes next, if ``peek`` has found one."""
    return <int64_t>_u64(data + BEGIN)


cdef bint parse(Record* out, const char* data, Py_ssize_t room) noexcept:
    """Cut up the event at ``data``, of which ``room`` bytes can be read; false if it must be left alone."""
    cdef Py_ssize_t length = _u32(data + 4), stop, at
    cdef uint32_t count = _u32(data + BEGIN + 22)
    cdef int index
    cdef uint16_t size
    if length > room or length > MOST or length < BEGIN + HEADER + 4 or count > MOST_PARAMS:
        return False
    out.time, out.tid = <int64_t>_u64(data + BEGIN), <int64_t>_u64(data + BEGIN + 8)
    out.type, out.cpu, out.count = _u16(data + BEGIN + 20), _u16(data + FRAME), <int>count
    stop, at = BEGIN + <Py_ssize_t>_u32(data + BEGIN + 16), BEGIN + HEADER + 2 * <Py_ssize_t>count
    if stop > length - 4 or at > stop:
        return False
    out.lengths, out.size, out.block = <uint8_t*>data + BEGIN + HEADER, 0, length
    for index in range(<int>count):
        size = _u16(data + BEGIN + HEADER + 2 * index)
        out.values[index], out.sizes[index] = <char*>data + at, size
        at += size
    out.size = at - (BEGIN + HEADER + 2 * <Py_ssize_t>count)
    return at <= stop
