"""Where the values of Kubernetes audit fields come from: one table entry per field.

Source: ``plugins/k8saudit/pkg/k8saudit/extract.go`` (0.18.0) and ``plugins/json`` (0.7.4)
of falcosecurity/plugins, oddities included: ``ka.sourceips`` looks among the rules of a
role, and ``eff_run_as_user`` beside the security context instead of in it.

Every entry reads the event as a :class:`falcolab.fields.rawjson.Json` object and gives a
text, a tuple of texts, or None where the field is absent. ``PARTS`` says which top-level
keys an entry reads, so that the lake can keep its value beside the part it depends on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_to_bytes

from falcolab.fields.rawjson import Json, compact, indent
from falcolab.lang.strings import c_string, to_bytes, to_text

AuditValue = str | tuple[str, ...] | None
Extractor = Callable[[Json, str | None], AuditValue]


class _WrongType(Exception):
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
        raise _WrongType
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
        raise _WrongType
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


def pointer_keys(pointer: str) -> list[str]:
    """The keys that a JSON pointer (RFC 6901) walks through; the leading slash may be missing."""
    keys = pointer.removeprefix("/").split("/")
    return [key.replace("~1", "/").replace("~0", "~") for key in keys]


def _whole(event: Json, _arg: str | None) -> AuditValue:
    return c_string(to_text(b"".join(indent(compact(event.raw)))))


def _container_fields(kind: str) -> dict[str, Extractor]:
    """The fields of one of a pod's container lists."""
    base = ("requestObject", "spec", kind)
    context = (*base, "securityContext")
    images = _every(*base, "image")
    fields: dict[str, Extractor] = {
        "args": _joined(*base, "args"),
        "command": _joined(*base, "command"),
        "name": _every(*base, "name"),
        "image": images,
        "image.repository": _repositories(images),
        "host_port": _host_ports(*base, "ports"),
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
    return {f"ka.req.pod.{kind}.{name}": extractor for name, extractor in fields.items()}


_IMAGES = _every("requestObject", "spec", "containers", "image")
_POD_CONTEXT = ("requestObject", "spec", "securityContext")
_ANNOTATIONS = {
    "ka.auth.decision": "authorization.k8s.io/decision",
    "ka.auth.reason": "authorization.k8s.io/reason",
    "ka.auth.openshift.decision": "authentication.openshift.io/decision",
    "ka.auth.openshift.username": "authentication.openshift.io/username",
    "ka.validations.admission.policy.failure": "validation.policy.admission.k8s.io/validation_failure",
    "ka.security.pod.violations": "pod-security.kubernetes.io/audit-violations",
    "ka.cluster.name": "cluster_name",
}

EXTRACTORS: dict[str, Extractor] = {
    "ka.auditid": _scalar("auditID"),
    "ka.stage": _scalar("stage"),
    **{name: _scalar("annotations", key) for name, key in _ANNOTATIONS.items()},
    "ka.user.name": _scalar("user", "username"),
    "ka.user.groups": _list("user", "groups"),
    "ka.impuser.name": _scalar("impersonatedUser", "username"),
    "ka.verb": _scalar("verb"),
    "ka.uri": _scalar("requestURI"),
    "ka.uri.param": _uri_parameter,
    "ka.target.name": _scalar("objectRef", "name"),
    "ka.target.namespace": _scalar("objectRef", "namespace"),
    "ka.target.resource": _scalar("objectRef", "resource"),
    "ka.target.subresource": _scalar("objectRef", "subresource"),
    "ka.target.pod.name": _pod_name,
    "ka.req.binding.subjects": _list("requestObject", "subjects"),
    "ka.req.binding.subjects.user_names": _subjects("User"),
    "ka.req.binding.subjects.serviceaccount_names": _subjects("ServiceAccount"),
    "ka.req.binding.subjects.serviceaccount_ns_names": _subjects("ServiceAccount", with_namespace=True),
    "ka.req.binding.subjects.group_names": _subjects("Group"),
    "ka.req.binding.role": _scalar("requestObject", "roleRef", "name"),
    "ka.req.binding.subject.has_name": lambda _event, _arg: "true",
    "ka.req.configmap.name": _scalar("objectRef", "name"),
    "ka.req.configmap.obj": _scalar("requestObject", "data"),
    "ka.req.container.image": _first(_IMAGES),
    "ka.req.container.image.repository": _first(_repositories(_IMAGES)),
    "ka.req.pod.host_ipc": _scalar("requestObject", "spec", "hostIPC"),
    "ka.req.pod.host_network": _scalar("requestObject", "spec", "hostNetwork"),
    "ka.req.container.host_network": _scalar("requestObject", "spec", "hostNetwork"),
    "ka.req.pod.host_pid": _scalar("requestObject", "spec", "hostPID"),
    "ka.req.container.privileged": _any_privileged,
    "ka.req.pod.run_as_user": _scalar(*_POD_CONTEXT, "runAsUser"),
    "ka.req.pod.run_as_group": _scalar(*_POD_CONTEXT, "runAsGroup"),
    "ka.req.role.rules": _list("requestObject", "rules"),
    "ka.req.role.rules.apiGroups": _nested_lists("requestObject", "rules", "apiGroups"),
    "ka.req.role.rules.nonResourceURLs": _nested_lists("requestObject", "rules", "nonResourceURLs"),
    "ka.req.role.rules.verbs": _nested_lists("requestObject", "rules", "verbs"),
    "ka.req.role.rules.resources": _nested_lists("requestObject", "rules", "resources"),
    "ka.req.pod.fs_group": _scalar(*_POD_CONTEXT, "fsGroup"),
    "ka.req.pod.supplemental_groups": _list(*_POD_CONTEXT, "supplementalGroups"),
    "ka.req.service.type": _scalar("requestObject", "spec", "type"),
    "ka.req.service.ports": _collected("requestObject", "spec", "ports"),
    "ka.req.volume.hostpath": _has_host_path,
    "ka.req.pod.volumes.hostpath": _collected("requestObject", "spec", "volumes", "hostPath", "path"),
    "ka.req.pod.volumes.flexvolume_driver": _collected(
        "requestObject", "spec", "volumes", "flexVolume", "driver"
    ),
    "ka.req.pod.volumes.volume_type": _volume_types,
    "ka.resp.name": _scalar("responseObject", "metadata", "name"),
    "ka.response.code": _scalar("responseStatus", "code"),
    "ka.response.reason": _scalar("responseStatus", "reason"),
    "ka.useragent": _scalar("userAgent"),
    "ka.sourceips": _nested_lists("requestObject", "rules", "sourceIPs"),
    **_container_fields("containers"),
    **_container_fields("initContainers"),
    **_container_fields("ephemeralContainers"),
    "json.value": _pointer,
    "jevt.value": _pointer,
    "json.obj": _whole,
    "jevt.obj": _whole,
}


def extract(name: str, arg: str | None, event: Json) -> AuditValue:
    """The value of a field of an audit event; None, never an empty list, when it is absent.

    Args:
        name: a field of the k8s_audit source other than the ``evt.*`` and ``*.rawtime`` ones.
        arg: the text in its brackets.
        event: the event, or the parts of it that the field reads.
    """
    try:
        value = EXTRACTORS[name](event, arg)
    except _WrongType:
        return None
    return value if value != () else None
