"""`asyncio.run()` is given something that is no coroutine at all.

The result of a function that is not `async`, a list of coroutines, an async generator, the result of
another `asyncio.run`: none of these can be awaited. Often the function did its work while the
argument was evaluated, and the error comes after. Up to Python 3.13 the program ends with

    ValueError: a coroutine was expected, got None

and from Python 3.14 on with

    TypeError: An asyncio.Future, a coroutine or an awaitable is required

(`uvloop.run` says "object NoneType can't be used in 'await' expression" from Python 3.11 on, and
"'NoneType' object can't be awaited" from Python 3.14 on.)

```python bad -3.13="ValueError: a coroutine was expected, got None" 3.14-="TypeError: An asyncio.Future, a coroutine or an awaitable is required"
import asyncio


def main():
    print("hello")


asyncio.run(main())  # RUN103
```

```python fixed unsafe
import asyncio


def main():
    print("hello")


main()
```

A list of coroutines wants `gather`:

```python bad -3.13="ValueError: a coroutine was expected, got [<coroutine object" 3.14-="TypeError: An asyncio.Future, a coroutine or an awaitable is required"
import asyncio


async def hello():
    print("hello")


asyncio.run([hello(), hello()])  # RUN103
```

```python fixed unsafe
import asyncio


async def hello():
    print("hello")


async def main():
    await asyncio.gather(*[hello(), hello()])


asyncio.run(main())
```

An async generator wants an `async for` in a coroutine. What to do with its items is yours to say:

```python bad -3.13="ValueError: a coroutine was expected, got <async_generator object" 3.14-="TypeError: An asyncio.Future, a coroutine or an awaitable is required"
import asyncio


async def lines():
    yield "a line"


asyncio.run(lines())  # RUN103
```

`asyncio.run` returns what the coroutine returned, which has been awaited by then:

```python bad -3.13="ValueError: a coroutine was expected, got None" 3.14-="TypeError: An asyncio.Future, a coroutine or an awaitable is required"
import asyncio


async def main():
    print("hello")


asyncio.run(asyncio.run(main()))  # RUN103
```

```python fixed unsafe
import asyncio


async def main():
    print("hello")


asyncio.run(main())
```

`run_until_complete` of a loop refuses the same, with the TypeError on every Python:

```python bad 3.7-="TypeError: An asyncio.Future, a coroutine or an awaitable is required"
import asyncio


def main():
    print("hello")


loop = asyncio.new_event_loop()
loop.run_until_complete(main())  # RUN103
```

A command of click's or typer's is called as the whole program: it parses the arguments, runs, and
ends the process. What its function returns, a coroutine for instance, is dropped. So an
`async def` under `@click.command()` never runs, with or without `asyncio.run(main())`; have the
command be a plain function that calls `asyncio.run` itself.

A function that is not `async` may well return a coroutine, and one step of an async generator is
one:

```python good
import asyncio


async def main():
    print("hello")


def make():
    return main()


async def lines():
    yield "a line"


asyncio.run(make())
print(asyncio.run(lines().__anext__()))
```

**The fix is unsafe:** code that never ran, or that ran before an error, will now run to its end.

See [asyncio.run](https://docs.python.org/3/library/asyncio-runner.html#asyncio.run).

## Libraries that run a loop themselves

What is to be started by a plain call, with no `asyncio.run` around it, runs its own loop and returns
when all is over. Only then `asyncio.run` would complain:

```python bad with="uvicorn==0.54.0" 3.11-="hangs"
import asyncio

import uvicorn


async def app(scope, receive, send): ...


asyncio.run(uvicorn.run(app, port=0))  # RUN103
```

```python fixed unsafe 3.11-="hangs"
import asyncio

import uvicorn


async def app(scope, receive, send): ...


uvicorn.run(app, port=0)
```

In a loop of your own, beside other tasks, the library's coroutine is what you want:

| Runs a loop itself | To await in yours |
|---|---|
| `uvicorn.run(app)` | `uvicorn.Server(uvicorn.Config(app)).serve()` |
| `aiohttp.web.run_app(app)` | `AppRunner(app).setup()`, then `TCPSite(runner).start()` |
| `client.run(TOKEN)`, `bot.run(TOKEN)` (discord.py, nextcord, disnake, py-cord) | `client.start(TOKEN)` |
| `application.run_polling()` (python-telegram-bot) | `initialize()`, `start()`, `updater.start_polling()` |
| `dispatcher.run_polling(bot)` (aiogram 3) | `dispatcher.start_polling(bot)` |
| `app.run()` (Quart) | `app.run_task()` |
| `app.run()` (Pyrogram, Kurigram) | `async with app:` |
| `mcp.run()` (FastMCP of mcp) | `mcp.run_stdio_async()` |

```python good with="uvicorn==0.54.0" 3.11-="ok"
import asyncio

import uvicorn


async def app(scope, receive, send): ...


async def main():
    server = uvicorn.Server(uvicorn.Config(app, port=0))
    asyncio.get_running_loop().call_later(1, setattr, server, "should_exit", True)
    await server.serve()


asyncio.run(main())
```
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from flake8_asyncrun.core.certain import doubt_of_parameter
from flake8_asyncrun.core.completes import Completion, completes_as_given, refused_by
from flake8_asyncrun.core.edits import only_argument, replace
from flake8_asyncrun.core.errors import R2, by_version, refusal
from flake8_asyncrun.core.model import Fix, Note, Safety
from flake8_asyncrun.core.rule import (
    RUNNERS,
    File,
    Hit,
    Refused,
    Run,
    attempt,
    fails_as_given,
    rule,
    runs_or_completes,
)
from flake8_asyncrun.core.wrap import into_main, spot_of
from flake8_asyncrun.names.machine import Event
from flake8_asyncrun.names.target import Target
from flake8_asyncrun.names.values import (
    AsyncGenerator,
    Class,
    Const,
    Effect,
    External,
    Function,
    Instance,
    Kind,
    Made,
    Mapping,
    Sequence,
    Value,
    kind_of,
)


@rule("RUN103", on=cst.Call, fix=Safety.UNSAFE, possible=runs_or_completes)
def check(call: cst.Call, file: File) -> Iterator[Hit]:
    if _is_given_command(call, file):
        target = file.target_at(call)
        if target is not None:
            yield _command_in_run(call, target, file)
        return
    run = fails_as_given(call, file) or completes_as_given(call, file)
    target = None if run is None else file.target_at(call)
    if run is None or target is None:
        return
    value = file.value(run.argument)
    said = _said(run, value, file)
    events = _events(run.argument, file)
    if said is None or any(event.effect is Effect.NEEDS_RUNNING for event in events):
        # In the latter case it is not this error that comes.
        return
    what, advice = said
    runner = f"{file.text_of(call.func)}()"
    takes_loop = any(
        event.effect is Effect.CAPTURES and not (event.set or event.caught) for event in events
    )
    *eras, (since, later) = refused_by(run) or refusal(run.runner)
    eras.append((since, R2 if takes_loop and not isinstance(run, Completion) else later))
    happens = f"{runner} raises {by_version(target, *eras)}"
    fix, notes = attempt(lambda: _fix(run, value, file))
    yield Hit(call, f"{what}: {happens}; {advice}", fix, (*_evidence(run, value, file), *notes))


def _said(run: Run, value: Value, file: File) -> tuple[str, str] | None:
    """Return what is wrong with an argument and what to do; None where nothing surely is."""
    argument = run.argument
    without = "run_until_complete" if isinstance(run, Completion) else "asyncio.run"
    if file.kind(argument) is Kind.COROUTINE_FUNCTION:
        return None
    if isinstance(argument, cst.Lambda):
        if file.kind(argument.body) is Kind.OTHER:
            return "a lambda is not a coroutine", "call what is to be called"
        return None
    shown = f"`{file.text_of(argument)}`"
    if isinstance(argument, cst.Call):
        shown = f"{file.text_of(argument.func)}()"
        if file.run(argument) is not None and isinstance(value, (Const, Sequence, Mapping)):
            return f"{shown} returns a result, not a coroutine", "run the coroutine once"
    returns = "returns" if isinstance(argument, cst.Call) else "is"
    if isinstance(value, AsyncGenerator):
        advice = "iterate over it with `async for` in an async def"
        return f"{shown} {returns} an async generator, not a coroutine", advice
    if isinstance(value, Sequence):
        advice = "await asyncio.gather(*…) in an async def"
        return f"{shown} {returns} a {value.type}, not a coroutine", advice
    if isinstance(value, Const):
        called = isinstance(argument, cst.Call)
        advice = f"call it without {without}" if called else "hand over a coroutine"
        return f"{shown} {returns} {value.value!r}, not a coroutine", advice
    if isinstance(value, Mapping):
        return f"{shown} {returns} a dict, not a coroutine", "hand over a coroutine"
    if isinstance(value, Function) and kind_of(value) is Kind.OTHER:
        if value.role or value.gives or (value.owner is not None and value.bound is None):
            return None
        return f"{shown} {returns} a function, not a coroutine", f"call it without {without}"
    if isinstance(value, Instance) and kind_of(value) is Kind.OTHER:
        advice = "call its method that returns a coroutine"
        return f"{shown} {returns} a {value.cls.name} object, not a coroutine", advice
    if isinstance(value, Made) and value.kind is Kind.OTHER and isinstance(argument, cst.Call):
        # All that is known of it was told.
        runs = _runs_its_own(argument, file)
        advice = f"call it without {without}" if runs else "hand over a coroutine"
        return f"{shown} returns no coroutine", advice
    return None


def _is_given_command(call: cst.Call, file: File) -> bool:
    """Say whether a run is given a command. It need not be reached: most commands exit first."""
    if file.callee(call) not in RUNNERS or not call.args or file.in_coroutine(call):
        return False
    first = call.args[0]
    plain = first.keyword is None and not first.star
    expected = file.expects_error(call, "ValueError", "TypeError", "SystemExit")
    return plain and not expected and _is_command(first.value, file)


def _command_in_run(call: cst.Call, target: Target, file: File) -> Hit:
    runner, argument = f"{file.text_of(call.func)}()", call.args[0].value
    if isinstance(argument, cst.Call):
        shown = f"{file.text_of(argument.func)}()"
        happens = f"it ends the program before {runner} is reached, its coroutine never awaited"
    else:
        shown = f"`{file.text_of(argument)}`"
        happens = f"{runner} raises {by_version(target, *refusal(file.callee(call) or ''))}"
    message = f"{shown} is a command, not a coroutine: {happens}; call {runner} in the command"
    return Hit(call, message, None, (Note("no fix: what is to run is yours to say"),))


_PARTLY = ("args", "prog_name", "standalone_mode")
"""Arguments of a command that may not be called as the whole program."""
_TYPER = ("typer.Typer", "typer.main.Typer")
_CLICK = (
    *("click.command", "click.decorators.command"),
    *("click.group", "click.decorators.group"),
)


def _is_command(argument: cst.BaseExpression, file: File) -> bool:
    """Say whether an argument is a command of click's or typer's, or runs one as the program."""
    name = argument
    if isinstance(argument, cst.Call):
        if any(one.star or (one.keyword and one.keyword.value in _PARTLY) for one in argument.args):
            return False
        name = argument.func
    made = _made_as(name, file)
    if isinstance(made, cst.Call):
        return _full_name(made.func, file) in _TYPER
    return made is not None and _is_decorated(made, file)


def _is_decorated(function: cst.FunctionDef, file: File) -> bool:
    """Say whether a decorator of click's makes a function a command, those above leaving it one."""
    for decorator in function.decorators:
        called = decorator.decorator
        maker = called.func if isinstance(called, cst.Call) else called
        if _full_name(maker, file) in _CLICK:
            return True
        if isinstance(maker, cst.Attribute) and maker.attr.value in ("command", "group"):
            group = _made_as(maker.value, file)
            return isinstance(group, cst.FunctionDef) and _is_decorated(group, file)
        if not _full_name(maker, file).startswith("click."):
            return False
    return False


