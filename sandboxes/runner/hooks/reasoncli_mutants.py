"""PYTEST_DONT_REWRITE

Other arguments than a call was made with: values that the issue and the patches speak of, near ones, and the borders of
what their types allow.

The same for equal arguments, in the same order, and made from Python's own types only: whatever a class of the project
defines is handed on as it is.
"""

MOST = 8  # of each kind, for one call
_LARGE = 10000  # characters, items, or bytes of a number
_SHORT = 3  # characters of a text that is put before and after others


def mutants(arguments, seeds=()):
    """Lists of arguments that differ from the given one in one of them: by seeds, then the nearest first, each in turn.

    Args:
        arguments: of the call.
        seeds: texts and integers that somebody speaks of.
    """
    return _in_turn(arguments, [list(_seeded(each, seeds)) for each in arguments]) + _in_turn(
        arguments, [list(_others(each)) for each in arguments]
    )


def _in_turn(arguments, ways):
    found = []
    for rank in range(max([len(each) for each in ways] or [0])):
        for place, others in enumerate(ways):
            if rank < len(others) and len(found) < MOST:
                found.append(arguments[:place] + [others[rank]] + arguments[place + 1 :])
    return found


def _seeded(value, seeds):
    """Seeds of the value's type in its place, or of its first item's; short texts around it."""
    kind = type(value)
    if _large(value):
        return
    if kind in (str, int):
        for seed in seeds:
            if type(seed) is kind and seed != value:
                yield seed
        for seed in seeds if kind is str else ():
            if type(seed) is str and len(seed) <= _SHORT:
                yield value + seed
                yield seed + value
    elif kind in (list, tuple) and value:
        for other in _seeded(value[0], seeds):
            yield kind([other]) + value[1:]


def _others(value):
    """Values of the same type."""
    kind = type(value)
    if _large(value):
        return
    if kind is bool:
        yield not value
    elif kind is int:
        for other in (value + 1, value - 1, 0, -value):
            if other != value:
                yield other
    elif kind is float:
        for other in (value + 1, 0.0, -value, value / 2):
            if other != value:
                yield other
    elif kind is str or kind is bytes:
        space = " " if kind is str else b" "
        for other in (value[:0], value + space, value[:-1], value + value, space + value, value.upper()):
            if other != value:
                yield other
    elif kind is list or kind is tuple:
        for other in _sequences(value, kind):
            if len(other) != len(value) or any(other[at] is not value[at] for at in range(len(value))):
                yield other
    elif kind is dict:
        if value:
            yield {}
            yield dict(list(value.items())[1:])
            first = next(iter(value))
            for other in _others(value[first]):
                yield dict(value, **{first: other}) if type(first) is str else {**value, first: other}
                break
    elif kind is set or kind is frozenset:
        if value:
            yield kind()


def _large(value):
    """Whether others like it would take more memory than a question is worth: they are made in the tests' process."""
    kind = type(value)
    if kind is int:
        return value.bit_length() > 8 * _LARGE
    return kind in (str, bytes, list, tuple, dict, set, frozenset) and len(value) > _LARGE


def _sequences(value, kind):
    yield value[:0]
    yield value[:-1]
    yield value[:1] + value
    yield value[::-1]
    for place, each in list(enumerate(value))[:2]:
        for other in _others(each):
            yield value[:place] + kind([other]) + value[place + 1 :]
            break
