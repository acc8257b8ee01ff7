"""Where the slots of the system's records are."""

from falcolab.lake.syscall.states import ProcessRow
from falcolab.system.thread import Descriptor, Group, Thread

cdef extern from "structmember.h":
    ctypedef struct PyMemberDef:
        Py_ssize_t offset
    ctypedef struct PyMemberDescrObject:
        PyMemberDef* d_member

_SLOT = type(Thread.__dict__["tid"])


cdef Py_ssize_t offset(object cls, str name) except -1:
    """Where a slot of a record is.

    Raises:
        TypeError: the class keeps the attribute in another way.
    """
    cdef object member = cls.__dict__.get(name)
    if type(member) is not _SLOT:
        raise TypeError(f"{cls.__name__}.{name} is no slot")
    return (<PyMemberDescrObject*><PyObject*>member).d_member.offset


THREAD.tid = offset(Thread, "tid")
THREAD.pid = offset(Thread, "pid")
THREAD.ptid = offset(Thread, "ptid")
THREAD.flags = offset(Thread, "flags")
THREAD.fds = offset(Thread, "fds")
THREAD.fdlimit = offset(Thread, "fdlimit")
THREAD.group = offset(Thread, "group")
THREAD.comm = offset(Thread, "comm")
THREAD.cwd = offset(Thread, "cwd")
THREAD.container_id = offset(Thread, "container_id")
THREAD.vmsize = offset(Thread, "vmsize")
THREAD.vmrss = offset(Thread, "vmrss")
THREAD.vmswap = offset(Thread, "vmswap")
THREAD.pfmajor = offset(Thread, "pfmajor")
THREAD.pfminor = offset(Thread, "pfminor")
THREAD.last_fd = offset(Thread, "last_fd")
THREAD.last_type = offset(Thread, "last_type")
THREAD.enter = offset(Thread, "enter")
GROUP.alive = offset(Group, "alive")
GROUP.main = offset(Group, "main")
FD.type = offset(Descriptor, "type")
FD.name = offset(Descriptor, "name")
FD.nameraw = offset(Descriptor, "nameraw")
FD.openflags = offset(Descriptor, "openflags")
FD.flags = offset(Descriptor, "flags")
FD.dev = offset(Descriptor, "dev")
FD.ino = offset(Descriptor, "ino")
FD.pid = offset(Descriptor, "pid")
FD.sock = offset(Descriptor, "sock")
PROCESS.row = offset(ProcessRow, "row")
PROCESS.epoch = offset(ProcessRow, "epoch")
