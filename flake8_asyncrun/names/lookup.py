"""What names stand for: in scopes, in modules, through imports."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from flake8_asyncrun.names import asyncio_table, machine
from flake8_asyncrun.names.externals import unresolved
from flake8_asyncrun.names.machine import Machine, OutOfBudget, Raised
from flake8_asyncrun.names.project import BY_TABLE, Binding, Bindings, Module
from flake8_asyncrun.names.scope import Scope
from flake8_asyncrun.names.values import (
    NONE,
    UNKNOWN,
    Class,
    Const,
    External,
    Function,
    Made,
    Mapping,
    ModuleValue,
    Sequence,
    Value,
    join,
    loops_in,
)


def _may_be_filled_in(value: Value | None) -> bool:
    """Say whether a global that a function meets looks like a placeholder or a switch."""
    return isinstance(value, Const) and (value.value is None or isinstance(value.value, bool))


class Names(Machine):
    """Looks names up."""

    def _name(self, name: str, scope: Scope) -> Value:
        value = scope.find(name, later=self._later)
        if self._later and name not in scope.values and _may_be_filled_in(value):
            return UNKNOWN
        if value is None and scope.is_class and scope.owner is not None:
            value = self._class_binding(scope.owner, name)
        if value is None:
            value = self.module_name(scope.module, name)
        if value is None:
            value = External(f"builtins.{name}") if hasattr(builtins, name) else UNKNOWN
        return value

    def holds_loop(self, module: Module, name: str) -> bool:
        """Say whether a global of another module holds a loop, or something bound to one."""
        self._left = max(self._left, machine.CALL_BUDGET)
        try:
            value = self.module_name(module, name)
        except (OutOfBudget, RecursionError):
            return False
        return value is not None and any(True for _ in loops_in(value))

    def module_name(self, module: Module, name: str) -> Value | None:
        """Return what a module's global name stands for, None if the module has none such."""
        if name == "__name__":
            is_program = module is self.module and not self._is_imported
            return Const("__main__" if is_program else module.name)
        if module is self.module:
            value = self._from_stars(self._stars, module, name)
            return value if value is not None else self._for_checkers(module, name)
        if (module.name, name) in self._patched:
            return UNKNOWN
        if name in module.known:
            self.project.rests_on(module)
            return module.known[name]
        if name in module.asking:
            return UNKNOWN
        module.asking.add(name)
        try:
            with self.project.consulting() as consulted, self._importing(module):
                value = self._found_out(module, name)
                module.events[name] = tuple(one for one in self._events if not one.depth)
        finally:
            module.asking.discard(name)
            module.consulted |= consulted
        module.known[name] = value
        return value

    def _found_out(self, module: Module, name: str) -> Value | None:
        # Whoever asks first pays nothing for it, as those who ask later do not: what is found of a
        # file must not depend on which others were checked before.
        before = self._left, self._abroad, self._abroad_depth, self._least
        self._left, self._abroad, self._least = machine.CALL_BUDGET, None, 0
        try:
            return self._module_name(module, name)
        except OutOfBudget:
            if self.is_cut_short:
                raise
            return UNKNOWN
        except RecursionError:
            # An expression of thousands of terms.
            return UNKNOWN
        finally:
            self._left, self._abroad, self._abroad_depth, self._least = before

    def _module_name(self, module: Module, name: str) -> Value | None:
        scope = Scope(module)
        value = self._bound(module.bindings, name, scope)
        bindings = module.bindings.names.get(name, [])
        last = max((binding.statement.lineno for binding in bindings), default=0)
        later = [star for star in module.bindings.stars if star.lineno > last]
        if value is None or any(self._is_found(star, module) for star in later):
            starred = self._from_stars(later, module, name)
            value = value if starred is None else starred
        if value is None:
            submodule = self.project.module(f"{module.name}.{name}") if module.is_package else None
            if submodule is not None:
                return ModuleValue(submodule)
            value = self._for_checkers(module, name)
            if value is None:
                return UNKNOWN if "__getattr__" in module.bindings.names else None
        if not isinstance(value, (Function, Class, External)) and name in module.rebound:
            return UNKNOWN
        return UNKNOWN if value == NONE else value

    def _for_checkers(self, module: Module, name: str) -> Value | None:
        """Return what a name is to type checkers: so a module is lazy, or an annotation read."""
        return self._bound(module.for_checkers, name, Scope(module))

    def _bound(self, bindings: Bindings, name: str, scope: Scope) -> Value | None:
        """Return what the statements that bind `name` leave it as."""
        value: Value | None = None
        for binding in bindings.names.get(name, ()):
            if binding.fallback and value is not None and not unresolved(value):
                continue
            if self._fails_before(binding, scope.module):
                continue
            depth = self._maybe
            self._maybe += binding.guarded or not binding.certain
            try:
                one = self._binding(binding, name, scope)
            except Raised:
                one = UNKNOWN
            finally:
                self._maybe = depth
            if one is not None:
                value = one if binding.certain or value is None else join(value, one)
        return value

    def _fails_before(self, binding: Binding, module: Module) -> bool:
        """Say whether an import in the same `try` fails, so that a binding is not reached."""
        if isinstance(binding.statement, (ast.Import, ast.ImportFrom)):
            return False
        return any(
            unresolved(value)
            for statement in binding.after
            for _, value in self._imported(statement, module)
        )

    def _binding(self, binding: Binding, name: str, scope: Scope) -> Value | None:
        match binding.statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef() as statement:
                return self._make_function(statement, scope)
            case ast.ClassDef() as statement:
                return self._make_class(statement, scope)
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                result = self._evaluate(value, scope)
                return result if binding.item is None else self._item(result, Const(binding.item))
            case ast.Import() | ast.ImportFrom() as statement:
                return dict(self._imported(statement, scope.module, name))[name]
        return UNKNOWN

    def _imported(
        self, statement: ast.Import | ast.ImportFrom, module: Module, only: str | None = None
    ) -> Iterator[tuple[str, Value]]:
        for alias in statement.names:
            name = alias.asname or alias.name
            if isinstance(statement, ast.Import) and alias.asname is None:
                name = alias.name.partition(".")[0]
            if alias.name == "*" or only not in (None, name):
                continue
            if isinstance(statement, ast.Import):
                yield name, self._module_value(alias.name if alias.asname else name)
            else:
                base = module.absolute(statement.module, statement.level)
                yield name, self._from(base, alias.name)

    def _module_value(self, name: str) -> Value:
        if name.partition(".")[0] in BY_TABLE:
            return External(name)
        module = self.project.module(name)
        return External(name, known=False) if module is None else ModuleValue(module)

    def _dotted(self, name: str) -> Value | None:
        """Return what a dotted name stands for, None where no module here holds it."""
        parts = name.split(".")
        for end in range(len(parts) - 1, 0, -1):
            module = ".".join(parts[:end])
            own = module == self.module.name
            owner = self.module if own else self.project.module(module)
            if owner is None:
                continue
            first, *rest = parts[end:]
            value = self.root.values.get(first) if own else self.module_name(owner, first)
            for part in rest:
                value = self._member(value, part) if isinstance(value, Class) else None
            return value
        return None

    def _from(self, base: str, name: str) -> Value:
        """Return what `from base import name` binds."""
        owner = self._module_value(base)
        if isinstance(owner, ModuleValue):
            if name in owner.module.asking:
                # A package that imports a part of itself, by its own name.
                submodule = self.project.module(f"{base}.{name}")
                return UNKNOWN if submodule is None else ModuleValue(submodule)
            value = self.module_name(owner.module, name)
            if not self._recording:
                # Of a module that hands a name on, which does to the loop what its own does.
                self._events += owner.module.events.get(name, ())
            if value is None or (value is UNKNOWN and self._is_told_of(f"{base}.{name}")):
                return External(f"{base}.{name}", known=False)
            return value
        if base.partition(".")[0] in BY_TABLE:
            return External(f"{base}.{name}")
        return self._module_value(f"{base}.{name}")

    def _is_told_of(self, name: str) -> bool:
        knowledge = self.project.knowledge
        return knowledge.has_members(name) or knowledge.of(name) is not None

    def _is_found(self, star: ast.ImportFrom, module: Module) -> bool:
        return isinstance(self._module_value(module.absolute(star.module, star.level)), ModuleValue)

    def _from_stars(self, stars: list[ast.ImportFrom], module: Module, name: str) -> Value | None:
        for statement in reversed(stars):
            base = module.absolute(statement.module, statement.level)
            owner = self._module_value(base)
            if isinstance(owner, ModuleValue):
                exported = owner.module.exported
                if name.startswith("_") if exported is None else name not in exported:
                    continue
                value = self.module_name(owner.module, name)
                if value is not None:
                    return value
            elif name.startswith("_"):
                continue
            elif base == "asyncio":
                listed = asyncio_table.entry(f"asyncio.{name}") is not None
                if listed or name in asyncio_table.EXPORTED:
                    return External(f"asyncio.{name}")
            elif base.partition(".")[0] not in BY_TABLE:
                return UNKNOWN
        return None

    def _module_attribute(self, module: Module, name: str) -> Value:
        value = self.module_name(module, name)
        if value is None or unresolved(value):
            submodule = self.project.module(f"{module.name}.{name}")
            if submodule is not None:
                return ModuleValue(submodule)
        if value is None or value is UNKNOWN:
            # It may be a folder without source of its own, too.
            return External(f"{module.name}.{name}", known=False)
        return value

    def _class_scope(self, cls: Class) -> Scope:
        return Scope(cls.scope.module, cls.scope, cls.members, is_class=True, owner=cls)

    def _class_binding(self, cls: Class, name: str) -> Value | None:
        """Return a name of the class's own body."""
        module = cls.scope.module
        if name in cls.members:
            self.project.rests_on(module)
            return cls.members[name]
        if cls.pending is None or name not in cls.pending.names:
            return None
        cls.members[name] = UNKNOWN  # what a cycle finds
        try:
            with self.project.consulting() as consulted, self._importing(module):
                value = self._bound(cls.pending, name, self._class_scope(cls))
        except BaseException:
            del cls.members[name]
            raise
        finally:
            module.consulted |= consulted
        cls.members[name] = UNKNOWN if value is None else value
        return cls.members[name]

    def _member(self, cls: Class, name: str, after: Class | None = None) -> Value | None:
        """Return a member found along the method resolution order, from behind `after` on."""
        order = cls.order
        if after in order:
            order = order[order.index(after) + 1 :]
        for one in order:
            if (one.scope.module.name, f"{one.name}.{name}") in self._patched:
                return UNKNOWN
            if (id(one.node), name) in self._set_on_class:
                return self._set_on_class[id(one.node), name]
            value = self._class_binding(one, name)
            if value is not None:
                return value
        return None

    def _item(self, owner: Value, index: Value) -> Value:
        if isinstance(owner, (Class, Made)):
            return owner if isinstance(owner, Class) else Made(owner.name + "[]")
        if isinstance(owner, External):
            known = asyncio_table.entry(asyncio_table.canonical(owner.name))
            return owner if known or not owner.known else Made(owner.name + "[]")
        if isinstance(index, Const):
            if isinstance(owner, Mapping):
                return owner.items.get(index.value, UNKNOWN)
            closed = isinstance(owner, Sequence) and not owner.open
            if closed and isinstance(index.value, int):
                assert isinstance(owner, Sequence)
                inside = -len(owner.items) <= index.value < len(owner.items)
                return owner.items[index.value] if inside else UNKNOWN
        return UNKNOWN

    def _one_of(self, value: Value) -> Value:
        """Return what a loop over `value` gives its variable."""
        if not isinstance(value, Sequence) or value.open or not value.items:
            return UNKNOWN
        result = value.items[0]
        for item in value.items[1:]:
            result = join(result, item)
        return result
