"""Rules files and directories, in order, to one ruleset and a result per file.

Each file is compiled together with those before it, as Falco does, so that a file which
needs a later one is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from falcolab.errors import InputError, RulesError
from falcolab.fields.catalogue import SOURCES, SYSCALL
from falcolab.rules.collector import Collector
from falcolab.rules.compiler import Known, RuleCompiler
from falcolab.rules.content import Content
from falcolab.rules.reader import read_documents, refuse_yaml
from falcolab.rules.report import text_report
from falcolab.rules.requirements import missing_plugins, sources_of_plugins
from falcolab.rules.result import FileResult
from falcolab.rules.ruleset import Ruleset
from falcolab.rules.schema import schema_warnings

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
        InputError: a path does not exist or cannot be read.
    """
    return load_texts(_read_all(paths), sources)


def check_files(paths: Iterable[str | Path], source: str | None = None) -> Loaded:
    """Load files as a Falco would that has the plugins which they require, and no others.

    Args:
        paths: files and directories, in order.
        source: one more event source that is known.

    Raises:
        InputError: a path does not exist or cannot be read.
    """
    contents = [Content.parse(name, raw) for name, raw in _read_all(paths)]
    known = {SYSCALL, *sources_of_plugins(document for content in contents for document in content.documents)}
    return _load(contents, known if source is None else {*known, source})


def _read_all(paths: Iterable[str | Path]) -> list[tuple[str, bytes]]:
    return [(str(path), _read(path)) for path in rules_files(paths)]


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from None
    if len(content) > MAX_FILE_BYTES:
        raise InputError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB, which no rules file is")
    return content


def load_texts(texts: Iterable[tuple[str, str | bytes]], sources: Collection[str] = tuple(SOURCES)) -> Loaded:
    """Load contents under names, as :func:`load_files` loads files."""
    return _load((Content.parse(name, content) for name, content in texts), sources)


def required_sources(contents: Iterable[str | bytes]) -> set[str]:
    """The event sources of the plugins that some contents of rules files require."""
    parsed = (Content.parse("", content) for content in contents)
    return sources_of_plugins(document for content in parsed for document in content.documents)


def _load(contents: Iterable[Content], sources: Collection[str]) -> Loaded:
    loaded = Loaded(collector=Collector(known_sources=sources))
    known = Known()
    for content in contents:
        loaded.contents[content.name] = content.text
        loaded.results.append(_load_one(content, loaded, known))
    return loaded


def _load_one(content: Content, loaded: Loaded, known: Known) -> FileResult:
    result = FileResult(content.name)
    loaded.ruleset = None
    if content.error is not None:
        refuse_yaml(content.error, content.name, result)
        return result
    if not all(document.is_null for document in content.documents):
        result.schema_warnings = schema_warnings(content.documents)
        result.schema_valid = not result.schema_warnings
    if read_documents(content.documents, content.name, loaded.collector, result):
        loaded.ruleset = RuleCompiler(loaded.collector, result, known).compile()
    return result


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
