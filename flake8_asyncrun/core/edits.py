"""Ways to change a file. The only place where text is put together."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import libcst as cst

from flake8_asyncrun.core.children import children
from flake8_asyncrun.core.model import Edit, Span
from flake8_asyncrun.core.rule import File, Refused, per_file
from flake8_asyncrun.core.source import Source
from flake8_asyncrun.names.values import External


def replace(file: File, node: cst.CSTNode, text: str) -> Edit:
    """Put `text` in a node's place; parentheses around the node stay."""
    return Edit(file.span(node), text)


def put_in(text: str, edits: Iterable[Edit]) -> str:
    """Return a text with edits of it that keep clear of each other."""
    data = text.encode("utf-8", "surrogatepass")
    parts: list[bytes] = []
    done = 0
    # An insertion comes before what is replaced behind it.
    for edit in sorted(edits):
        parts += [data[done : edit.span.start], edit.text.encode("utf-8", "surrogatepass")]
        done = edit.span.end
    return b"".join([*parts, data[done:]]).decode("utf-8", "surrogatepass")


def insert(offset: int, text: str) -> Edit:
    return Edit(Span(offset, offset), text)


def remove_argument(file: File, call: cst.Call, argument: cst.Arg) -> Edit:
    """Remove one argument with the comma that belongs to it.

    Raises Refused where a comment would go with it.
    """
    index = call.args.index(argument)
    span = file.span(argument)
    behind = file.span(call.args[index - 1]).end if index else file.span(call.func).end
    if "#" in file.source.slice(Span(behind, span.start)):
        raise Refused("a comment stands beside the argument")
    if index:
        start = file.span(call.args[index - 1]).end
        end = span.end
        # The comma before goes too, unless it is needed by what follows.
        removed = Span(start, end)
        if isinstance(call.args[index - 1].comma, cst.Comma) and index + 1 < len(call.args):
            removed = Span(span.start, file.span(call.args[index + 1]).start)
    elif len(call.args) > 1:
        removed = Span(span.start, file.span(call.args[1]).start)
    else:
        inside = file.source.slice(Span(behind, span.start))
        start = behind + inside.index("(") + 1
        removed = Span(start, _closing(file, call, span.end))
    if "#" in file.source.slice(removed).replace(file.source.slice(span), ""):
        raise Refused("a comment stands beside the argument")
    return Edit(removed, "")


def _closing(file: File, call: cst.Call, offset: int) -> int:
    """Return the offset of the closing parenthesis behind the last argument, which ends at
    `offset`; a trailing comma is passed over."""
    text = file.source.slice(Span(offset, file.span(call).end))
    return offset + len(text[: text.rindex(")")].encode("utf-8"))


def only_argument(file: File, call: cst.Call, text: str) -> Edit:
    """Put `text` in the place of a call's first argument, and the lines around it away where it is
    the only one and no comment stands there."""
    argument = call.args[0]
    span = file.span(argument.value)
    if len(call.args) == 1 and argument.keyword is None:
        function = file.span(call.func).end
        inside = file.source.slice(Span(function, span.start))
        whole = Span(function + inside.index("(") + 1, _closing(file, call, span.end))
        around = file.source.slice(whole).replace(file.source.slice(span), "")
        if "#" not in around and "\\" not in around:
            return Edit(whole, text)
    wide = span
    for _ in argument.value.lpar:
        data = file.source.data
        wide = Span(data.rfind(b"(", 0, wide.start), data.find(b")", wide.end) + 1)
    around = file.source.slice(wide).replace(file.source.slice(span), "")
    return Edit(span if "#" in around else wide, text)


def awaited(text: str, node: cst.BaseExpression) -> str:
    """Return an `await` of an expression, in parentheses where the expression binds less."""
    binds = (
        cst.Call,
        cst.Name,
        cst.Attribute,
        cst.Subscript,
        cst.List,
        cst.Set,
        cst.Dict,
        cst.ListComp,
        cst.SetComp,
        cst.DictComp,
        cst.GeneratorExp,
    )
    bare = isinstance(node, cst.GeneratorExp) and not node.lpar
    if isinstance(node, binds) and not bare and _is_whole(text):
        return f"await {text}"
    return f"await ({text})"


