"""Functions and classes as they are made, and the attributes of objects."""

from __future__ import annotations

import ast
from dataclasses import replace

from flake8_asyncrun.names import asyncio_table
from flake8_asyncrun.names.asyncio_table import Does
from flake8_asyncrun.names.context import decorated, inherited
from flake8_asyncrun.names.externals import (
    CLASS_DECORATORS,
    DATACLASS_DECORATORS,
    GIVES,
    IDENTITY,
    NOT_PLAIN,
    PROTOCOLS,
    ROLES,
    TRANSPARENT,
    does,
    escape,
    promised_by,
)
from flake8_asyncrun.names.lookup import Names
from flake8_asyncrun.names.machine import Frame, Raised
from flake8_asyncrun.names.project import collect
from flake8_asyncrun.names.scope import Scope
from flake8_asyncrun.names.shapes import expression, fields, is_accessor, is_dotted, last_name
from flake8_asyncrun.names.values import (
    NONE,
    SOMETHING,
    UNKNOWN,
    Arguments,
    Class,
    Coroutine,
    External,
    Function,
    FunctionNode,
    Future,
    Instance,
    Loop,
    Made,
    Mapping,
    Method,
    ModuleValue,
    Partial,
    Sequence,
    Super,
    Value,
    join,
)


def _merge(orders: list[list[Class]]) -> list[Class]:
    """Merge method resolution orders as C3 does; a conflict takes the first that comes."""
    if len(orders) == 1:
        return orders[0]
    merged: list[Class] = []
    while orders := [order for order in orders if order]:
        heads = (order[0] for order in orders)
        head = next(
            (one for one in heads if not any(one in order[1:] for order in orders)), orders[0][0]
        )
        merged.append(head)
        orders = [[cls for cls in order if cls is not head] for order in orders]
    return merged


