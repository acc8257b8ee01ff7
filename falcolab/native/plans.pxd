cdef enum:
    MOST_TAKEN = 8
    NEVER = -1

cdef enum Action:
    PASS_ON = 0
    CLOSE
    FCNTL
    DUP
    DUP3
    OPEN
    OPENAT
    DATA
    DATA_WITH_ENDS
    MAPPED
    PRLIMIT

cdef enum Referent:
    NONE = 0
    DESCRIPTOR
    PROCESS

cdef enum Unmade:
    NOTHING = 0
    FROM_DESCRIPTOR
    AS_GIVEN


cdef struct Plan:
    int action
    bint is_exit
    int fd_at, params, need
    bint has_fd, has_result, resolves_result
    int kind_at, kind_end
    int taken
    int[MOST_TAKEN] taken_at
    int[MOST_TAKEN] taken_as
    int argument_fd_at
    bint has_only_fds, has_paths, looks_around, has_resolved
    int unmade


cdef class Plans:
    cdef int count
    cdef Plan[512] of
