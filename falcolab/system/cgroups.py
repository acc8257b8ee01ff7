"""Control groups, and the container that they betray.

A runtime puts a container into a control group with its id in the path. Each runtime has its
layouts; they are tried in the order of Falco's container plugin, path by path.
Source: ``plugins/container/src/matchers`` of falcosecurity/plugins.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from falcolab.system.limits import MAX_CGROUPS
from falcolab.system.params import strings
from falcolab.system.thread import Thread

LXC, LIBVIRT_LXC, BPM = 1, 2, 9
"""The container types that the path alone tells."""

OTHER = -1
"""A runtime that must be asked for the type."""

_ID, _SHORT_ID = 64, 12
_CACHED = 1024

_Found = tuple[bytes, int]
"""A container's id and its type."""

_NO_HEX = re.compile(rb"[^0-9a-fA-F]")
_SEGMENT = re.compile(rb"/[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*/")
_UNITS = (b".service", b".slice", b".scope")
_BPM_ID = re.compile(rb"[A-Za-z0-9._-]+").fullmatch

_RENAMED = {b"perf": b"perf_event", b"mem": b"memory", b"io": b"blkio"}


class Cgroups:
    """Sets the control groups of threads; the paths are few and recur, so what they mean is kept."""

    def __init__(self) -> None:
        self._parsed: dict[bytes, list[tuple[bytes, bytes]] | None] = {}
        self._found: dict[tuple[tuple[bytes, bytes], ...], _Found] = {}

    def assign(self, thread: Thread, value: bytes) -> None:
        """Set the groups from ``subsystem=path`` strings; anything else leaves the old ones."""
        if not value or len(value) > MAX_CGROUPS:
            return
        if value not in self._parsed:
            if len(self._parsed) >= _CACHED:
                self._parsed.clear()
            self._parsed[value] = parse(value)
        groups = self._parsed[value]
        if groups is not None:
            thread.cgroups = groups

    def container(self, thread: Thread) -> _Found:
        """The container of a thread; an empty id for the host."""
        key = tuple(thread.cgroups)
        found = self._found.get(key)
        if found is None:
            if len(self._found) >= _CACHED:
                self._found.clear()
            self._found[key] = found = find_container(thread.cgroups)
        return found


def parse(value: bytes) -> list[tuple[bytes, bytes]] | None:
    """Pairs of subsystem and path; None if something is no pair."""
    groups = []
    for item in strings(value):
        name, sign, path = item.partition(b"=")
        if not sign:
            return None
        name = name.replace(b"_cgroup", b"", 1)
        groups.append((_RENAMED.get(name, name), path))
    return groups


def find_container(groups: list[tuple[bytes, bytes]]) -> _Found:
    """The container whose id stands in the first path that has one."""
    for _, path in groups:
        for match in _MATCHERS if path else ():
            found = match(path)
            if found is not None:
                return found
    return b"", OTHER


def _between(path: bytes, prefix: bytes, suffix: bytes) -> bytes | None:
    """The id of 64 hexadecimal digits after the last prefix and before the last suffix, shortened."""
    begin, end = path.rfind(prefix), path.rfind(suffix) if suffix else len(path)
    if begin < 0 or end < 0:
        return None
    begin += len(prefix)
    # Falco compares the place of the first other character in the whole path, not in the id.
    other = _NO_HEX.search(path, begin)
    if end - begin != _ID or (other is not None and other.start() < _ID):
        return None
    return path[begin : begin + _SHORT_ID]


def _layouts(*layouts: tuple[bytes, bytes]) -> Callable[[bytes], _Found | None]:
    def match(path: bytes) -> _Found | None:
        for prefix, suffix in layouts:
            found = _between(path, prefix, suffix)
            if found is not None:
                return found, OTHER
        return None

    return match


def _containerd(path: bytes) -> _Found | None:
    """Whatever follows the first component, unless it is a unit of systemd."""
    segment = _SEGMENT.search(path)
    if segment is None or path.endswith(_UNITS):
        return None
    rest = path[path.rfind(segment[0]) + len(segment[0]) :]
    return (rest[:_SHORT_ID], OTHER) if 0 < len(rest) <= _ID else None


def _lxc(path: bytes) -> _Found | None:
    for prefix in (b"/lxc/", b"/lxc.payload/", b"/lxc.payload."):
        _, found, rest = path.partition(prefix)
        if found and (name := rest.partition(b"/")[0]):
            return name, LXC
    return None


def _libvirt_lxc(path: bytes) -> _Found | None:
    if path.endswith(b".libvirt-lxc") and b"/" in path:
        return path.removesuffix(b".libvirt-lxc").rpartition(b"/")[2], LIBVIRT_LXC
    _, found, rest = path.partition(b"-lxc\\x2")
    scope = rest.removesuffix(b"/libvirt")
    if found and scope.endswith(b".scope"):
        return scope.removesuffix(b".scope")[1:], LIBVIRT_LXC
    _, found, rest = path.partition(b"/libvirt/lxc/")
    return (rest, LIBVIRT_LXC) if found and rest else None


def _bpm(path: bytes) -> _Found | None:
    _, found, rest = path.partition(b"bpm-")
    name, scope, _ = rest.partition(b".scope")
    return (name, BPM) if found and scope and _BPM_ID(name) else None


_MATCHERS: tuple[Callable[[bytes], _Found | None], ...] = (
    _layouts(  # podman
        (b"/libpod-", b".scope"),
        (b"/libpod-", b".scope/container"),
        (b"/libpod-", b""),
        (b"/libpod-payload-", b".scope"),
        (b"/libpod-payload-", b".scope/container"),
        (b"/libpod-payload-", b""),
    ),
    _layouts((b"/", b""), (b"/docker-", b".scope")),  # docker
    _layouts(  # cri
        (b"/", b""),
        (b"/crio-", b""),
        (b"/cri-containerd-", b".scope"),
        (b"/crio-", b".scope"),
        (b":cri-containerd:", b""),
        (b"/docker-", b".scope"),
        (b"/nerdctl-", b".scope"),
    ),
    _containerd,
    _lxc,
    _libvirt_lxc,
    _bpm,
)