def _is_whole(text: str) -> bool:
    """Say whether an expression needs no parentheses around it to go over its lines."""
    if "\n" not in text and "\r" not in text:
        return True
    try:
        cst.parse_expression(text)
    except cst.ParserSyntaxError:
        return False
    return True


def awaiting(file: File, before: str, text: str, node: cst.BaseExpression, deeper: str) -> str:
    """Return a statement that awaits a node, whose `text` is indented for it, as formatters have
    it; `before` is what comes before the `await`, with the indentation, and lines in brackets are
    indented by `deeper`."""
    statement = f"{before}{awaited(text, node)}"
    indentation = before[: len(before) - len(before.lstrip())]
    newline = newline_at(file.source, file.span(node).start)
    if newline in text and not statement.endswith(text):
        span = file.span(node)
        again = reindent(file, span, indentation_at(file.source, span.start), deeper, node).lstrip()
        return f"{before}await ({newline}{deeper}{again}{newline}{indentation})"
    limit = _longest_line(file)
    if newline in text or len(statement) <= limit or not isinstance(node, cst.Call):
        return statement
    parts = [_argument(file, one) for one in node.args]
    lines = [f"{deeper}{', '.join(parts)}"]
    if len(lines[0]) > limit and not isinstance(node.args[-1].value, cst.GeneratorExp):
        lines = [f"{deeper}{part}," for part in parts]
    function = f"{before}await {file.source.text_of(node.func)}("
    return newline.join([function, *lines, f"{indentation})"]) if parts else statement


def _argument(file: File, argument: cst.Arg) -> str:
    return file.source.text_of(argument).rstrip(", \t")


@per_file
def _longest_line(file: File) -> int:
    """Return how long a line may be where a file was formatted, to judge by those that it has."""
    longest = max(map(len, file.source.text.splitlines()), default=0)
    return next((limit for limit in (88, 100, 120) if longest <= limit), longest)


def newline_at(source: Source, offset: int) -> str:
    """Return the line break in use at an offset, the file's own where that line has none."""
    line = source.slice(Span(source.line_start(offset), source.line_end(offset)))
    found = re.search(r"\r\n|\r|\n", line)
    return found[0] if found else source.tree.default_newline


def indentation_at(source: Source, offset: int) -> str:
    """Return the white space that the line of an offset begins with."""
    line = source.slice(Span(source.line_start(offset), source.line_end(offset)))
    return line[: len(line) - len(line.lstrip(" \t\f"))]


def deeper_by(file: File, block: cst.Module | cst.IndentedBlock) -> str:
    """Return by what the blocks in a block are indented: by what it is itself, if it is."""
    own = block.indent if isinstance(block, cst.IndentedBlock) else None
    return file.source.tree.default_indent if own is None else own


def reindent(
    file: File,
    span: Span,
    before: str,
    after: str,
    inside: cst.CSTNode,
    changes: Sequence[Edit] = (),
) -> str:
    """Return the text of whole lines with `changes`, moved from one indentation to another.

    Lines that begin inside a string of the node `inside` stay as they are.
    """
    source = file.source
    kept = {
        offset for string in strings(inside) for offset in line_starts(source, file.span(string))
    }
    shifts: list[Edit] = []
    start = span.start
    while start < span.end:
        end = min(source.line_end(start), span.end)
        begins = source.line_start(start) == start
        goes = any(
            one.span.start < start < one.span.end
            or (one.span.start == start and end <= one.span.end and not one.text)
            for one in changes
        )
        if begins and start not in kept and not goes:
            shifts += _shift(source, Span(start, end), before, after)
        start = end
    return spliced(source, span, [*shifts, *changes])


def spliced(source: Source, span: Span, changes: Iterable[Edit]) -> str:
    """Return the text of a span with edits that lie in it."""
    parts: list[str] = []
    done = span.start
    for edit in sorted(changes):
        parts += [source.slice(Span(done, edit.span.start)), edit.text]
        done = edit.span.end
    return "".join([*parts, source.slice(Span(done, span.end))])


