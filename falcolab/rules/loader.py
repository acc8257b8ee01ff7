"""Rules files and directories, in order, to one ruleset and a result per file.

Each file is compiled together with those before it, as Falco does, so that a file which
needs a later one is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from falcolab.errors import InputError, RulesError
from falcolab.fields.catalogue import PLUGINS, SOURCES, SYSCALL
from falcolab.rules import reader, yaml
from falcolab.rules.collector import Collector
from falcolab.rules.compiler import RuleCompiler
from falcolab.rules.items import PluginRequirement
from falcolab.rules.report import text_report
from falcolab.rules.result import Context, ErrorCode, FileResult
from falcolab.rules.ruleset import Ruleset
from falcolab.rules.schema import schema_warnings
from falcolab.rules.version import Version

MAX_FILE_BYTES = 64 * 2**20
"""A rules file larger than this is refused."""


@dataclass(slots=True)
class Loaded:
    """What came of loading some files.

    Attributes:
        results: one per file, in order.
        contents: the text of each file, by name.
        ruleset: everything compiled, or None after an error.
        collector: the items of all files.
    """

    results: list[FileResult] = field(default_factory=list)
    contents: dict[str, str] = field(default_factory=dict)
    ruleset: Ruleset | None = None
    collector: Collector = field(default_factory=Collector)

    @property
    def successful(self) -> bool:
        """Whether no file has an error."""
        return all(result.successful for result in self.results)

    def as_json(self) -> dict[str, object]:
        """The shape of Falco's own validation result."""
        return {"falco_load_results": [result.as_json(self.contents) for result in self.results]}


def rules_files(paths: Iterable[str | Path]) -> list[Path]:
    """The rules files that some paths mean: a directory gives its ``.yaml`` and ``.yml`` files by name.

    Raises:
        InputError: a path does not exist or cannot be listed.
    """
    out: list[Path] = []
    for path in map(Path, paths):
        try:
            if path.is_dir():
                found = (p for p in path.iterdir() if p.suffix in (".yaml", ".yml") and p.is_file())
                out += sorted(found)
                continue
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from None
        if not path.exists():
            raise InputError(f"{path}: no such rules file or directory")
        out.append(path)
    return out


def load_files(paths: Iterable[str | Path], sources: Collection[str] = tuple(SOURCES)) -> Loaded:
    """Load files and directories; errors are in the results.

    Args:
        paths: files and directories, in order.
        sources: the event sources that are known; rules of others are skipped with a warning.

    Raises:
        InputError: a path does not exist.
    """
    return load_texts(_read_all(paths), sources)


def check_files(paths: Iterable[str | Path], source: str | None = None) -> Loaded:
    """Load files as a Falco would that has the plugins which they require, and no others.

    Args:
        paths: files and directories, in order.
        source: one more event source that is known.

    Raises:
        InputError: a path does not exist.
    """
    texts = _read_all(paths)
    known = {SYSCALL, *required_sources(content for _, content in texts)}
    return load_texts(texts, known if source is None else {*known, source})


def _read_all(paths: Iterable[str | Path]) -> list[tuple[str, bytes]]:
    texts = []
    for path in rules_files(paths):
        try:
            if path.stat().st_size > MAX_FILE_BYTES:
                raise InputError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB, which no rules file is")
            texts.append((str(path), path.read_bytes()))
        except OSError as error:
            raise InputError(f"{path}: {error.strerror}") from None
    return texts


def load_texts(texts: Iterable[tuple[str, str | bytes]], sources: Collection[str] = tuple(SOURCES)) -> Loaded:
    """Load contents under names, as :func:`load_files` loads files."""
    loaded = Loaded(collector=Collector(known_sources=sources))
    for name, content in texts:
        loaded.results.append(_load_one(name, content, loaded))
    return loaded


def _load_one(name: str, content: str | bytes, loaded: Loaded) -> FileResult:
    result = FileResult(name)
    if isinstance(content, bytes):
        try:
            content = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            message = f"not UTF-8 at byte {error.start}: {error.reason}"
            result.error(ErrorCode.LOAD_ERR_YAML_PARSE, message, Context.of_file(name))
            loaded.ruleset = None
            return result
    loaded.contents[name] = content
    _check_schema(content, result)
    ok = reader.read(content, name, loaded.collector, result)
    loaded.ruleset = RuleCompiler(loaded.collector, result).compile() if ok else None
    return result


def required_sources(contents: Iterable[bytes]) -> set[str]:
    """The event sources of the plugins that some rules files require."""
    return {
        plugin.source
        for content in contents
        for plugin in PLUGINS
        if plugin.name in _required_plugins(content.decode("utf-8-sig", errors="replace"))
    }


def _required_plugins(content: str) -> set[str]:
    if "required_plugin_versions" not in content:
        return set()
    try:
        documents = yaml.load_all(content)
    except yaml.YamlError:
        return set()
    items = (item for document in documents for item in document.items or ())
    needed = (plugin for item in items for plugin in _elements(item.get("required_plugin_versions")))
    named = (entry.get("name") for plugin in needed for entry in (plugin, *_elements(plugin.get("alternatives"))))
    return {name.scalar for name in named if name is not None and name.scalar}


def _elements(node: yaml.Node | None) -> list[yaml.Node]:
    return (node.items or []) if node is not None else []


def _check_schema(content: str, result: FileResult) -> None:
    try:
        documents = yaml.load_all(content)
    except yaml.YamlError:
        return
    if not all(document.is_null for document in documents):
        result.schema_warnings = schema_warnings(documents)
        result.schema_valid = not result.schema_warnings


def missing_plugins(requirements: Iterable[PluginRequirement]) -> list[PluginRequirement]:
    """The requirements that no plugin of falcolab satisfies."""
    available = {plugin.name: Version(*plugin.version) for plugin in PLUGINS}

    def satisfied(name: str, version: str) -> bool:
        required = Version.parse(version)
        return required is not None and name in available and available[name].satisfies(required)

    return [
        need
        for need in requirements
        if not any(satisfied(name, version) for name, version in need.alternatives)
    ]


def load_rules(*paths: str | Path) -> Ruleset:
    """The ruleset of files and directories, in order.

    Raises:
        InputError: a path does not exist or cannot be read.
        RulesError: Falco would refuse a file; the text shows where and why.
    """
    loaded = load_files(paths)
    return ruleset_of(loaded)


def ruleset_of(loaded: Loaded) -> Ruleset:
    """The ruleset of loaded files.

    Raises:
        RulesError: there is none, or a required plugin is missing.
    """
    failed = [result for result in loaded.results if not result.successful]
    if failed:
        raise RulesError(
            "\n".join(text_report(result, loaded.contents, errors_only=True) for result in failed)
        )
    missing = missing_plugins(loaded.collector.plugins)
    if missing:
        names = " or ".join(f"{name} {version}" for name, version in missing[0].alternatives)
        mark = missing[0].context.item.mark
        raise RulesError(
            f"{missing[0].context.file}:{mark.line + 1}:{mark.column + 1}: requires plugin {names}, which "
            "falcolab does not implement"
        )
    if loaded.ruleset is None:
        raise RulesError("no rules file was given")
    return loaded.ruleset
