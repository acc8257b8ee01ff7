"""The fast lane: usual events go from the capture into rows without an object of their own.

The lane works on the same tables as :mod:`falcolab.system` and on the same dimensions as
:mod:`falcolab.lake.syscall`, and does for usual events what these do; in front of any other event
it stops. That one is taken by the Python code, and the lane goes on behind it. So nothing that is
rare exists twice, and where the lane is missing, everything is done in Python, with the same result.
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_DelItem, PyDict_GetItem
from cpython.long cimport PyLong_AsLongLong
from libc.stdint cimport int64_t, uint32_t
from libc.string cimport memcpy

from falcolab.native.event_rows cimport EventRows, KEYS, Usage
from falcolab.native.fd_table cimport FdTable
from falcolab.native.keys cimport Key
from falcolab.native.plans cimport NEVER, Plan, Plans
from falcolab.native.record cimport Record, parse, peek, peek_time
from falcolab.native.records cimport PROCESS, PyObject, THREAD, get, number
from falcolab.native.resolved cimport resolved
from falcolab.native.row_map cimport RowMap
from falcolab.native.row_keys cimport argument_key, file_key, kind_key
from falcolab.native.taking cimport Taken
from falcolab.native.usage cimport fill_usage

from falcolab.lake.syscall.encoder import Pieces
from falcolab.native.process_state import process_state
from falcolab.system.event import Event
from falcolab.system.tables import event_types

cdef tuple TYPES = event_types()
cdef Plans PLANS = Plans()

PIECES = Pieces(EventRows, FdTable, process_state)
"""What an encoder must be made of for the lane."""


cdef class Lane:
    """Takes usual events out of a capture's stream.

    Args:
        machine: the tables that the events change.
        encoder: collects the rows; made of compiled pieces.
        most_rows: how many rows it may have; with the last one, or with more text than ``most_bytes``, the
            part is full, and that event is left to the Python code.
    """

    cdef object _machine, _encoder, _event
    cdef EventRows _rows
    cdef object _states
    cdef dict _by_id, _processes, _tables, _containers, _descriptors, _closing
    cdef dict _last_fds
    cdef FdTable _last_table
    cdef RowMap _kinds, _files, _arguments
    cdef int64_t _epoch, _num, _first_time, _closing_number, _most_rows, _most_bytes
    cdef object _closing_fd
    cdef Taken _taken
    cdef Key _key

    def __init__(self, machine, encoder, int64_t most_rows, int64_t most_bytes):
        self._most_rows, self._most_bytes = most_rows, most_bytes
        self._machine, self._encoder, self._rows = machine, encoder, encoder.events
        self._kinds, self._files, self._arguments = RowMap(), RowMap(), RowMap()
        encoder.kinds.also_known, encoder.files.also_known = self._kinds, self._files
        encoder.arguments.also_known = self._arguments
        self._containers, self._descriptors = encoder.containers.known, encoder.descriptors.known
        self._taken, self._key = Taken(), Key()

    def run(self, stream):
        """Take the usual events that come next; false if there is none.

        Args:
            stream: the capture's ``Stream``, whose position is moved on.
        """
        cdef bytes data = stream.data
        cdef const char* start = PyBytes_AS_STRING(data)
        cdef Py_ssize_t size = PyBytes_GET_SIZE(data), at = stream.at, before = at
        cdef int type_ = peek(start + at, size - at)
        if type_ < 0 or type_ >= PLANS.count or PLANS.of[type_].action == NEVER or not self._begin(peek_time(start + at)):
            return False
        try:
            while self._rows.rows + 1 < self._most_rows and self._step(start + at, size - at, &at):
                pass
        finally:
            stream.at = at
            self._end()
        return at != before

    cdef bint _begin(self, int64_t time) except -1:
        """Take over the tables, with what goes before the next event gone; false if that is not usual."""
        machine, states = self._machine, self._encoder.states
        if not machine.first_time or not states.settle(machine, time):
            return False
        self._states, self._last_fds, self._last_table = states, None, None
        self._by_id, self._processes, self._tables = machine.threads.by_id, states.processes, states.tables
        self._epoch, self._num, self._first_time = states.epoch, machine.num, machine.first_time
        return True

    cdef int _end(self) except -1:
        """Hand the tables back."""
        self._machine.num = self._num
        if self._closing is not None:
            self._machine.close_later(self._closing, self._closing_number)
            self._encoder.states.close_later(self._closing, self._closing_fd, self._closing_number)
            self._closing = self._closing_fd = None
        return 0

    cdef bint _step(self, const char* data, Py_ssize_t room, Py_ssize_t* at) except -1:
        """Take one event; false if it is none or not usual, and nothing has changed then."""
        cdef Record record
        cdef const Plan* plan
        cdef int type_ = peek(data, room)
        if type_ < 0 or type_ >= PLANS.count or PLANS.of[type_].action == NEVER:
            return False
        plan = &PLANS.of[type_]
        if not parse(&record, data, room) or self._rows.size + record.size >= self._most_bytes:
            return False
        if plan.need == -1:
            self._cut(&record, plan.params)
        elif plan.need != record.count:
            return False
        self._close()
        if not self._taken.find(&record, plan, self._by_id) or not self._taken.apply(&record, plan):
            return False
        self._num += 1
        self._taken.finish()
        self._note()
        self._add(&record, plan)
        at[0] += record.block
        return True

    cdef void _cut(self, Record* record, int params) noexcept:
        """Leave out the parameters that are newer than ours."""
        while record.count > params:
            record.count -= 1
            record.size -= record.sizes[record.count]

    cdef int _close(self) except -1:
        """Let go of the descriptor that the last event has closed."""
        cdef FdTable table
        if self._closing is None:
            return 0
        if PyDict_GetItem(self._closing, self._closing_number) != NULL:
            PyDict_DelItem(self._closing, self._closing_number)
        table = self._table_of(self._closing)
        if table is not None and not table.remove(self._closing_number, self._closing_fd):
            table.reset()
        self._closing = self._closing_fd = None
        return 0

    cdef int _note(self) except -1:
        """Note what the event has changed of the descriptors."""
        cdef Taken taken = self._taken
        cdef FdTable table
        if taken.closed >= 0:
            self._closing, self._closing_fd, self._closing_number = taken.fds, taken.own, taken.closed
        elif taken.opens:
            table = self._table_of(taken.fds)
            if table is not None and not table.add(taken.last_fd, taken.own):
                table.reset()
        return 0

    cdef FdTable _table_of(self, dict fds):
        """What is known of a table of descriptors; the one that was asked for last is at hand."""
        cdef PyObject* found
        if self._last_table is None or self._last_fds is not fds:
            found = PyDict_GetItem(self._tables, <size_t><PyObject*>fds)
            self._last_fds, self._last_table = fds, None if found == NULL else <FdTable><object>found
        return self._last_table

    cdef int _add(self, Record* record, const Plan* plan) except -1:
        """Add the row of the event."""
        cdef int64_t[KEYS] keys
        cdef Usage usage
        cdef int index
        cdef uint32_t* lengths
        self._event = None
        keys[0], keys[1] = self._kind(record, plan), self._process(record)
        keys[2], keys[3] = self._file(record, plan), self._container(record)
        keys[4], keys[5] = self._argument(record, plan), self._descriptor(record, plan)
        fill_usage(&usage, record, plan, self._taken)
        lengths = <uint32_t*>self._rows.lengths.reserve(4 * record.count)
        for index in range(record.count):
            lengths[index] = record.sizes[index]
        memcpy(self._rows.params.reserve(record.size), record.values[0], record.size)
        return self._rows.put(
            self._num, record.time, record.type, record.tid, record.cpu, self._first_time, keys, &usage
        )

    cdef tuple _place(self, const Record* record):
        """What the context of the event is made of."""
        cdef Taken taken = self._taken
        cdef int index
        if self._event is None:
            params = tuple(
                [PyBytes_FromStringAndSize(record.values[index], record.sizes[index]) for index in range(record.count)]
            )
            self._event = Event(
                TYPES[record.type],
                record.time,
                record.tid,
                record.cpu,
                params,
                False,
                self._num,
                taken.thread,
                taken.own,
                taken.old_name,
            )
        return self._event, self._machine, taken.thread, taken.fd

    cdef int64_t _kind(self, const Record* record, const Plan* plan) except -1:
        cdef bint has_key = kind_key(self._key, record, plan, self._taken)
        cdef int64_t row = self._kinds.get(self._key) if has_key else 0
        if not row:
            row = self._encoder.kind(None, *self._place(record))
            if has_key:
                self._kinds.put(self._key, row)
        return row

    cdef int64_t _process(self, const Record* record) except -1:
        cdef PyObject* found = PyDict_GetItem(self._processes, self._taken.thread)
        if found != NULL and number(<object>found, PROCESS.epoch) == self._epoch:
            return number(<object>found, PROCESS.row)
        row, state = self._states.process(self._machine, self._taken.thread)
        if row is not None:
            return row
        return self._encoder.new_process(self._taken.thread, state, *self._place(record))

    cdef int64_t _file(self, const Record* record, const Plan* plan) except -1:
        cdef bint has_key = file_key(self._key, record, plan, self._taken)
        cdef int64_t row = self._files.get(self._key) if has_key else 0
        if not row:
            row = self._encoder.file(None, *self._place(record))
            if has_key:
                self._files.put(self._key, row)
        return row

    cdef int64_t _container(self, const Record* record) except -1:
        cdef object key = get(self._taken.thread, THREAD.container_id)
        cdef PyObject* found = PyDict_GetItem(self._containers, key)
        if found != NULL:
            return PyLong_AsLongLong(<object>found)
        return self._encoder.container(key, *self._place(record))

    cdef int64_t _argument(self, const Record* record, const Plan* plan) except -1:
        cdef int64_t row
        argument_key(self._key, record, plan, self._taken)
        row = self._arguments.get(self._key)
        if not row:
            row = self._new_argument(record, plan)
            self._arguments.put(self._key, row)
        return row

    cdef int64_t _new_argument(self, const Record* record, const Plan* plan) except -1:
        cdef object texts = None
        if plan.has_only_fds and plan.has_resolved and not plan.looks_around:
            texts = resolved(record, plan, self._taken.fds)
        if texts is not None:
            return self._encoder.arguments.intern_absent((texts,))
        return self._encoder.argument(None, *self._place(record))

    cdef int64_t _descriptor(self, const Record* record, const Plan* plan) except -1:
        cdef FdTable table = self._table_of(self._taken.fds)
        cdef int64_t row = 0 if table is None else PyLong_AsLongLong(table.rows[plan.has_fd])
        cdef PyObject* found
        if row:
            return row
        if table is not None:
            found = PyDict_GetItem(self._descriptors, table.key(plan.has_fd))
            if found != NULL:
                table.rows[plan.has_fd] = <object>found
                return PyLong_AsLongLong(<object>found)
        return self._encoder.descriptor(self._taken.fds, plan.has_fd, *self._place(record))