def dedent(file: File, node: cst.CSTNode, before: str, after: str) -> list[Edit]:
    """Return the edits that move the lines of a node, but its first, from one indentation to
    another further out; lines that begin inside a string stay as they are."""
    source = file.source
    kept = {start for one in strings(node) for start in line_starts(source, file.span(one))}
    return [
        Edit(Span(start + len(after), start + len(before)), "")
        for start in line_starts(source, file.span(node))
        if start not in kept and indentation_at(source, start).startswith(before)
    ]


def _shift(source: Source, line: Span, before: str, after: str) -> list[Edit]:
    text = source.slice(line)
    if not text.strip():
        return []
    if text.startswith(before):
        return [Edit(Span(line.start, line.start + len(before)), after)]
    # A continuation line further out than its statement.
    return [] if len(after) <= len(before) else [insert(line.start, after[len(before) :])]


def strings(node: cst.CSTNode) -> list[cst.CSTNode]:
    """Return the strings in a node."""
    found: list[cst.CSTNode] = []
    stack = [node]
    while stack:
        child = stack.pop()
        if isinstance(child, (cst.SimpleString, cst.FormattedString)):
            found.append(child)
        else:
            stack.extend(children(child))
    return found


def line_starts(source: Source, span: Span) -> list[int]:
    """Return where lines begin inside a span."""
    starts: list[int] = []
    offset = source.line_end(span.start)
    while offset < span.end:
        starts.append(offset)
        offset = source.line_end(offset)
    return starts


def lines_of(file: File, statement: cst.BaseStatement) -> Span:
    """Return a statement's whole lines, with the comments that stand right above it."""
    source = file.source
    span = file.span(statement)
    start = span.start
    leading: Sequence[cst.EmptyLine] = ()
    if isinstance(statement, (cst.SimpleStatementLine, cst.BaseCompoundStatement)):
        leading = statement.leading_lines
    if isinstance(statement, (cst.FunctionDef, cst.ClassDef)) and statement.decorators:
        start = file.span(statement.decorators[0]).start
    start = source.line_start(start)
    for line in reversed(leading):
        if line.comment is None:
            break
        start = source.line_start(start - 1)
    return Span(start, source.line_end(span.end))


def without_blank_lines(file: File, span: Span, first: bool) -> Span:
    """Widen whole lines that are to go by blank lines behind them, so that as many are left as the
    more of either side had; none where the lines begin their block (`first`)."""
    source = file.source
    before = blank_lines_before(file, span.start, []) or 0
    end = span.end
    removed = 0
    while end < len(source.data) and (first or removed < before):
        after = source.line_end(end)
        if source.slice(Span(end, after)).strip():
            break
        end = after
        removed += 1
    return Span(span.start, end)


def blank_lines_above(file: File, offset: int) -> Span:
    """Return the blank lines that stand right above a line."""
    source = file.source
    start = offset
    while start > 0:
        above = source.line_start(start - 1)
        if source.slice(Span(above, start)).strip():
            break
        start = above
    return Span(start, offset)


def blank_lines_before(file: File, offset: int, gone: list[Span]) -> int | None:
    """Count the blank lines before an offset, as if the spans in `gone` were not there.

    None where nothing comes before.
    """
    source = file.source
    count = 0
    while offset > 0:
        removed = next((span for span in gone if span.end == offset), None)
        if removed is not None:
            offset = removed.start
            continue
        start = source.line_start(offset - 1)
        if source.slice(Span(start, offset)).strip():
            return count
        count += 1
        offset = start
    return None


def remove_statement(file: File, statement: cst.BaseStatement) -> Edit:
    """Remove a statement that has its lines for itself; the comments beside and above it stay."""
    source = file.source
    span = file.span(statement)
    whole = Span(source.line_start(span.start), source.line_end(span.end))
    behind = source.slice(Span(span.end, whole.end))
    if "#" in behind:
        comment = span.end + len(behind[: behind.index("#")].encode("utf-8"))
        return Edit(Span(span.start, comment), "")
    block = source.parent(statement)
    assert isinstance(block, (cst.Module, cst.IndentedBlock))
    alone = whole.start == lines_of(file, statement).start
    return Edit(without_blank_lines(file, whole, first=alone and statement is block.body[0]), "")


