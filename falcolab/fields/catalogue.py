"""Which fields exist for which event source, and how their names are looked up."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from falcolab.fields.audit import AUDIT, JSON
from falcolab.fields.container import CONTAINER
from falcolab.fields.descriptor import DESCRIPTOR, FS_PATH
from falcolab.fields.field import Arg, Field
from falcolab.fields.generic import GENERIC
from falcolab.fields.process import PROCESS
from falcolab.fields.syscall_event import SYSCALL_EVENT
from falcolab.fields.user import USER

SYSCALL = "syscall"
K8S_AUDIT = "k8s_audit"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A Falco plugin whose fields falcolab implements."""

    name: str
    version: tuple[int, int, int]
    source: str


PLUGINS = (
    Plugin("container", (0, 7, 1), SYSCALL),
    Plugin("k8saudit", (0, 18, 0), K8S_AUDIT),
    Plugin("json", (0, 7, 4), K8S_AUDIT),
)
"""The plugins of Falco 0.44.1 that rules may require."""


@dataclass(frozen=True, slots=True)
class Source:
    """An event source with its fields by name.

    Attributes:
        name: ``syscall`` or ``k8s_audit``.
        fields: every field that its rules may use.
        plugin_fields: names of those that a plugin provides; Falco words their errors differently.
    """

    name: str
    fields: Mapping[str, Field]
    plugin_fields: frozenset[str]

    def find(self, name: str) -> tuple[Field, str | None] | None:
        """The field that a dotted name means, and the member it asks for: ``evt.arg.fd``."""
        field = self.fields.get(name)
        if field is not None:
            return field, None
        base, _, _ = name.rpartition(".")
        while base:
            field = self.fields.get(base)
            if field is not None and field.arg is Arg.MEMBER:
                return field, name[len(base) + 1 :]
            base = base.rpartition(".")[0]
        return None

    def suggest(self, name: str) -> str | None:
        """The existing field name that is nearest to ``name``, if one is near."""
        names = [field.name for field in self.fields.values() if field.listed]
        near = difflib.get_close_matches(name, names, n=1, cutoff=0.7)
        return near[0] if near else None


def _source(name: str, *tables: Iterable[Field], plugin: Iterable[Field] = ()) -> Source:
    plugin_fields = tuple(plugin)
    fields = {field.name: field for table in (*tables, plugin_fields) for field in table}
    return Source(name, fields, frozenset(field.name for field in plugin_fields))


SOURCES: Mapping[str, Source] = {
    SYSCALL: _source(SYSCALL, GENERIC, SYSCALL_EVENT, PROCESS, USER, DESCRIPTOR, FS_PATH, plugin=CONTAINER),
    K8S_AUDIT: _source(K8S_AUDIT, GENERIC, plugin=(*AUDIT, *JSON)),
}
"""The event sources that falcolab knows."""
