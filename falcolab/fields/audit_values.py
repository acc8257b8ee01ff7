"""Where the values of Kubernetes audit fields come from: one table entry per field.

Source: ``plugins/k8saudit/pkg/k8saudit/extract.go`` (0.18.0) and ``plugins/json`` (0.7.4)
of falcosecurity/plugins, oddities included: ``ka.sourceips`` looks among the rules of a
role, and ``eff_run_as_user`` beside the security context instead of in it.

Every entry reads the event as a :class:`falcolab.fields.rawjson.Json` object and gives a
text, a tuple of texts, or None where the field is absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from falcolab.fields.rawjson import Json, compact, indent
from falcolab.lang.strings import c_string, to_bytes, to_text

AuditValue = str | tuple[str, ...] | None
Extractor = Callable[[Json, str | None], AuditValue]
Path = tuple[str, ...]


class _WrongTypeError(Exception):
    """A value has another type than the field needs; the field is absent."""


def _scalar(*path: str) -> Extractor:
    def extract(event: Json, _arg: str | None) -> AuditValue:
        node = event.get(*path)
        return None if node is None else node.text()

    return extract


def _list(*path: str) -> Extractor:
    def extract(event: Json, _arg: str | None) -> AuditValue:
        node = event.get(*path)
        return None if node is None or not node.is_array else tuple(item.text() for item in node.elements())

    return extract


def _values(node: Json, index: int | None, path: tuple[str, ...]) -> list[Json | None] | None:
    """The values at a path through arrays: all elements, or the one at ``index`` of each.

    A None among them is a missing value; None instead of the list says that the path ends.
    """
    for position, key in enumerate(path):
        if node.is_array:
            elements = node.elements()
            if index is None:
                found: list[Json | None] = []
                for element in elements:
                    below = _values(element, None, path[position:])
                    found.extend([None] if below is None else below)
                return found
            if index >= len(elements):
                return None
            node = elements[index]
        below_node = node.get(key) if key else node
        if below_node is None:
            return None
        node = below_node
    return [node]


def _index(arg: str | None) -> int | None:
    return None if arg is None else int(arg)


def _present(nodes: list[Json | None]) -> tuple[str, ...]:
    return tuple(node.text() for node in nodes if node is not None)


def _collected(*path: str) -> Extractor:
    """The values at a path, missing ones left out."""

    def extract(event: Json, arg: str | None) -> AuditValue:
        nodes = _values(event, _index(arg), path)
        return None if nodes is None else _present(nodes)

    return extract


def _every(*path: str) -> Extractor:
    """The values at a path; absent when one is missing."""

    def extract(event: Json, arg: str | None) -> AuditValue:
        nodes = _values(event, _index(arg), path)
        if nodes is None or any(node is None for node in nodes):
            return None
        return _present(nodes)

    return extract


def _nested_lists(*path: str) -> Extractor:
    """The elements of the arrays at a path."""

    def extract(event: Json, arg: str | None) -> AuditValue:
        nodes = _values(event, _index(arg), path) or []
        arrays = [node for node in nodes if node is not None and node.is_array]
        return tuple(item.text() for array in arrays for item in array.elements())

    return extract


def _joined(*path: str) -> Extractor:
    """Each array at a path as one text, its strings joined by blanks."""

    def extract(event: Json, arg: str | None) -> AuditValue:
        nodes = _values(event, _index(arg), path) or []
        return tuple(_words(node) for node in nodes if node is not None)

    return extract


def _words(node: Json) -> str:
    elements = node.elements()
    if not node.is_array or not all(element.is_string for element in elements):
        raise _WrongTypeError
    return c_string(" ".join(element.text() for element in elements))


def _repositories(images: Extractor) -> Extractor:
    def extract(event: Json, arg: str | None) -> AuditValue:
        found = images(event, arg)
        return None if found is None else tuple(image.split(":", 1)[0].split("@", 1)[0] for image in found)

    return extract


def _first(extractor: Extractor) -> Extractor:
    def extract(event: Json, _arg: str | None) -> AuditValue:
        found = extractor(event, "0")
        return found[0] if found else None

    return extract


def _host_ports(*path: str) -> Extractor:
    def extract(event: Json, arg: str | None) -> AuditValue:
        nodes = _values(event, _index(arg), path) or []
        return tuple(port for node in nodes if node is not None for port in _ports(node))

    return extract


def _ports(node: Json) -> list[str]:
    if not node.is_array:
        raise _WrongTypeError
    out = []
    for port in node.elements():
        # Under hostNetwork the container's port is the host's.
        number = port.get("hostPort") or port.get("containerPort")
        if number is not None:
            out.append(number.text())
    return out


def _effective(containers: str, key: str) -> Extractor:
    def extract(event: Json, arg: str | None) -> AuditValue:
        pod = event.get("requestObject", "spec", key)
        default = "0" if pod is None else pod.text()
        nodes = _values(event, _index(arg), ("requestObject", "spec", containers, key))
        if nodes is None:
            return None
        return tuple(default if node is None else node.text() for node in nodes)

    return extract


def _any_privileged(event: Json, _arg: str | None) -> AuditValue:
    path = ("requestObject", "spec", "containers", "securityContext", "privileged")
    nodes = _values(event, None, path)
    if nodes is None:
        return None
    return "true" if any(node is not None and node.raw == b"true" for node in nodes) else "false"


def _subjects(kind: str, *, with_namespace: bool = False) -> Extractor:
    def extract(event: Json, _arg: str | None) -> AuditValue:
        subjects = event.get("requestObject", "subjects")
        if subjects is None or not subjects.is_array:
            return None
        return tuple(_subject_names(subjects.elements(), kind, with_namespace=with_namespace))

    return extract


def _subject_names(subjects: list[Json], kind: str, *, with_namespace: bool) -> list[str]:
    out = []
    for subject in subjects:
        kind_of, name, namespace = (subject.get(key) for key in ("kind", "name", "namespace"))
        if kind_of is None or name is None or kind_of.text() != kind:
            continue
        if not with_namespace:
            out.append(name.text())
        elif namespace is not None:
            out.append(f"{namespace.text()}:{name.text()}")
    return out


def _pod_name(event: Json, _arg: str | None) -> AuditValue:
    resource, subresource = event.get("objectRef", "resource"), event.get("objectRef", "subresource")
    is_pod = resource is not None and resource.is_string and resource.text() == "pods"
    if not is_pod or (subresource is not None and subresource.is_string and subresource.text()):
        return None
    return _scalar("responseObject", "metadata", "name")(event, None)


def _volume_types(event: Json, arg: str | None) -> AuditValue:
    nodes = _values(event, _index(arg), ("requestObject", "spec", "volumes", ""))
    if nodes is None:
        return None
    return tuple(key for node in nodes if node is not None for key in node.members() if key != "name")


def _has_host_path(event: Json, arg: str | None) -> AuditValue:
    # Falco passes its index argument here, which is 0 for a key.
    nodes = _values(event, 0, ("requestObject", "spec", "volumes", "hostPath", "path"))
    if nodes is None or not arg:
        return None
    prefix = arg[:-1]
    hit = any(arg == path or (arg.endswith("*") and path.startswith(prefix)) for path in _present(nodes))
    return "true" if hit else "false"


_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _uri_parameter(event: Json, arg: str | None) -> AuditValue:
    node = event.get("requestURI")
    if node is None:
        return None
    uri = node.text().partition("#")[0]
    query = uri.partition("?")[2]
    # Go refuses a URI with a broken escape, and a query with a semicolon.
    if _BAD_ESCAPE.search(uri) or ";" in query:
        return None
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if pair and _decoded(key) == arg:
            return _decoded(value)
    return None


def _decoded(text: str) -> str:
    return c_string(to_text(unquote_to_bytes(to_bytes(text.replace("+", " ")))))


def _pointer(event: Json, arg: str | None) -> AuditValue:
    node = event.get(*pointer_keys(arg or ""))
    return None if node is None else node.text()


@lru_cache(maxsize=1024)
def pointer_keys(pointer: str) -> tuple[str, ...]:
    """The keys that a JSON pointer (RFC 6901) walks through; the leading slash may be missing."""
    keys = pointer.removeprefix("/").split("/")
    return tuple(key.replace("~1", "/").replace("~0", "~") for key in keys)


def _whole(event: Json, _arg: str | None) -> AuditValue:
    return c_string(to_text(b"".join(indent(compact(event.raw)))))


@dataclass(frozen=True, slots=True)
class Reading:
    """How a field is read.

    Attributes:
        path: the keys of an object that must be there, or the field is absent.
        extract: from the event, or the parts of it along the path, to the value.
        is_text: whether the value is the text of what is at the path, and nothing else.
    """

    path: Path
    extract: Extractor
    is_text: bool = False

    def value(self, event: Json, arg: str | None = None) -> AuditValue:
        """The value in an event in which the path is there; None, never an empty list, when it is absent."""
        try:
            value = self.extract(event, arg)
        except _WrongTypeError:
            return None
        return value if value != () else None


def _reading(make: Callable[..., Extractor], *path: str) -> Reading:
    return Reading(path, make(*path), is_text=make is _scalar)


def _container_readings(kind: str) -> dict[str, Reading]:
    """The fields of one of a pod's container lists."""
    base = ("requestObject", "spec", kind)
    context = (*base, "securityContext")
    images = _every(*base, "image")
    extractors: dict[str, Extractor] = {
        "args": _joined(*base, "args"),
        "command": _joined(*base, "command"),
        "name": _every(*base, "name"),
        "image": images,
        "image.repository": _repositories(images),
        "privileged": _collected(*context, "privileged"),
        "allow_privilege_escalation": _collected(*context, "allowPrivilegeEscalation"),
        "read_only_fs": _collected(*context, "readOnlyRootFilesystem"),
        "run_as_user": _collected(*context, "runAsUser"),
        "eff_run_as_user": _effective(kind, "runAsUser"),
        "run_as_group": _collected(*context, "runAsGroup"),
        "eff_run_as_group": _effective(kind, "runAsGroup"),
        "proc_mount": _collected(*context, "procMount"),
        "add_capabilities": _collected(*context, "capabilities", "add"),
    }
    return {f"ka.req.pod.{kind}.{name}": Reading(base, extract) for name, extract in extractors.items()}