def remove_import(file: File, alias: cst.ImportAlias) -> Edit:
    """Remove one name that is imported, with its statement where that imports nothing else.

    Raises Refused where the statement shares its line, or a comment would go.
    """
    statement = file.source.parent(alias)
    line = None if statement is None else file.source.parent(statement)
    if (
        not isinstance(statement, (cst.Import, cst.ImportFrom))
        or isinstance(statement.names, cst.ImportStar)
        or not isinstance(line, cst.SimpleStatementLine)
        or len(line.body) != 1
    ):
        raise Refused("its import shares its line")
    if len(statement.names) == 1:
        return remove_statement(file, line)
    return _without_name(file, alias, statement.names)


def _without_name(file: File, alias: cst.ImportAlias, names: Sequence[cst.ImportAlias]) -> Edit:
    """Remove one of several names from an import. Raises Refused where a comment would go."""
    index = names.index(alias)
    if index + 1 < len(names):
        removed = Span(file.span(alias).start, file.span(names[index + 1]).start)
    else:
        removed = Span(_end_of_name(file, names[index - 1]), _end_of_name(file, alias))
    if "#" in file.source.slice(removed):
        raise Refused("a comment stands beside the import")
    return Edit(removed, "")


def remove_block(file: File, block: cst.Finally, holder: cst.Try) -> Edit:
    """Remove a `finally` and its lines from a `try`. Raises Refused where a comment would go."""
    source = file.source
    start = source.line_start(file.span(block).start)
    removed = Span(start, source.line_end(file.span(holder).end))
    if "#" in source.slice(removed):
        raise Refused("a comment stands in the `finally`")
    return Edit(removed, "")


def unwrap(file: File, holder: cst.Try, replaced: cst.CSTNode | None) -> list[Edit]:
    """Put the body of a `try` … `finally` in its place; what the `finally` does goes.

    `replaced` is a node inside whose lines another edit replaces. Raises Refused where a comment
    would go.
    """
    source = file.source
    body = holder.body
    if holder.finalbody is None or not isinstance(body, cst.IndentedBlock):
        raise Refused("the `try` is written on one line")
    outer = indentation_at(source, file.span(holder).start)
    inner = indentation_at(source, file.span(body.body[0]).start)
    if not inner.startswith(outer):
        raise Refused("the indentation mixes tabs and spaces")
    first = lines_of(file, body.body[0]).start
    opening = Span(source.line_start(file.span(holder).start), first)
    if "#" in source.slice(opening):
        raise Refused("a comment stands beside the `try`")
    ending = remove_block(file, holder.finalbody, holder)
    kept = [file.span(string) for string in strings(body)]
    if replaced is not None:
        kept.append(file.span(replaced))
    changes = [Edit(opening, ""), ending]
    start = first
    while start < ending.span.start:
        line = source.slice(Span(start, source.line_end(start)))
        if line.startswith(inner) and not any(span.start < start < span.end for span in kept):
            extra = len(inner.encode("utf-8")) - len(outer.encode("utf-8"))
            changes.append(
                Edit(
                    Span(
                        start + len(outer.encode("utf-8")),
                        start + len(outer.encode("utf-8")) + extra,
                    ),
                    "",
                )
            )
        start = source.line_end(start)
    return changes


def also_import(file: File, imported: cst.Name, name: str) -> tuple[Edit, ...]:
    """Import `name` from where a name of asyncio's is imported from, unless it is there.

    Raises Refused where that import is not to be found or `name` means something else here.
    """
    variable = file.variable(imported)
    value = file.facts.global_value(name)
    if isinstance(value, External) and value.name == f"asyncio.{name}":
        return ()
    if variable is not None and not any(use.binds for use in variable.uses):
        raise Refused(f"`{imported.value}` comes from an `import *`")
    if variable is None or file.facts.variables.is_taken(name):
        raise Refused(f"`{name}` is something else here")
    for alias in file.import_aliases():
        statement = file.source.parent(alias)
        if isinstance(statement, cst.ImportFrom) and file.variable(_first_name(alias)) is variable:
            return (insert(file.span(alias).end, f", {name}"),)
    raise Refused(f"the import of `{imported.value}` is not to be found")


