"""Structural snapshots of random graphs: whatever is done to them, they come back as they were."""

from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from types import ModuleType
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from isolation.snapshots import Root, Snapshot


class Thing:
    """Something with attributes."""


class Slotted:
    """Something with slots."""

    __slots__ = ("left", "right")


class Both(Slotted):
    """Something with slots and attributes."""


class Registry(dict[Any, Any]):
    """A dict that answers for itself."""

    def __iter__(self) -> Any:
        raise AssertionError("code of what is looked at was run")

    def __len__(self) -> Any:
        raise AssertionError("code of what is looked at was run")


MAKERS: list[Callable[[], Any]] = [
    dict,
    list,
    set,
    Thing,
    lambda: deque(maxlen=4),
    Slotted,
    OrderedDict,
    lambda: defaultdict(list),
    Counter,
    Both,
    Registry,
]
KEYS = ["a", "b", "c", 1, (1, "a"), Thing]
LEAVES = [None, True, 0, 1.5, "text", b"bytes"]
Action = tuple[int, int, int]
ACTIONS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 5), st.integers(0, 17)), max_size=12)


def act(nodes: list[Any], action: Action) -> None:
    """Change one of *nodes* in one way."""
    number, how, what = action
    node, value = nodes[number % len(nodes)], (nodes + LEAVES)[what % (len(nodes) + len(LEAVES))]
    if isinstance(node, (list, deque)):
        act_on_list(node, how, value)
    elif isinstance(node, dict):
        act_on_dict(node, how, KEYS[what % len(KEYS)], value)
    elif isinstance(node, set):
        act_on_set(node, how, what)
    else:
        act_on_attributes(node, how, ["left", "right", "other"][what % 3], value)


def act_on_list(node: list[Any] | deque[Any], how: int, value: Any) -> None:
    """Append, take away, replace, turn round or empty."""
    if how <= 1:
        node.append(value)
    elif how == 2 and node:
        node.pop()
    elif how == 3 and node:
        node[0] = value
    elif how == 4:
        node.reverse()
    elif how == 5:
        node.clear()


def act_on_dict(node: dict[Any, Any], how: int, key: Any, value: Any) -> None:
    """Set, delete, move to the end or empty."""
    if how <= 2:
        dict.__setitem__(node, key, value) if type(node) is not OrderedDict else node.update({key: value})
    elif how == 3:
        node.pop(key, None)
    elif how == 4 and key in node:
        node[key] = node.pop(key)
    elif how == 5:
        node.clear()


def act_on_set(node: set[Any], how: int, what: int) -> None:
    """Add, discard or empty."""
    if how <= 2:
        node.add(KEYS[what % len(KEYS)])
    elif how == 5:
        node.clear()
    else:
        node.discard(KEYS[what % len(KEYS)])


def act_on_attributes(node: Any, how: int, name: str, value: Any) -> None:
    """Set, delete, or exchange the dict."""
    if how <= 2:
        if name != "other" or hasattr(node, "__dict__"):
            setattr(node, name, (name, value))  # a name that goes with the value that comes under another one is missed
    elif how == 5 and hasattr(node, "__dict__"):
        node.__dict__ = dict(node.__dict__)
    elif hasattr(node, name):
        delattr(node, name)


def told(node: Any) -> Any:
    """Return what *node* holds, by identity and in order."""
    if isinstance(node, OrderedDict):
        return [(key, id(value)) for key, value in node.items()]
    if isinstance(node, dict):
        return [(key, id(value)) for key, value in dict.items(node)]
    if isinstance(node, set):
        return set(map(id, node))
    if isinstance(node, (list, deque, tuple)):
        return list(map(id, node))
    slots = {name: id(getattr(node, name, None)) for name in ("left", "right") if hasattr(node, name)}
    return slots, sorted((name, id(value)) for name, value in getattr(node, "__dict__", {}).items())