_SPEC = ("requestObject", "spec")
_CONTAINERS = (*_SPEC, "containers")
_SUBJECTS = ("requestObject", "subjects")
_IMAGES = _every(*_CONTAINERS, "image")
_ANNOTATIONS = {
    "ka.auth.decision": "authorization.k8s.io/decision",
    "ka.auth.reason": "authorization.k8s.io/reason",
    "ka.auth.openshift.decision": "authentication.openshift.io/decision",
    "ka.auth.openshift.username": "authentication.openshift.io/username",
    "ka.validations.admission.policy.failure": "validation.policy.admission.k8s.io/validation_failure",
    "ka.security.pod.violations": "pod-security.kubernetes.io/audit-violations",
    "ka.cluster.name": "cluster_name",
}

READINGS: dict[str, Reading] = {
    "ka.auditid": _reading(_scalar, "auditID"),
    "ka.stage": _reading(_scalar, "stage"),
    **{name: _reading(_scalar, "annotations", key) for name, key in _ANNOTATIONS.items()},
    "ka.user.name": _reading(_scalar, "user", "username"),
    "ka.user.groups": _reading(_list, "user", "groups"),
    "ka.impuser.name": _reading(_scalar, "impersonatedUser", "username"),
    "ka.verb": _reading(_scalar, "verb"),
    "ka.uri": _reading(_scalar, "requestURI"),
    "ka.uri.param": Reading(("requestURI",), _uri_parameter),
    "ka.target.name": _reading(_scalar, "objectRef", "name"),
    "ka.target.namespace": _reading(_scalar, "objectRef", "namespace"),
    "ka.target.resource": _reading(_scalar, "objectRef", "resource"),
    "ka.target.subresource": _reading(_scalar, "objectRef", "subresource"),
    "ka.target.pod.name": Reading(("objectRef", "resource"), _pod_name),
    "ka.req.binding.subjects": _reading(_list, *_SUBJECTS),
    "ka.req.binding.subjects.user_names": Reading(_SUBJECTS, _subjects("User")),
    "ka.req.binding.subjects.serviceaccount_names": Reading(_SUBJECTS, _subjects("ServiceAccount")),
    "ka.req.binding.subjects.serviceaccount_ns_names": Reading(
        _SUBJECTS, _subjects("ServiceAccount", with_namespace=True)
    ),
    "ka.req.binding.subjects.group_names": Reading(_SUBJECTS, _subjects("Group")),
    "ka.req.binding.role": _reading(_scalar, "requestObject", "roleRef", "name"),
    "ka.req.binding.subject.has_name": Reading((), lambda _event, _arg: "true"),
    "ka.req.configmap.name": _reading(_scalar, "objectRef", "name"),
    "ka.req.configmap.obj": _reading(_scalar, "requestObject", "data"),
    "ka.req.container.image": Reading(_CONTAINERS, _first(_IMAGES)),
    "ka.req.container.image.repository": Reading(_CONTAINERS, _first(_repositories(_IMAGES))),
    "ka.req.pod.host_ipc": _reading(_scalar, *_SPEC, "hostIPC"),
    "ka.req.pod.host_network": _reading(_scalar, *_SPEC, "hostNetwork"),
    "ka.req.container.host_network": _reading(_scalar, *_SPEC, "hostNetwork"),
    "ka.req.pod.host_pid": _reading(_scalar, *_SPEC, "hostPID"),
    "ka.req.container.privileged": Reading(_CONTAINERS, _any_privileged),
    "ka.req.pod.run_as_user": _reading(_scalar, *_SPEC, "securityContext", "runAsUser"),
    "ka.req.pod.run_as_group": _reading(_scalar, *_SPEC, "securityContext", "runAsGroup"),
    "ka.req.role.rules": _reading(_list, "requestObject", "rules"),
    "ka.req.pod.fs_group": _reading(_scalar, *_SPEC, "securityContext", "fsGroup"),
    "ka.req.pod.supplemental_groups": _reading(_list, *_SPEC, "securityContext", "supplementalGroups"),
    "ka.req.service.type": _reading(_scalar, *_SPEC, "type"),
    "ka.req.service.ports": _reading(_collected, *_SPEC, "ports"),
    **{
        f"ka.req.pod.{kind}.host_port": Reading((*_SPEC, kind), _host_ports(*_SPEC, kind, "ports"))
        for kind in ("containers", "initContainers")
    },
    "ka.req.volume.hostpath": Reading((*_SPEC, "volumes"), _has_host_path),
    "ka.req.pod.volumes.volume_type": Reading((*_SPEC, "volumes"), _volume_types),
    **{
        f"ka.req.pod.volumes.{name}": Reading((*_SPEC, "volumes"), _collected(*_SPEC, "volumes", *path))
        for name, path in (
            ("hostpath", ("hostPath", "path")),
            ("flexvolume_driver", ("flexVolume", "driver")),
        )
    },
    **{
        name: Reading(("requestObject", "rules"), _nested_lists("requestObject", "rules", key))
        for name, key in (
            ("ka.req.role.rules.apiGroups", "apiGroups"),
            ("ka.req.role.rules.nonResourceURLs", "nonResourceURLs"),
            ("ka.req.role.rules.verbs", "verbs"),
            ("ka.req.role.rules.resources", "resources"),
            ("ka.sourceips", "sourceIPs"),
        )
    },
    "ka.resp.name": _reading(_scalar, "responseObject", "metadata", "name"),
    "ka.response.code": _reading(_scalar, "responseStatus", "code"),
    "ka.response.reason": _reading(_scalar, "responseStatus", "reason"),
    "ka.useragent": _reading(_scalar, "userAgent"),
    **_container_readings("containers"),
    **_container_readings("initContainers"),
    **_container_readings("ephemeralContainers"),
    **dict.fromkeys(("json.value", "jevt.value"), Reading((), _pointer)),
    **dict.fromkeys(("json.obj", "jevt.obj"), Reading((), _whole)),
}


def has_path(event: Json, path: Path) -> bool:
    """Whether an object has something at a path; arrays on the way settle nothing."""
    node: Json | None = event
    for key in path:
        if node is None or node.is_array:
            break
        node = node.get(key)
    return node is not None


def extract(name: str, arg: str | None, event: Json) -> AuditValue:
    """The value of a field of an audit event; None, never an empty list, when it is absent.

    Args:
        name: a field of the k8s_audit source other than the ``evt.*`` and ``*.rawtime`` ones.
        arg: the text in its brackets.
        event: the event, or the parts of it that the field reads.
    """
    reading = READINGS[name]
    return reading.value(event, arg) if has_path(event, reading.path) else None
