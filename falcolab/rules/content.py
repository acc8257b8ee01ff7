"""The content of a rules file."""

from __future__ import annotations

from dataclasses import dataclass, field

from falcolab.rules import yaml
from falcolab.rules.yaml import Node, YamlError


@dataclass(frozen=True, slots=True)
class Content:
    """The text of a rules file and what it says.

    Attributes:
        name: of the file.
        text: its text; empty if its bytes are none.
        documents: its YAML documents.
        error: why there are no documents, or None.
    """

    name: str
    text: str = ""
    documents: list[Node] = field(default_factory=list)
    error: YamlError | None = None

    @classmethod
    def parse(cls, name: str, content: str | bytes) -> Content:
        """Read a file's content, which need not be YAML."""
        text = ""
        try:
            text = yaml.decode(content) if isinstance(content, bytes) else content
            return cls(name, text, yaml.load_all(text))
        except YamlError as error:
            return cls(name, text, error=error)