def _made_as(name: cst.BaseExpression, file: File) -> cst.FunctionDef | cst.Call | None:
    """Return the only thing that a name is bound to, where that is a function's or a call's."""
    variable = file.variable(name) if isinstance(name, cst.Name) else None
    if variable is None or not variable.is_bound_once:
        return None
    for one in file.names_of(variable):
        parent = file.source.parent(one)
        if isinstance(parent, cst.FunctionDef) and one is parent.name:
            return parent
        assign = None if parent is None else file.source.parent(parent)
        if isinstance(parent, cst.AssignTarget) and isinstance(assign, cst.Assign):
            return assign.value if isinstance(assign.value, cst.Call) else None
    return None


def _full_name(node: cst.BaseExpression, file: File) -> str:
    value = file.value(node)
    if isinstance(value, (Class, Function)):
        return value.qualified
    return value.name if isinstance(value, External) else ""


def _events(argument: cst.BaseExpression, file: File) -> tuple[Event, ...]:
    seen = file.seen(argument)
    return () if seen is None else seen.events


def _runs_its_own(argument: cst.BaseExpression, file: File) -> bool:
    """Say whether a call runs a loop of its own."""
    seen = file.seen(argument)
    return seen is not None and seen.handles_loop


def _fix(run: Run, value: Value, file: File) -> Fix:
    call, argument = run.call, run.argument
    if isinstance(run, Completion):
        raise Refused("what becomes of the loop is yours to say")
    if (reason := doubt_of_parameter(argument, file)) is not None:
        raise Refused(reason)
    if isinstance(value, Sequence):
        run_name = file.text_of(call.func)
        if run.runner != "asyncio.run":
            raise Refused("what asyncio is called is only read off `asyncio.run()`")
        if not run_name.endswith(".run"):
            raise Refused("asyncio is not imported under a name")
        gather = f"{run_name.removesuffix('run')}gather(*"
        return into_main(
            file,
            call,
            argument,
            lambda text: [only_argument(file, call, text)],
            safety=Safety.UNSAFE,
            call_of=gather,
        )
    plain = isinstance(value, Const) or (isinstance(value, Made) and _runs_its_own(argument, file))
    if not isinstance(argument, cst.Call) or not plain:
        raise Refused("what to hand over instead is yours to say")
    if len(call.args) > 1:
        raise Refused("its other arguments would go")
    statement = spot_of(file, call).statement
    small = statement.body[0] if isinstance(statement, cst.SimpleStatementLine) else None
    if not (isinstance(small, cst.Expr) and small.value is call):
        raise Refused("the result is used")
    edit = replace(file, call, file.source.text_of(argument))
    return Fix("Call it without asyncio.run", (edit,), Safety.UNSAFE)


def _evidence(run: Run, value: Value, file: File) -> tuple[Note, ...]:
    function = value if isinstance(value, Function) else None
    if isinstance(run.argument, cst.Call):
        callee = file.value(run.argument.func)
        function = callee if isinstance(callee, Function) else None
    return () if function is None else (Note("it is defined here", function.place),)
