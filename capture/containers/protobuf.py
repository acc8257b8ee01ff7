"""Messages of gRPC services, made from a table of the fields that are used.

Generated code was the alternative. The stubs of the CRI have thousands of lines, for a dozen messages
of which a few fields are read; they only work with the release of protobuf that generated them or a
newer one; and nobody can make them anew without the compiler. A field that is not in the table is
passed over, as protobuf does with fields that are newer than the reader.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto

Fields = Mapping[str, tuple[int, str]]
"""Name of a field -> its number and type.

A type is ``string``, ``bool``, ``int64``, ``enum``, the name of a message of the table, ``repeated`` and
one of these, or ``map``: from text to text.
"""

_PACKAGE = "falcolab"
_SCALARS = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "bool": FieldDescriptorProto.TYPE_BOOL,
    "int64": FieldDescriptorProto.TYPE_INT64,
    "enum": FieldDescriptorProto.TYPE_INT32,  # the same bytes, and no value is unknown
}
_FIRST = re.compile("(?:^|_)(.)")


def message_classes(messages: Mapping[str, Fields]) -> dict[str, Any]:
    """A class per message, by name. They live in a pool of their own, so that no name can clash."""
    file = FileDescriptorProto(name="table.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in messages.items():
        message = file.message_type.add(name=name)
        for field, (number, type_) in fields.items():
            _add_field(message, field, number, type_)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {name: _class(pool, name) for name in messages}


def _class(pool: descriptor_pool.DescriptorPool, name: str) -> Any:
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


def _add_field(message: DescriptorProto, name: str, number: int, type_: str) -> None:
    bare = type_.removeprefix("repeated ")
    field = message.field.add(name=name, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL)
    if bare != type_ or type_ == "map":
        field.label = FieldDescriptorProto.LABEL_REPEATED
    if type_ == "map":
        bare = f"{message.name}.{_add_entry(message, name)}"
    if bare in _SCALARS:
        field.type = _SCALARS[bare]
    else:
        field.type = FieldDescriptorProto.TYPE_MESSAGE
        field.type_name = f".{_PACKAGE}.{bare}"


def _add_entry(message: DescriptorProto, field: str) -> str:
    """The message that stands for an entry of a map; its name is prescribed."""
    name = _FIRST.sub(lambda found: found[1].upper(), field) + "Entry"
    entry = message.nested_type.add(name=name)
    entry.options.map_entry = True
    _add_field(entry, "key", 1, "string")
    _add_field(entry, "value", 2, "string")
    return name