def reached(root: Any) -> list[Any]:
    """Return what can be reached from *root*."""
    found: dict[int, Any] = {}
    ahead = [root]
    while ahead:
        node = ahead.pop()
        if id(node) in found or not isinstance(node, (dict, list, set, deque, tuple, Thing, Slotted)):
            continue
        found[id(node)] = node
        if isinstance(node, dict):
            ahead += dict.values(node)
        elif isinstance(node, (list, deque, tuple)):
            ahead += node
        elif not isinstance(node, set):
            ahead += [getattr(node, name, None) for name in ("left", "right", "other")]
    return list(found.values())


def is_ours(kind: type) -> bool:
    """Follow what this file defines."""
    return kind.__module__ == __name__


def made(kinds: list[int], actions: list[Action]) -> tuple[Any, list[Any], Snapshot]:
    """Return a module that leads into a graph, its nodes, and a snapshot of it."""
    nodes = [MAKERS[kind]() for kind in kinds]
    app: Any = ModuleType("app")
    app.first = nodes[0]
    for action in actions:
        act(nodes, action)
    return app, nodes, Snapshot([Root("app", app)], is_ours)


def all_told(app: Any) -> tuple[dict[str, int], dict[int, Any], list[Any]]:
    """Return what everything reached from *app* holds, and keep it alive."""
    nodes = [node for value in list(vars(app).values()) for node in reached(value)]
    return {name: id(value) for name, value in vars(app).items()}, {id(node): told(node) for node in nodes}, nodes


KINDS = st.lists(st.integers(0, len(MAKERS) - 1), min_size=1, max_size=8)


@given(KINDS, ACTIONS, ACTIONS)
def test_any_graph_comes_back(kinds: list[int], building: list[Action], spoiling: list[Action]) -> None:
    """Whatever is done to a graph, restoring gives back the same objects with the same contents in the same order."""
    app, nodes, snapshot = made(kinds, building)
    before = all_told(app)
    for action in spoiling:
        act(nodes, action)
    app.second = nodes[-1]

    refusals = snapshot.restore(snapshot.changes())

    assert refusals == []
    assert all_told(app)[:2] == before[:2]
    assert shown(snapshot.changes()) == []


@given(KINDS, ACTIONS, st.lists(ACTIONS, max_size=4), ACTIONS)
def test_what_is_accepted_is_what_comes_back(
    kinds: list[int], building: list[Action], rounds: list[list[Action]], spoiling: list[Action]
) -> None:
    """After accepting nothing differs, and restoring goes back to what was accepted last."""
    app, nodes, snapshot = made(kinds, building)
    app.nodes = list(nodes)
    for actions in rounds:
        for action in actions:
            act(nodes, action)
        app.nodes = list(nodes) if len(actions) % 2 else nodes[:1]
        snapshot.accept(snapshot.changes())
        assert shown(snapshot.changes()) == []
    snapshot.accept(snapshot.changes())
    before = all_told(app)
    for action in spoiling:
        act(nodes, action)

    snapshot.restore(snapshot.changes())

    assert all_told(app)[:2] == before[:2]
    assert shown(snapshot.changes()) == []


@given(KINDS, ACTIONS, ACTIONS)
def test_each_change_can_be_put_alone(kinds: list[int], building: list[Action], spoiling: list[Action]) -> None:
    """Putting back change after change is as good as restoring all of them, but for the order of keys."""
    app, nodes, snapshot = made(kinds, building)
    before = Snapshot([Root("app", app)], is_ours)
    for action in spoiling:
        act(nodes, action)
    changes = snapshot.changes()
    snapshot.accept(changes)

    refusals = [snapshot.put(change, change.before) for change in changes]

    assert [refusal for refusal in refusals if refusal and "not reachable" not in refusal] == []
    assert shown(snapshot.changes()) == []
    left = [change for change in before.changes() if change.item is None or type(change.before) is not list]
    assert {change.path for change in left} <= {
        change.path for change, refusal in zip(changes, refusals, strict=True) if refusal
    }


def shown(changes: Any) -> list[str]:
    """Return what changed, for people."""
    return [f"{change.path}: {change.before} -> {change.after}" for change in changes]
