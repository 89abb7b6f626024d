"""What the source of the hub says of its types, and how the reference pages spell it.

Annotations and docstrings are read from the source, where a field's docstring and the name of a
union still are; both are gone at run time. Types are spelled as the seed does it, and what the
seed has no example of, alike: `*int*`, `*Optional[int]*`, `[shared.Name](…)`,
`[Optional[shared.Name]](…)`, `list[*str*]`, `dict[str, *int*]`, `Union[*str*, [shared.Name](…)]`,
`Optional[list[*str*]]`. A set of words is written out in place, also where it has a name; a union
that has a name has a page, so that a long one is not repeated in every cell.
"""

import ast
import inspect
import json
import re
import sys
import types
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

import msgspec

from dragoman.models import shared

SCALARS = frozenset({"str", "int", "float", "bool", "bytes", "Any"})

STRUCTS = [
    name
    for name in shared.__all__
    if isinstance(value := getattr(shared, name), type) and issubclass(value, msgspec.Struct)
]
"""Public classes; each has a page."""

UNIONS = [
    name for name in shared.__all__ if get_origin(getattr(shared, name)) in (Union, types.UnionType)
]
"""Public names for one of several types; each has a page."""

PAGED = sorted(STRUCTS + UNIONS)

Said = dict[str, tuple[str, str]]
"""By name: the spelled type, and the description."""


class Alias(NamedTuple):
    """A name given to a type at the top of a module."""

    module: str
    value: ast.expr
    docstring: str


def sentence(name: str) -> str:
    """The first sentence of what the source says of a public type."""
    if name in STRUCTS:
        text = paragraph(getattr(shared, name).__doc__ or "")
    else:
        text = paragraph(aliases()[name].docstring)
    first = re.match(r".+?[.](?= |$)", text)
    return first.group() if first else text


def paragraph(docstring: str) -> str:
    """The first paragraph, in one line."""
    return " ".join(inspect.cleandoc(docstring).partition("\n\n")[0].split())


def said_of_fields(kind: type) -> Said:
    """What the class and those it stands on say of their fields."""
    said: Said = {}
    for body in bodies(kind):
        for node, docstring in documented(body):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                said[node.target.id] = spelled(node.annotation), paragraph(docstring)
    return said


def said_of_properties(kind: type) -> Said:
    """The same of their properties."""
    return {
        node.name: (spelled(node.returns), paragraph(ast.get_docstring(node) or ""))
        for body in bodies(kind)
        for node in body
        if isinstance(node, ast.FunctionDef) and node.returns and is_property(node)
    }


def is_property(node: ast.FunctionDef) -> bool:
    return any(isinstance(mark, ast.Name) and mark.id == "property" for mark in node.decorator_list)


def members(name: str) -> Iterator[tuple[str, str]]:
    """The types that a union's name stands for, each with its sentence."""
    for node in alternatives(aliases()[name].value):
        public = isinstance(node, ast.Name) and node.id in PAGED
        yield spelled(node), sentence(ast.unparse(node)) if public else "One of these words."


def module_of(name: str) -> str:
    """Where a public type is made: the module's name inside `dragoman.models`."""
    path = getattr(shared, name).__module__ if name in STRUCTS else aliases()[name].module
    return str(path).rpartition(".")[2]


def spelled(node: ast.expr, form: str = "{}") -> str:
    """An annotation as the pages write it; `form` is what stands around it, as `Optional[{}]`."""
    match node:
        case ast.Name(id=name) if name in SCALARS:
            return f"*{form.format(name)}*"
        case ast.Name(id=name) if name in PAGED:
            return link(name, form)
        case ast.Name(id=name) if get_origin(value := getattr(shared, name, None)) is Literal:
            return literal(get_args(value), form)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=words):
            listed = words.elts if isinstance(words, ast.Tuple) else [words]
            return literal([ast.literal_eval(word) for word in listed], form)
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[inner, *_])):
            return spelled(inner, form)
        case ast.Subscript(value=ast.Name(id="list"), slice=inner):
            return form.format(f"list[{spelled(inner)}]")
        case ast.Subscript(
            value=ast.Name(id="tuple"), slice=ast.Tuple(elts=[inner, ast.Constant(value=end)])
        ) if end is ...:
            return form.format(f"tuple[{spelled(inner)}, ...]")
        case ast.Subscript(
            value=ast.Name(id="dict" | "Mapping" as kind),
            slice=ast.Tuple(elts=[ast.Name(id="str"), inner]),
        ):
            return form.format(f"{kind}[str, {spelled(inner)}]")
        case ast.BinOp(op=ast.BitOr()):
            return either(list(alternatives(node)), form)
    raise LookupError(f"no page can be linked or spelling found for {ast.unparse(node)}")


def either(nodes: list[ast.expr], form: str) -> str:
    """A union: `Optional` where null is one of two, `Union` of what else there is."""
    some = [node for node in nodes if not is_null(node)]
    around = form.format("Optional[{}]") if len(some) < len(nodes) else form
    if len(some) == 1:
        return spelled(some[0], around)
    return around.format(f"Union[{', '.join(spelled(node) for node in some)}]")


def alternatives(node: ast.expr) -> Iterator[ast.expr]:
    """The sides of `a | b | c`, in order."""
    if isinstance(node, ast.BinOp):
        yield from alternatives(node.left)
        yield from alternatives(node.right)
    else:
        yield node


def is_null(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def literal(words: Iterable[Any], form: str = "{}") -> str:
    listed = ", ".join(json.dumps(word, ensure_ascii=False) for word in words)
    return f"*{form.format(f'Literal[{listed}]')}*"


def link(name: str, form: str = "{}") -> str:
    """From one page to another; the seed's own path, with a prefix that works."""
    return f"[{form.format(f'shared.{name}')}](../../models/shared/{name.lower()}.md)"


@cache
def aliases() -> dict[str, Alias]:
    """Every name that a module of the hub gives to a type, with the text below it."""
    found = {}
    for module in sorted({getattr(shared, name).__module__ for name in STRUCTS}):
        for node, docstring in documented(tree(module).body):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                found[node.targets[0].id] = Alias(module, node.value, docstring)
    return found


def bodies(kind: type) -> Iterator[list[ast.stmt]]:
    """The source of the class and of those it stands on, the farthest first."""
    for ancestor in reversed(kind.__mro__):
        if ancestor.__module__.startswith("dragoman."):
            yield next(
                node.body
                for node in tree(ancestor.__module__).body
                if isinstance(node, ast.ClassDef) and node.name == ancestor.__name__
            )


def documented(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str]]:
    """Each statement with the text that stands right below it; empty where there is none."""
    for node, below in zip(body, [*body[1:], ast.Pass()], strict=True):
        match below:
            case ast.Expr(value=ast.Constant(value=str(docstring))):
                yield node, docstring
            case _:
                yield node, ""


@cache
def tree(module: str) -> ast.Module:
    return ast.parse(inspect.getsource(sys.modules[module]))
