from falcolab.native.keys cimport Key
from falcolab.native.plans cimport Plan
from falcolab.native.record cimport Record
from falcolab.native.taking cimport Taken

cdef bint kind_key(Key key, const Record* record, const Plan* plan, Taken taken) except -1
cdef bint file_key(Key key, const Record* record, const Plan* plan, Taken taken) except -1
cdef object pointed(const Record* record, dict table, int index)
cdef int argument_key(Key key, const Record* record, const Plan* plan, Taken taken) except -1
