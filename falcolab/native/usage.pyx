"""What changes with every event: the values of ``falcolab.lake.syscall.usage``."""

from cpython.dict cimport PyDict_Size
from libc.stdint cimport int64_t, uint64_t

from falcolab.native.record cimport signed_at
from falcolab.native.records cimport CLOSED, GROUP, IS_MAIN_THREAD, THREAD, amount, get, number


cdef int fill_usage(Usage* out, const Record* record, const Plan* plan, Taken taken) except -1:
    """The values of ``EVENT_FIELDS`` for an event whose thread is known."""
    cdef object thread = taken.thread, group = get(thread, THREAD.group), main = None
    cdef int64_t count = 0, limit = 0, alive = 0
    cdef bint is_main = number(thread, THREAD.tid) == number(thread, THREAD.pid)
    cdef bint is_counted = False
    is_main = is_main or number(thread, THREAD.flags) & IS_MAIN_THREAD != 0
    if is_main:
        main = thread
    elif group is not None:
        main = get(group, GROUP.main)
    if main is not None:
        count, limit = PyDict_Size(get(main, THREAD.fds)), number(main, THREAD.fdlimit)
    if group is not None:
        alive = number(group, GROUP.alive)
        is_counted = main is not None and number(main, THREAD.flags) & CLOSED == 0
    out.fdopencount = count
    out.fdusage = 0.0 if limit <= 0 else 100.0 if count > limit else <double>(count * 100) / <double>limit
    out.vmsize, out.vmrss = amount(thread, THREAD.vmsize), amount(thread, THREAD.vmrss)
    out.vmswap = amount(thread, THREAD.vmswap)
    out.pfmajor, out.pfminor = amount(thread, THREAD.pfmajor), amount(thread, THREAD.pfminor)
    out.nthreads, out.nchilds = alive, alive - 1 if is_counted else alive
    out.thread_vmsize = out.vmsize if is_main else 0
    out.thread_vmrss = out.vmrss if is_main else 0
    out.has_fd_num, out.fd_num = plan.has_fd, taken.last_fd if plan.has_fd else 0
    out.has_rawres = plan.has_result and record.count > 0 and record.sizes[0] in (4, 8)
    out.rawres = signed_at(record, 0) if out.has_rawres else 0
    return 0
