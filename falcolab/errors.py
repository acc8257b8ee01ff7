"""The exceptions of falcolab, all of them meant to be shown to a person.

``FalcolabError``
    ``falcolab.lang.errors.LanguageError``: a condition or an output template is wrong.
    ``RulesError``: rules cannot be loaded.
    ``InputError``: a file, a lake or an argument cannot be used.
"""

from __future__ import annotations


class FalcolabError(Exception):
    """Something that the user can understand and mend; its text says where and what to do."""


class RulesError(FalcolabError):
    """Rules cannot be loaded; the text names file, line and column."""


class InputError(FalcolabError):
    """A file, a lake or an argument cannot be used."""
