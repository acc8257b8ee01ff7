"""Fields of files and sockets: what a system call works on."""

from __future__ import annotations

from falcolab.fields.field import Arg, Field, Reading
from falcolab.fields.types import Type

DESCRIPTOR: tuple[Field, ...] = (
    Field("fd.num", Type.INT64, "Number of the file descriptor that the event uses."),
    Field("fd.type", Type.CHARBUF, "Type of the file descriptor, such as `file`, `ipv4`, `unix` or `pipe`."),
    Field(
        "fd.typechar",
        Type.CHARBUF,
        "Type of the file descriptor as one character, such as `f`, `4`, `u` or `p`.",
    ),
    Field("fd.name", Type.CHARBUF, "Absolute path of a file, or both ends of a connection."),
    Field("fd.directory", Type.CHARBUF, "Directory of the file, or the directory that is open itself."),
    Field("fd.filename", Type.CHARBUF, "Last part of the file's path; absent for anything but files."),
    Field(
        "fd.ip",
        Type.IPADDR,
        "In conditions only: the address of the client or of the server.",
        rhs=False,
        transformable=False,
        condition_only=True,
        reading=Reading.EITHER,
    ),
    Field("fd.cip", Type.IPADDR, "Address of the side that opened the connection."),
    Field("fd.sip", Type.IPADDR, "Address of the side that accepted the connection."),
    Field("fd.lip", Type.IPADDR, "Address of the connection's end on this host."),
    Field("fd.rip", Type.IPADDR, "Address of the connection's end on the other host."),
    Field(
        "fd.port",
        Type.PORT,
        "In conditions only: the port of the client or of the server.",
        rhs=False,
        transformable=False,
        condition_only=True,
        reading=Reading.EITHER,
    ),
    Field("fd.cport", Type.PORT, "Port of the side that opened the connection."),
    Field("fd.sport", Type.PORT, "Port of the side that accepts connections."),
    Field("fd.lport", Type.PORT, "Port of the connection's end on this host."),
    Field("fd.rport", Type.PORT, "Port of the connection's end on the other host."),
    Field(
        "fd.l4proto", Type.CHARBUF, "Transport protocol: `tcp`, `udp`, `icmp`, `raw`, or `<NA>` if unknown."
    ),
    Field("fd.sockfamily", Type.CHARBUF, "Family of the socket, `ip` or `unix`; absent for others."),
    Field("fd.is_server", Type.BOOL, "Whether this host is the server side of the connection."),
    Field("fd.uid", Type.CHARBUF, "Thread ID and descriptor number, one written after the other."),
    Field(
        "fd.containername", Type.CHARBUF, "Container ID and name of the file descriptor, joined by a colon."
    ),
    Field(
        "fd.containerdirectory", Type.CHARBUF, "Container ID and directory of the file, joined by a colon."
    ),
    Field(
        "fd.proto",
        Type.PORT,
        "In conditions only: the same as `fd.port`, the port of client or server.",
        rhs=False,
        transformable=False,
        condition_only=True,
        reading=Reading.EITHER,
    ),
    Field("fd.cproto", Type.CHARBUF, "Port of the client side as text; Falco looks up no service names."),
    Field("fd.sproto", Type.CHARBUF, "Port of the server side as text; Falco looks up no service names."),
    Field("fd.lproto", Type.CHARBUF, "Port of the local end as text; Falco looks up no service names."),
    Field("fd.rproto", Type.CHARBUF, "Port of the remote end as text; Falco looks up no service names."),
    Field(
        "fd.net",
        Type.IPNET,
        "In conditions only: the network that the client or the server is in.",
        rhs=False,
        transformable=False,
        condition_only=True,
        reading=Reading.EITHER_FIRST,
    ),
    Field(
        "fd.cnet",
        Type.IPNET,
        "In conditions only: the network that the client is in.",
        rhs=False,
        transformable=False,
        condition_only=True,
    ),
    Field(
        "fd.snet",
        Type.IPNET,
        "In conditions only: the network that the server is in.",
        rhs=False,
        transformable=False,
        condition_only=True,
    ),
    Field(
        "fd.lnet",
        Type.IPNET,
        "In conditions only: the network of the connection's end on this host.",
        rhs=False,
        transformable=False,
        condition_only=True,
    ),
    Field(
        "fd.rnet",
        Type.IPNET,
        "In conditions only: the network of the connection's end on the other host.",
        rhs=False,
        transformable=False,
        condition_only=True,
    ),
    Field("fd.connected", Type.BOOL, "Whether the socket has been connected."),
    Field(
        "fd.name_changed",
        Type.BOOL,
        "Whether the event gave its file descriptor another name, as UDP traffic may.",
    ),
    Field(
        "fd.cip.name",
        Type.CHARBUF,
        "Domain name whose addresses include that of the client.",
        rhs=False,
        transformable=False,
        reading=Reading.EITHER,
    ),
    Field(
        "fd.sip.name",
        Type.CHARBUF,
        "Domain name whose addresses include that of the server.",
        rhs=False,
        transformable=False,
        reading=Reading.EITHER,
    ),
    Field(
        "fd.lip.name",
        Type.CHARBUF,
        "Domain name whose addresses include that of the local end.",
        rhs=False,
        transformable=False,
        reading=Reading.EITHER,
    ),
    Field(
        "fd.rip.name",
        Type.CHARBUF,
        "Domain name whose addresses include that of the remote end.",
        rhs=False,
        transformable=False,
        reading=Reading.EITHER,
    ),
    Field("fd.dev", Type.INT32, "Number of the device that holds the file, printed in hexadecimal."),
    Field("fd.dev.major", Type.INT32, "Major number of the device that holds the file."),
    Field("fd.dev.minor", Type.INT32, "Minor number of the device that holds the file."),
    Field("fd.ino", Type.INT64, "Inode of the open file, comparable with `proc.exe_ino`."),
    Field("fd.nameraw", Type.CHARBUF, "Path of the file as the program gave it, perhaps relative."),
    Field(
        "fd.types",
        Type.CHARBUF,
        "Types of all descriptors that the process has open, or of the numbered one.",
        is_list=True,
        arg=Arg.OPTIONAL,
        rhs=False,
    ),
    Field(
        "fd.is_upper_layer",
        Type.BOOL,
        "Whether the file lies in the upper, writable layer of an overlay file system.",
    ),
    Field(
        "fd.is_lower_layer",
        Type.BOOL,
        "Whether the file lies in a lower, image layer of an overlay file system.",
    ),
    Field(
        "fdlist.nums", Type.CHARBUF, "Numbers of the descriptors that a poll call watches, joined by commas."
    ),
    Field(
        "fdlist.names", Type.CHARBUF, "Names of the descriptors that a poll call watches, joined by commas."
    ),
    Field(
        "fdlist.cips",
        Type.CHARBUF,
        "Client addresses of the sockets that a poll call watches, joined by commas.",
    ),
    Field(
        "fdlist.sips",
        Type.CHARBUF,
        "Server addresses of the sockets that a poll call watches, joined by commas.",
    ),
    Field(
        "fdlist.cports",
        Type.CHARBUF,
        "Client ports of the sockets that a poll call watches, joined by commas.",
    ),
    Field(
        "fdlist.sports",
        Type.CHARBUF,
        "Server ports of the sockets that a poll call watches, joined by commas.",
    ),
)
"""The ``fd.*`` fields of an event's file descriptor and the ``fdlist.*`` fields of poll calls."""

FS_PATH: tuple[Field, ...] = (
    Field("fs.path.name", Type.CHARBUF, "Path that a successful file system call works on, made absolute."),
    Field(
        "fs.path.nameraw",
        Type.CHARBUF,
        "Path that a successful file system call works on, as the program gave it.",
    ),
    Field(
        "fs.path.source",
        Type.CHARBUF,
        "Source of a rename or mount, or the new name of a link, made absolute.",
    ),
    Field(
        "fs.path.sourceraw",
        Type.CHARBUF,
        "Source of a rename or mount, or the new name of a link, as the program gave it.",
    ),
    Field(
        "fs.path.target",
        Type.CHARBUF,
        "Target of a rename or mount, or what a new link refers to, made absolute.",
    ),
    Field(
        "fs.path.targetraw",
        Type.CHARBUF,
        "Target of a rename or mount, or what a new link refers to, as the program gave it.",
    ),
)
"""The ``fs.path.*`` fields: the paths that file system calls name."""
