from falcolab.native.event_rows cimport Usage
from falcolab.native.plans cimport Plan
from falcolab.native.record cimport Record
from falcolab.native.taking cimport Taken

cdef int fill_usage(Usage* out, const Record* record, const Plan* plan, Taken taken) except -1
