"""PYTEST_DONT_REWRITE

Values as plain structure, without running any code of theirs.

What a value is made of is read by the methods of Python's own types and of `object`, never through a `__repr__`,
`__eq__`, `__iter__` or property that a class of the project defines: a query set's would run SQL. Equal structures are
equal lists, which JSON can say:

    null, true, 3, "text"           themselves; long texts as ["text", beginning, length, digest]
    ["float", "0.1"]                to 12 digits, as sums in another order differ after that
    ["list", ...], ["tuple", ...]   items in order
    ["set", ...], ["dict", [k, v]]  in the order of what they look like
    ["name", "module.qualname"]     functions, classes, modules
    ["raised", class, ...]          an exception with its arguments
    ["object", class, [name, v]]    public attributes, or all where there are none; contents of a subclassed container
    ["around", n]                   the nth of the values around it, from the outermost
    ["more"]                        what went beyond the limits

Standard library only; Python 3.7 or later.
"""

import collections
import datetime
import decimal
import fractions
import hashlib
import heapq
import json
import pathlib
import re
import types
import uuid

NODES = 300  # of one value
DEPTH = 8
TEXT = 200  # characters
HASHED = 1 << 20  # bytes of a long text


def _ids(*kinds):
    """For looking a class up without its metaclass being asked whether it is equal to another."""
    return frozenset(map(id, kinds))


_PLAIN = _ids(list, tuple, dict, set, frozenset)
_OWN = _ids(
    datetime.date,
    datetime.time,
    datetime.timedelta,
    datetime.timezone,
    decimal.Decimal,
    fractions.Fraction,
    pathlib.PurePosixPath,
    pathlib.PosixPath,
    uuid.UUID,
    range,
    slice,
    type(Ellipsis),
    type(NotImplemented),
)
_NAMED = _ids(
    types.FunctionType,
    types.BuiltinFunctionType,
    types.MethodDescriptorType,
    types.WrapperDescriptorType,
)
_MEMBER = types.MemberDescriptorType
_LAZY = _ids(types.GeneratorType, types.CoroutineType, types.AsyncGeneratorType)
_mro = type.__dict__["__mro__"].__get__
_arguments = BaseException.__dict__["args"].__get__


def structure(value):
    """The value as nested lists; see above."""
    return _Reader().read(value, 0)


def digest(data):
    """Twelve hex digits that tell structures apart."""
    text = json.dumps(data, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:12]


def class_name(kind):
    """`module.qualname` of a class, whatever its metaclass says."""
    attribute = type.__getattribute__
    return _name("%s.%s" % (attribute(kind, "__module__"), attribute(kind, "__qualname__")))


