"""PYTEST_DONT_REWRITE

Other arguments than a call was made with: near ones, and the borders of what their types allow.

The same for equal arguments, in the same order, and made from Python's own types only: whatever a class of the project
defines is handed on as it is.
"""

MOST = 8  # for one call


def mutants(arguments):
    """Lists of arguments that differ from the given one in one of them, the nearest first of each in turn."""
    ways = [list(_others(each)) for each in arguments]
    found = []
    for rank in range(max([len(each) for each in ways] or [0])):
        for place, others in enumerate(ways):
            if rank < len(others) and len(found) < MOST:
                found.append(arguments[:place] + [others[rank]] + arguments[place + 1 :])
    return found


def _others(value):
    """Values of the same type."""
    kind = type(value)
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


def _sequences(value, kind):
    yield value[:0]
    yield value[:-1]
    yield value[:1] + value
    yield value[::-1]
    for place, each in list(enumerate(value))[:2]:
        for other in _others(each):
            yield value[:place] + kind([other]) + value[place + 1 :]
            break