def _first_name(alias: cst.ImportAlias) -> cst.Name:
    name = alias.name
    while isinstance(name, cst.Attribute):
        name = name.value  # type: ignore[assignment]
    assert isinstance(name, cst.Name)
    return name


def import_beside(file: File, imported: cst.ImportAlias, line: str, module: str) -> Edit:
    """Add an import, of `module`, behind the one that stands there, or behind those that follow it
    and sort before `module`.

    Raises Refused where that import shares its line.
    """
    statement = file.source.parent(imported)
    holder = None if statement is None else file.source.parent(statement)
    block = None if holder is None else file.source.parent(holder)
    if (
        not isinstance(holder, cst.SimpleStatementLine)
        or len(holder.body) != 1
        or not isinstance(block, (cst.Module, cst.IndentedBlock))
    ):
        raise Refused(f"there is no place for `{line}`")
    behind: cst.BaseStatement = holder
    for following in block.body[block.body.index(holder) + 1 :]:
        if not isinstance(following, cst.SimpleStatementLine) or following.leading_lines:
            break
        name = _module_imported(following, type(statement), file)
        if name is None or name > module:
            break
        behind = following
    span = file.span(behind)
    offset = file.source.line_end(span.end)
    indentation = indentation_at(file.source, file.span(holder).start)
    return insert(offset, f"{indentation}{line}{newline_at(file.source, span.start)}")


def _module_imported(line: cst.SimpleStatementLine, like: type, file: File) -> str | None:
    """Return the module that a line imports, None where it is no import of that form."""
    match line.body:
        case [cst.Import(names=[alias, *_]) as found] if isinstance(found, like):
            return alias.evaluated_name
        case [cst.ImportFrom(module=cst.BaseExpression() as module, relative=[])] as found if (
            isinstance(found[0], like)
        ):
            return file.text_of(module)
    return None


def also_import_module(
    file: File, name: str, imported: cst.ImportAlias, node: cst.CSTNode
) -> tuple[Edit, ...]:
    """Import a module for use at `node`, beside an import that serves there, unless it is there.

    Raises Refused where `name` means something else in the file, or anywhere in it may.
    """
    variables = file.facts.variables.called(name)
    if not variables:
        return (import_beside(file, imported, f"import {name}", name),)
    for alias in file.import_aliases():
        statement = file.source.parent(alias)
        line = None if statement is None else file.source.parent(statement)
        if (
            isinstance(statement, cst.Import)
            and alias.evaluated_name == name
            and alias.asname is None
            and line is not None
            and isinstance(file.source.parent(line), cst.Module)
            and file.span(alias).end <= file.span(node).start
            and len(variables) == 1
            and variables[0].is_bound_once
        ):
            return ()
    raise Refused(f"`{name}` is something else here, or imported elsewhere")


def import_from_instead(file: File, imported: cst.ImportAlias, module: str) -> tuple[Edit, ...]:
    """Import a name from another module than its `from … import` does, under the same name.

    Raises Refused where a comment would go.
    """
    statement = file.source.parent(imported)
    if not isinstance(statement, cst.ImportFrom) or isinstance(statement.names, cst.ImportStar):
        raise Refused("it is not imported by name")
    assert statement.module is not None
    if len(statement.names) == 1:
        return (replace(file, statement.module, module),)
    text = file.source.text_of(imported).rstrip(", \t\r\n")
    removed = _without_name(file, imported, statement.names)
    line = f"from {module} import {text}"
    return (removed, import_beside(file, imported, line, module))


def _end_of_name(file: File, alias: cst.ImportAlias) -> int:
    return file.span(alias.asname.name if alias.asname else alias.name).end
