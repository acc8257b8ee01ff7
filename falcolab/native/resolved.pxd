from falcolab.native.plans cimport Plan
from falcolab.native.record cimport Record

cdef object resolved(const Record* record, const Plan* plan, dict fds)
