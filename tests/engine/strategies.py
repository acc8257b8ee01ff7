"""Random audit events and random conditions about them, from the same few words."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from falcolab.fields.catalogue import K8S_AUDIT, SOURCES
from falcolab.fields.field import Arg, Field
from falcolab.fields.types import Kind
from falcolab.lang.strings import quote
from tests.lake.events import event

WORDS = ["", "a", "A", "ab", "pods", "User", "a:b", "é", "ÉA", "/a", "1", "true", "a b"]
TIMES = [f"2026-11-23T17:13:0{second}.{fraction}Z" for second in range(3) for fraction in ("0", "000001")]

words = st.sampled_from(WORDS)
scalars = st.one_of(words, words, words, st.integers(-1, 2), st.booleans(), st.none())
odd = st.one_of(scalars, st.lists(scalars, max_size=2), st.dictionaries(words, scalars, max_size=2))


def objects(**members: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that may lack any of their members."""
    return st.fixed_dictionaries({}, optional=members)


def lists(items: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Short lists."""
    return st.lists(items, max_size=3)


_context = objects(
    privileged=st.booleans(), runAsUser=scalars, capabilities=objects(add=lists(words)), procMount=scalars
)
_container = objects(
    name=words,
    image=st.sampled_from(["a", "a:1", "b/a@x", "", "a:b@c"]) | scalars,
    args=lists(words) | scalars,
    command=lists(words),
    ports=lists(objects(hostPort=st.integers(0, 2), containerPort=st.integers(0, 2))),
    securityContext=_context,
)
_volume = objects(
    name=words, hostPath=objects(path=words), emptyDir=objects(), flexVolume=objects(driver=words)
)
_spec = objects(
    containers=lists(_container) | odd,
    initContainers=lists(_container),
    ephemeralContainers=lists(_container),
    volumes=lists(_volume),
    hostNetwork=scalars,
    type=scalars,
    securityContext=objects(runAsUser=scalars, fsGroup=scalars, supplementalGroups=lists(scalars)),
)
_rules = lists(
    objects(apiGroups=lists(words), resources=lists(words), verbs=lists(words), sourceIPs=lists(words))
)
_subjects = lists(
    objects(kind=st.sampled_from(["User", "Group", "ServiceAccount"]), name=words, namespace=words)
)
_parts: dict[str, st.SearchStrategy[Any]] = {
    "auditID": words,
    "stage": scalars,
    "stageTimestamp": st.sampled_from(TIMES),
    "verb": scalars,
    "user": objects(username=scalars, groups=lists(words)) | odd,
    "impersonatedUser": objects(username=words),
    "requestURI": st.sampled_from(["/a", "/a?a=b&b=a%20b", "/a?a=1;b", "/%zz?a=b", "?b="]) | scalars,
    "sourceIPs": lists(words),
    "userAgent": scalars,
    "objectRef": objects(resource=words, name=scalars, namespace=words, subresource=words) | odd,
    "responseStatus": objects(code=st.sampled_from([200, 201, 404]), reason=words),
    "requestObject": objects(
        spec=_spec, rules=_rules, subjects=_subjects, roleRef=objects(name=words), data=odd
    ),
    "responseObject": objects(metadata=objects(name=words)) | odd,
    "annotations": st.dictionaries(
        st.sampled_from(["authorization.k8s.io/decision", "cluster_name", "a"]), words
    ),
    "a": odd,
}
events = objects(**_parts).map(lambda members: {"stageTimestamp": TIMES[0], "kind": "Event"} | members)
events |= objects(**_parts).map(lambda members: event(**members))

OF_EVENT = ["evt.num", "evt.rawtime", "evt.rawtime.s", "evt.rawtime.ns", "evt.source", "evt.is_async"]
_OFTEN = (
    "ka.verb",
    "ka.user.name",
    "ka.user.groups",
    "ka.target.resource",
    "ka.target.name",
    "ka.uri",
    "ka.req.pod.containers.image",
    "ka.req.pod.containers.privileged",
    "evt.num",
    "jevt.value",
)
_KEYS = [
    "a",
    "/a",
    "/a/0",
    "/verb",
    "/objectRef/name",
    "/user",
    "/requestObject/spec/containers/0/image",
    "/a/b",
]
_INDICES = ["", "[0]", "[1]"]
PATTERNS = list(map(quote, [*WORDS, "*", "a*", "?", "*b", "[a-b]", ".*", "^a", "/a*", "a.b"]))
REGEXES = [".*", "^a", "a+", '"[a-b]|U"', "é.", '"^$"']
_ONTO_TEXT = ["{}"] * 5 + ["tolower({})", "toupper({})", "b64({})", "basename({})", 'concat({}, "a")']


def _is_known(name: str) -> bool:
    return name in OF_EVENT or not name.startswith(("evt.", "json.rawtime"))


_FIELDS = [field for name, field in SOURCES[K8S_AUDIT].fields.items() if _is_known(name)]
_NUMBERS = [field for field in _FIELDS if field.type.kind is Kind.NUMBER]
_BOOLS = [field for field in _FIELDS if field.type.kind is Kind.BOOL]
_LISTS = [field for field in _FIELDS if field.is_list]
_TEXTS = [field for field in _FIELDS if field.type.kind is Kind.STRING and not field.is_list]


def _some(fields: list[Field]) -> st.SearchStrategy[str]:
    """One of some fields with its argument."""
    known = {field.name: field for field in fields}
    often = [name for name in known if name in _OFTEN]
    names = st.sampled_from([*(often * 50)[: 2 * len(known)], *known])
    return names.flatmap(lambda name: _written(known[name]))


def _written(field: Field) -> st.SearchStrategy[str]:
    if field.arg is Arg.KEY:
        return st.sampled_from(_KEYS).map(lambda key: f"{field.name}[{key}]")
    if field.arg in (Arg.INDEX, Arg.INDEX_OR_KEY):
        return st.sampled_from(_INDICES).map(lambda index: field.name + index)
    return st.just(field.name)


def _joined(*parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(" ".join)


def _one_of(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


_numbers = st.integers(0, 12).map(str)
_members = lists(words).map(lambda texts: f"({', '.join(map(quote, texts))})")
_texts = st.builds(str.format, st.sampled_from(_ONTO_TEXT), _some(_TEXTS))
_patterns = st.sampled_from(PATTERNS)
_to_number = _one_of("<", "<=", ">", ">=", "=", "!=")
_to_text = _one_of("=", "!=", "contains", "icontains", "startswith", "endswith", "glob", "iglob")
_checks = st.one_of(
    _joined(_texts, _to_text, _patterns),
    _joined(_texts, st.just("regex"), _one_of(*REGEXES)),
    _joined(_texts, _to_text, _some(_TEXTS).map("val({})".format)),
    _joined(_texts, _one_of("in", "pmatch", "intersects"), _members),
    _joined(_texts, _to_text, _one_of("oneof", "anyof", "allof"), _members),
    _joined(_some(_LISTS), _one_of("in", "intersects"), _members | _some(_LISTS).map("val({})".format)),
    _joined(_some(_NUMBERS), _to_number, _numbers),
    _joined(_texts.map("len({})".format), _to_number, _numbers),
    st.just("evt.rawtime <= val(evt.rawtime)"),
    _joined(_some(_BOOLS), _one_of("=", "!="), _one_of("true", "false")),
    _joined(_some(_FIELDS), st.just("exists")),
)


def _combined(below: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    chains = st.lists(below, min_size=2, max_size=4)
    return st.one_of(
        below.map("not ({})".format),
        chains.map(lambda parts: " and ".join(f"({part})" for part in parts)),
        chains.map(lambda parts: " or ".join(f"({part})" for part in parts)),
    )


conditions = _checks | st.recursive(_checks, _combined, max_leaves=6)