class _Reader(object):
    """Reads one value."""

    def __init__(self):
        self._left = NODES
        self._around = []

    def read(self, value, depth):
        """The structure of a part of it."""
        kind = type(value)
        self._left -= 1
        if self._left < 0:
            return ["more"]
        if value is None or kind is bool:
            return value
        if kind is int:
            return value if -(1 << 62) < value < 1 << 62 else _integer(value)
        if kind is str:
            return _text(value)
        if kind is float:
            return ["float", "%.12g" % value]
        if depth > DEPTH:
            return ["more"]
        if id(value) in self._around:
            return ["around", self._around.index(id(value))]
        self._around.append(id(value))
        try:
            return self._read(value, kind, depth + 1)
        except Exception as error:  # a class may still make this impossible
            return ["unreadable", class_name(kind), class_name(type(error))]
        finally:
            self._around.pop()

    def _read(self, value, kind, depth):
        if kind is bytes or kind is bytearray:
            return ["bytes", len(value), _hash(bytes(value[:HASHED]))]
        if kind is complex:
            return ["complex", "%.12g" % value.real, "%.12g" % value.imag]
        if id(kind) in _OWN or (kind is datetime.datetime and type(value.tzinfo) in (type(None), datetime.timezone)):
            return ["own", class_name(kind), _text(kind.__repr__(value))]
        if id(kind) in _NAMED:
            return ["name", _name("%s.%s" % (getattr(value, "__module__", None), value.__qualname__))]
        if kind is types.MethodType:
            return ["method", self.read(value.__func__, depth), self.read(value.__self__, depth)]
        if kind is types.ModuleType:
            return ["name", _name(str(types.ModuleType.__getattribute__(value, "__dict__").get("__name__")))]
        if issubclass(kind, type):
            return ["name", class_name(value)]
        if kind is re.Pattern:
            return ["pattern", _text(value.pattern) if type(value.pattern) is str else "", value.flags]
        if id(kind) in _LAZY:
            return ["lazy", class_name(kind)]
        if issubclass(kind, BaseException):
            return ["raised", class_name(kind)] + self._items("", _arguments(value), depth)[1:]
        contents = self._contents(value, kind, depth)
        if contents is not None and id(kind) in _PLAIN:
            return contents
        return ["object", class_name(kind)] + self._state(value, kind, depth) + ([contents] if contents else [])

    def _contents(self, value, kind, depth):
        """What a container holds, by the methods of the type that it is made from."""
        for base, name in ((list, "list"), (tuple, "tuple"), (collections.deque, "list")):
            if issubclass(kind, base):
                return self._items(name, base.__iter__(value), depth)
        if issubclass(kind, dict):
            pairs = self._items("", (pair for pair in dict.items(value)), depth)[1:]
            return ["dict"] + _ordered(pair[1:] if pair[0] == "tuple" else pair for pair in pairs)
        for base in (set, frozenset):
            if issubclass(kind, base):
                return ["set"] + _ordered(self._items("", base.__iter__(value), depth)[1:])
        for base in (str, bytes, int, float):
            if issubclass(kind, base):
                plain = {str: str.__str__, bytes: bytes.hex, int: int.__index__, float: float.__float__}[base](value)
                return ["value", self.read(plain, depth)]
        return None

    def _items(self, name, items, depth):
        found = [name]
        for each in items:
            if self._left <= 0:
                found.append(["more"])
                break
            found.append(self.read(each, depth))
        return found

    def _state(self, value, kind, depth):
        """[name, value] of attributes that lie in the object itself."""
        members = {}
        for base in _mro(kind):
            for name, member in type.__dict__["__dict__"].__get__(base).items():
                if type(member) is _MEMBER and name not in ("__weakref__", "__dict__"):
                    try:
                        members[name] = _MEMBER.__get__(member, value)
                    except AttributeError:
                        continue
        try:
            own = object.__getattribute__(value, "__dict__")
        except AttributeError:
            own = {}
        own = own if type(own) is dict else {}
        found = []
        for name in self._public(members, own):
            if self._left <= 0:
                found.append(["more"])
                break
            found.append([_text(name), self.read(own[name] if name in own else members[name], depth)])
        return found

    def _public(self, *attributes):
        """The first names, as many as can be read: public ones, or any where there are none."""
        for public in (True, False):
            names = (name for some in attributes for name in some if type(name) is str)
            first = heapq.nsmallest(self._left + 1, (name for name in names if not (public and name.startswith("_"))))
            if first:
                return sorted(set(first))
        return []


def _text(text):
    if len(text) <= TEXT:
        return text
    return ["text", text[:TEXT], len(text), _hash(text[:HASHED].encode("utf-8", "surrogatepass"))]


def _name(text):
    """A name, the middle of one that nobody writes left out."""
    return text if len(text) <= TEXT else "%s...%s" % (text[: TEXT // 2], text[-TEXT // 2 :])


def _integer(value):
    """A large one by its size and its highest digits."""
    bits = int.bit_length(value)
    return ["int", bits, _hash(b"%x" % (value >> max(bits - 8 * HASHED, 0)))]


def _hash(data):
    return hashlib.sha256(data).hexdigest()[:12]


def _ordered(structures):
    return sorted(structures, key=lambda each: json.dumps(each, separators=(",", ":")))
