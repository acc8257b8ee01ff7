"""What rules files require: an engine version, plugins, and the sources that these bring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from falcolab.fields.catalogue import PLUGINS
from falcolab.rules import decode
from falcolab.rules.decode import LoadError, invalid
from falcolab.rules.items import PluginRequirement
from falcolab.rules.result import Context
from falcolab.rules.version import Version
from falcolab.rules.yaml import Node


def engine_version(item: Node, context: Context) -> Version:
    """The engine version that an item requires; a plain number is the minor version.

    Raises:
        LoadError: it names none.
    """
    text = decode.text(item, "required_engine_version", context)
    minor = decode.number(text)
    version = Version.parse(text) if minor is None else Version(0, minor, 0)
    if version is None:
        message = f"Unable to parse engine version '{text}' as a semver string."
        raise invalid(f'{message} Expected "x.y.z" semver format.', context)
    return version


def plugin_requirements(node: Node, context: Context) -> Iterator[PluginRequirement]:
    """The plugins that an item requires, one after the other.

    Raises:
        LoadError: their structure is wrong.
    """
    if node.items is None:
        raise invalid("Value of required_plugin_versions must be a sequence", context)
    for plugin in node.items:
        yield _plugin_requirement(plugin, context)


def _plugin_requirement(plugin: Node, parent: Context) -> PluginRequirement:
    context = parent.at(plugin.mark, "required plugin versions entry")
    if plugin.pairs is None:
        raise invalid("Plugin version must be a mapping", context)
    name = decode.text(plugin, "name", context)
    context = parent.at(plugin.mark, "required plugin versions entry", name)
    pairs = [(name, decode.text(plugin, "version", context))]
    alternatives = plugin.get("alternatives")
    if alternatives is not None:
        if alternatives.items is None:
            raise invalid("Value of plugin version alternatives must be a sequence", context)
        pairs += [_alternative(node, context) for node in alternatives.items]
    return PluginRequirement(tuple(pairs), context)


def _alternative(node: Node, parent: Context) -> tuple[str, str]:
    context = parent.at(node.mark, "required plugin versions alternative")
    if node.pairs is None:
        raise invalid("Plugin version alternative must be a mapping", context)
    name = decode.text(node, "name", context)
    context = parent.at(node.mark, "required plugin versions alternative", name)
    return name, decode.text(node, "version", context)


def sources_of_plugins(documents: Iterable[Node]) -> set[str]:
    """The event sources of the plugins that some documents require, as far as they can be read."""
    items = (item for document in documents for item in document.items or ())
    nodes = (item.get("required_plugin_versions") for item in items)
    names = {name for node in nodes if node is not None for name in _names(node)}
    return {plugin.source for plugin in PLUGINS if plugin.name in names}


def _names(node: Node) -> set[str]:
    try:
        found = list(plugin_requirements(node, Context.of_file("")))
    except LoadError:
        return set()
    return {name for requirement in found for name, _ in requirement.alternatives}


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