class Objects(Names):
    """Makes functions, classes and instances, and reads their attributes."""

    def _queue(self, function: Function) -> None:
        if self._recording and function.scope.module is self.module:
            self._pending.append(function)

    def _defaults(self, node: FunctionNode, scope: Scope) -> None:
        """Evaluate the defaults of a function, as is done once, where it is made."""
        for default in [*node.args.defaults, *node.args.kw_defaults]:
            if default is not None and self._recording:
                self._evaluate(default, scope)

    def _make_function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope
    ) -> Value | None:
        """Return what a definition binds, None for an overload's declaration."""
        owner = scope.owner if scope.is_class else None
        function = Function(node, scope, owner)
        self._defaults(node, scope)
        self._queue(function)
        result: Value = function
        for decorator in reversed(node.decorator_list):
            value = self._evaluate(decorator, scope)
            if isinstance(decorator, ast.Call) and self._recording:
                handed = decorated(self._evaluate_quietly(decorator.func, scope), function)
                if handed is not None:
                    self._hand(handed)
            name = asyncio_table.canonical(value.name) if isinstance(value, External) else ""
            if name.rpartition(".")[2] == "overload":
                return None
            if isinstance(result, Function) and name in ROLES:
                result.role = ROLES[name]
            elif isinstance(result, Function) and name in GIVES:
                result.gives = GIVES[name]
            elif isinstance(result, Function) and name in TRANSPARENT:
                result.abstract |= name == "abc.abstractmethod"
            elif is_accessor(decorator):
                return None
            else:
                result = self._decorated(value, result, node)
        return result

    def _decorated(self, decorator: Value, result: Value, node: ast.AST) -> Value:
        if isinstance(decorator, External) and decorator.name == IDENTITY.name:
            return result
        owner = result.owner if isinstance(result, Function) else None
        try:
            value = self._call(decorator, Arguments([result]), node)
        except Raised:
            return UNKNOWN
        if isinstance(value, Function) and owner is not None and value is not result:
            return replace(value, owner=owner, bound=None)
        return value

    def _make_class(self, node: ast.ClassDef, scope: Scope) -> Value:
        if id(node) in self._classes:
            return self._classes[id(node)]
        cls = Class(node, scope)
        self._classes[id(node)] = cls
        orders: list[list[Class]] = []
        for base in node.bases:
            value = self._evaluate(base, scope)
            if isinstance(value, Class):
                orders.append(list(value.order))
                cls.opaque |= value.opaque
                cls.replaced |= value.replaced
                cls.wrapped |= value.wrapped or any(map(value.defines, _WRAPPERS))
                cls.outside += value.outside
            elif isinstance(value, External):
                cls.outside.append(value)
                cls.is_protocol |= value.name in PROTOCOLS
            elif not isinstance(value, Made):
                cls.opaque = True
        cls.order = [cls, *_merge(orders)]
        for keyword in node.keywords:
            value = self._evaluate(keyword.value, scope)
            known = isinstance(value, External) and value.known
            cls.opaque |= keyword.arg != "metaclass" or not known
            if keyword.arg == "metaclass" and isinstance(value, Class):
                cls.replaced |= value.defines("__call__")
                cls.wrapped |= any(map(value.defines, ("__new__", "__init__", "__getattribute__")))
        for decorator in node.decorator_list:
            value = self._evaluate(decorator, scope)
            last = last_name(decorator)
            if last in DATACLASS_DECORATORS:
                cls.dataclass = not _leaves_init(decorator)
            elif not (isinstance(value, (External, Made)) and last in CLASS_DECORATORS):
                cls.opaque = True
                # Libraries decorate to register, to document or to warn.
                cls.replaced |= scope.module is self.module
        cls.wrapped |= cls.replaced or any(
            getattr(one, "name", "") == "__getattribute__" for one in node.body
        )
        body = self._class_scope(cls)
        if self._recording and scope.module is self.module:
            self._block(node.body, body, Frame())
            cls.members = body.values
            for handed in inherited(cls):
                self._hand(handed)
        else:
            cls.pending = collect(node.body, scope.module.judge)
        return cls

    def _attribute(self, owner: Value, name: str, node: ast.AST, scope: Scope) -> Value:
        match owner:
            case ModuleValue(module=module):
                return self._module_attribute(module, name)
            case External(known=True):
                if owner.name == "builtins.super":
                    return UNKNOWN
                return External(asyncio_table.canonical(f"{owner.name}.{name}"))
            case External():
                return self._module_value(f"{owner.name}.{name}")
            case Instance():
                return self._instance_attribute(owner, name, node, scope)
            case Class() if name == "__dict__":
                names = [*owner.members, *(owner.pending.names if owner.pending else ())]
                return Mapping({_mangled(one, owner): UNKNOWN for one in names}, open=owner.opaque)
            case Class():
                value = self._member(owner, name)
                if isinstance(value, Function) and value.role == "classmethod":
                    return value.bind(owner)
                if isinstance(value, Function) and value.role == "property":
                    return UNKNOWN
                return UNKNOWN if value is None else value
            case Super():
                return self._super_attribute(owner, name, node, scope)
            case Loop() | Future() | Made() | Sequence() | Mapping() | Coroutine():
                return Method(owner, name)
            case _:
                return UNKNOWN

    def _instance_attribute(
        self, instance: Instance, name: str, node: ast.AST, scope: Scope
    ) -> Value:
        value = self._member(instance.cls, name)
        if isinstance(value, Function) and value.role == "property":
            return self._call_function(value.bind(instance), Arguments(), node, scope)
        if name in instance.attributes:
            return instance.attributes[name]
        if isinstance(value, Function):
            if instance.cls.wrapped and instance.cls.scope.module is self.module:
                return UNKNOWN
            if value.role == "staticmethod":
                return value
            return value.bind(instance.cls if value.role == "classmethod" else instance)
        if name == "__class__":
            return instance.cls
        if name == "__dict__":
            escape(Arguments([instance]))
            return Mapping({}, open=True)
        if value is None and (base := self._base_told_of(instance.cls, name)) is not None:
            return Method(Made(base.name), name)
        if value is None or not instance.exact:
            return UNKNOWN
        return value

    def _base_told_of(self, cls: Class, name: str) -> External | None:
        """Return the base without source of whose member we were told."""
        told = self.project.knowledge
        return next(
            (one for one in cls.outside if not one.known and told.of(f"{one.name}.{name}")), None
        )

    def _super_attribute(self, parent: Super, name: str, node: ast.AST, scope: Scope) -> Value:
        instance = parent.instance
        cls = instance.cls if isinstance(instance, Instance) else instance
        if not isinstance(cls, Class):
            return UNKNOWN
        value = self._member(cls, name, after=parent.cls)
        if isinstance(value, Function):
            if value.role == "property":
                return self._call_function(value.bind(instance), Arguments(), node, scope)
            if value.role == "staticmethod" or name == "__new__":
                return value
            return value.bind(cls if value.role == "classmethod" else instance)
        if value is None and name == "__setattr__":
            return Partial(External("builtins.object.__setattr__"), Arguments([instance]))
        if value is None and name == "__new__" and not cls.opaque:
            return External("builtins.object.__new__")
        if value is None and name == "__init__":
            for outside in cls.outside:
                if self._touches_loop(outside):
                    return Method(instance, f"<{outside.name}>")
        return UNKNOWN if value is None else value

    def _set_attribute(self, instance: Instance, name: str, value: Value) -> None:
        before = instance.attributes.get(name)
        if before is not None and self._maybe:
            value = join(before, value)
        instance.attributes[name] = value

    def _touches_loop(self, base: External) -> bool:
        """Say whether the constructor of a class without source is known to look for a loop."""
        if not base.known:
            return self.project.knowledge.of(base.name) is not None
        return does(base) in (Does.BINDS, Does.BINDS_OBJECT, Does.NEEDS_RUNNING_OBJECT)

    def _set_class_attribute(self, cls: Class, name: str, value: Value) -> None:
        module = cls.scope.module
        if self._abroad is None or module is self.module:
            # When it is set, and what by then has read it, nobody knows.
            self._patched.add((module.name, f"{cls.name}.{name}"))
        else:
            before = self._member(cls, name) if self._maybe else value
            self._set_on_class[id(cls.node), name] = join(before or UNKNOWN, value)

    def _instantiate(
        self, cls: Class, arguments: Arguments, node: ast.AST, scope: Scope | None
    ) -> Value:
        if any(base.name in NOT_PLAIN for base in cls.outside):
            return SOMETHING
        if cls.replaced:
            escape(arguments)
            return UNKNOWN
        instance = Instance(cls, exact=not cls.opaque)
        new = self._member(cls, "__new__")
        if isinstance(new, Function) and new.node not in self._running:
            given = Arguments(
                [cls, *arguments.positional], arguments.keywords, arguments.open, arguments.named
            )
            made = self._call_function(new, given, node, scope)
            if not isinstance(made, Instance) or cls not in made.cls.order:
                # Its constructor is not called.
                return made
            instance = made
        init = self._member(instance.cls, "__init__")
        generated = _generated_before(instance.cls, init)
        if generated:
            self._dataclass_init(instance, arguments, node, scope)
        elif isinstance(init, Function):
            self._call_function(init.bind(instance), arguments, node, scope)
        if generated or init is None:
            for outside in cls.outside:
                if self._touches_loop(outside):
                    made = self._call_external(outside, arguments, node, scope)
                    instance.attributes[f"<{outside.name}>"] = made
                    break
        return instance

    def _dataclass_init(
        self, instance: Instance, arguments: Arguments, node: ast.AST, called_in: Scope | None
    ) -> None:
        positional, keywords = list(arguments.positional), dict(arguments.keywords)
        for name, default, cls in fields(instance.cls):
            scope = self._class_scope(cls)
            factory: ast.expr | None = None
            settable = True
            if isinstance(default, ast.Call) and last_name(default) in ("field", "ib", "attrib"):
                given = {keyword.arg: keyword.value for keyword in default.keywords}
                factory = given.get("default_factory", given.get("factory"))
                settable = getattr(given.get("init"), "value", True) is not False
                default = given.get("default")
            if settable and name in keywords:
                instance.attributes[name] = keywords.pop(name)
            elif settable and positional:
                instance.attributes[name] = positional.pop(0)
            elif arguments.open and settable:
                instance.attributes[name] = UNKNOWN
            elif factory is not None:
                made = self._call(
                    self._evaluate_quietly(factory, scope), Arguments(), node, called_in
                )
                instance.attributes[name] = made
            elif default is not None:
                instance.attributes[name] = self._evaluate_quietly(default, scope)
            else:
                instance.attributes[name] = UNKNOWN
        for hook in ("__post_init__", "__attrs_post_init__"):
            member = self._member(instance.cls, hook)
            if isinstance(member, Function):
                self._call_function(member.bind(instance), Arguments(), node, called_in)

    def _of_annotation(self, annotation: ast.expr | None, scope: Scope) -> Value:
        """Return what an annotation promises, UNKNOWN for what may be several things."""
        if annotation is None:
            return UNKNOWN
        place = self._place(annotation, scope.module)
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            annotation = expression(annotation.value)
        if isinstance(annotation, ast.Subscript):
            annotation = annotation.value
        if annotation is None or not is_dotted(annotation):
            return NONE if isinstance(annotation, ast.Constant) else UNKNOWN
        try:
            promised = self._evaluate_quietly(annotation, scope)
        except Raised:
            return UNKNOWN
        if isinstance(promised, Class) and not promised.is_protocol:
            return Instance(promised, exact=False)
        return promised_by(promised, place) if isinstance(promised, External) else UNKNOWN

    def _evaluate_quietly(self, node: ast.expr, scope: Scope) -> Value:
        with self._quiet():
            return self._evaluate(node, scope)


_WRAPPERS = ("__init_subclass__", "__getattribute__")
"""Members by which a class changes what others of its kind give."""


def _leaves_init(decorator: ast.expr) -> bool:
    """Say whether a dataclass's decorator is told to write no constructor."""
    keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
    return any(one.arg == "init" and getattr(one.value, "value", True) is False for one in keywords)


def _generated_before(cls: Class, init: Value | None) -> bool:
    """Say whether a constructor that a decorator writes comes before `init`, which is written."""
    owner = init.owner if isinstance(init, Function) else None
    for one in cls.order:
        if one is owner:
            return False
        if one.dataclass:
            return init is None or owner is not None
    return False


def _mangled(name: str, cls: Class) -> str:
    """Return the name under which a class keeps what its body calls `name`."""
    if name.startswith("__") and not name.endswith("__"):
        return f"_{cls.name.lstrip('_')}{name}"
    return name
