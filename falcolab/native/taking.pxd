from libc.stdint cimport int64_t

from falcolab.native.plans cimport Plan
from falcolab.native.record cimport Record


cdef class Taken:
    cdef object thread
    cdef dict by_id
    cdef dict fds
    cdef object fd
    cdef object own
    cdef object old_name
    cdef object base
    cdef int64_t last_fd
    cdef int64_t closed
    cdef bint opens

    cdef bint find(self, const Record* record, const Plan* plan, dict by_id) except -1
    cdef bint apply(self, const Record* record, const Plan* plan) except -1
    cdef bint _control(self, const Record* record) except -1
    cdef int _set_cloexec(self, bint cloexec) except -1
    cdef bint _duplicate(self, const Record* record, bint cloexec) except -1
    cdef bint _dup(self, const Record* record, bint cloexec) except -1
    cdef bint _open(self, const Record* record, int action) except -1
    cdef bint _transfer(self, const Record* record) except -1
    cdef int _map(self, const Record* record) except -1
    cdef int finish(self) except -1

cdef object directory_of(Taken taken, const Record* record, int dirfd_at, int name_at)
cdef object cwd_of(object thread)
