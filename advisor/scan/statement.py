"""Walking the statements of a file in order, with what each name stands for."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import cached_property, lru_cache

from advisor.scan.abstract import (
    NOTHING,
    DictLiteral,
    Function,
    FunctionNode,
    Imported,
    ListLiteral,
    LocalObject,
    Module,
    Other,
    Partial,
    PartialString,
    Ready,
    String,
    Values,
    Wrapper,
    elements,
    joined,
    union,
)
from advisor.scan.condition import Assumed, Sequel, condition, hangs
from advisor.scan.definition import Definitions
from advisor.scan.expression import methods
from advisor.scan.narrowing import Names, dotted, equal_to, narrowed
from advisor.scan.node import asks, loads_something, names_a_kind
from advisor.scan.scope import Scope
from advisor.scan.source import descendants, parts
from advisor.scan.study import Pending, Study
from advisor.scan.way import End, Way, meeting

_MOST_WALKS = 5
_FEWEST_WALKS, _MOST_STATEMENTS = 2, 10_000
"""A file in whose walks more statements were passed, those of functions each time, is left."""
_MOST_WAYS = 8
"""More keys of a table, or turns of a loop, are not followed apart."""
_MOST_TURNS = 3
_SIMPLE = (ast.Assign, ast.AnnAssign, ast.Return, ast.Expr, ast.With)
_ANYTHING: Values = (Other(),)


def study_file(study: Study, walks: int = _MOST_WALKS) -> None:
    """Walk a file until nothing new is learned, `walks` times at most; it may have been begun."""
    for walk in range(walks):
        long = walk >= _FEWEST_WALKS and study.statements > _MOST_STATEMENTS
        if long or not study.learned_more:
            break
        study.begin()
        study.enter = enter
        Statements(study, Scope(names=study.names)).walk(study.parsed.tree.body)
        for label, method, around in study.inherited(loads_something):
            if not study.may_enter:
                break
            with study.entering(label):
                enter(study, method, around, {}, (LocalObject(label),))
        for pending in _functions(study):
            node, around, study.ways = pending
            inner = Statements(study, Scope(around.inner(node.name), around, function=node))
            inner.bind_parameters(node, around)
            if node.name in ("training_step", "configure_optimizers"):
                study.training.append(node)
            inner.walk(node.body)
        study.ways = ()
        study.forget_stale()
        study.learned_more &= bool(study.loads) or study.awaits


def _functions(study: Study) -> Iterator[Pending]:
    """Yield the functions to be walked for all their calls, also those found meanwhile.

    At the end those of which each call was to be walked alone, and none was: there were too many,
    or all stood too deep.
    """
    alone: list[Pending] = []
    while study.pending or alone:
        if not study.pending:
            if (one := alone.pop(0))[0] not in study.walked:
                yield one
        elif (one := study.pending.pop(0))[0] in study.entered:
            alone.append(one)
        else:
            yield one


def enter(
    study: Study, node: FunctionNode, around: Scope, given: Mapping[str, Values], of: Values
) -> Values:
    """Walk a function for one call of it, and return what that gives."""
    scope = Scope(around.inner(node.name), around, function=node, results=[])
    inner = Statements(study, scope)
    inner.bind_parameters(node, around, given, of)
    inner.walk(node.body)
    return union(*scope.results or ())


@lru_cache(maxsize=4)
def _loads_outside(tree: ast.Module) -> bool:
    """True where a file loads something outside its functions and classes."""
    inner = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(loads_something(one) for one in tree.body if not isinstance(one, inner))


class Statements(Definitions):
    """The statements of one scope: a method for each kind, by the name of its node.

    One that gives False never reaches its end.
    """

    def __init__(self, study: Study, scope: Scope) -> None:
        super().__init__(study, scope)
        self._blocks: dict[ast.stmt, Sequel] = {}

    def walk(self, statements: Sequence[ast.stmt]) -> bool:
        """Walk statements in order; return whether the end can be reached."""
        apart = len(self.study.ways) < _MOST_TURNS and (self._may_choose or self._may_part)
        for number, statement in enumerate(statements):
            if isinstance(statement, ast.If) and (side := self._decided(statement)) is not None:
                if not self.walk(side):
                    return False
            elif apart and (ways := self._ways_from(statements, number)):
                return self._either(ways)
            elif not self._walk(statement):
                return False
        return True

    def _ways_from(self, statements: Sequence[ast.stmt], number: int) -> list[Way]:
        """The ways to go on from one of some statements, where there are several."""
        if ways := self._ways_of_condition(statements, number):
            return ways
        statement = statements[number]
        simple = isinstance(statement, _SIMPLE) and self._may_part
        for way_on in asks(statement).tables if simple else ():
            if not self._block(statements).loads_behind(statement):
                break
            if ways := self._ways_of_key(*way_on):
                rest = statements[number:]
                return [way._replace(body=rest) for way in ways]
        return []

    def _decided(self, statement: ast.If) -> Sequence[ast.stmt] | None:
        """The side of a condition that is walked alone; None where that is open."""
        if (holds := self.assumed(statement.test)) is None:
            return None
        self.evaluate(statement.test)
        return statement.body if holds else statement.orelse

    def _ways_of_condition(self, statements: Sequence[ast.stmt], number: int) -> list[Way]:
        """The ways to go on where what a load takes hangs on one condition in several places."""
        if not self._may_choose or not hangs(statements[number]):
            return []
        block = self._block(statements)
        for test in block.asked_again(statements[number]):
            if self.assumed(test) is None and block.loads_behind(statements[number]):
                sides = narrowed(test, self.evaluate)
                if sides.never_holds or sides.never_fails:
                    continue
                text, holds = condition(test)
                function, rest = self.scope.function, statements[number:]
                return [
                    Way(rest, sides.holds, turn=Assumed(function, text, holds)),
                    Way(rest, sides.fails, turn=Assumed(function, text, not holds)),
                ]
        return []

    def _block(self, statements: Sequence[ast.stmt]) -> Sequel:
        """Return statements with what is known of them, be it as the last of others."""
        known = self._blocks.get(statements[-1])
        if known is None or not known.ends_in(statements):
            known = self._blocks[statements[-1]] = Sequel(statements)
        return known

    def _ways_of_key(self, table: ast.expr, key: ast.expr) -> list[Way]:
        """The ways to go on where a table is asked for a key that the code does not tell.

        Each of its keys is one, so that what stands under one key is seen together.
        """
        keys = self._keys(self.evaluate(table))
        name, known = dotted(key), self.evaluate(key)
        texts = {one.text for one in known if isinstance(one, String) and one.certain}
        if len(keys) < 2 or name is None or (len(texts) == 1 and len(known) == 1):
            return []
        meant = [one for one in keys if one.text in texts] if len(texts) > 1 else keys
        return [
            Way((), {name: (one._replace(certain=False),)}, turn=(key, one.text)) for one in meant
        ]

    @cached_property
    def _may_choose(self) -> bool:
        """True where the statements of this scope load something, and a condition may say what."""
        return self.study.chooses and self._loads_here

    @cached_property
    def _may_part(self) -> bool:
        """True where the statements of this scope load something, and may ask a table for it."""
        function, here = self.scope.function, self.study.parsed.name
        if not self.study.asks_tables and (function is None or self.study.home(function) == here):
            return False
        return self._loads_here

    @cached_property
    def _loads_here(self) -> bool:
        """True where the statements of this scope load something."""
        if (function := self.scope.function) is not None:
            return loads_something(function)
        return _loads_outside(self.study.parsed.tree)

    @staticmethod
    def _keys(values: Values) -> list[String]:
        """The keys of a table of checkpoints, or of what loads them; none of any other."""
        match values:
            case (DictLiteral(entries),) if len(entries) <= _MOST_WAYS:
                keys = [key for key, _ in entries if isinstance(key, String)]
                return keys if len(keys) == len(entries) else []
        return []

    def _walk(self, node: ast.stmt) -> bool:
        self.study.statements += 1
        try:
            if walk := _WALKS.get(type(node)):
                return walk(self, node) is not False
            for part in parts(node):
                self.evaluate(part)
        except RecursionError:  # it costs this statement, and no other
            self.study.too_deep.add(self.study.location(node))
        return not isinstance(node, (ast.Raise, ast.Continue, ast.Break))

    def _either(self, ways: Sequence[Way], *, goes_on: bool = False) -> bool:
        """Walk ways of which one is gone; return whether any of them reaches its end.

        `goes_on` where what follows is reached even if none of them reaches it.
        """
        aside, ends = self.scope.aside, list[End]()
        for way in ways:
            around = self.scope.begin_branch()
            self.scope.aside = aside or way.aside
            try:
                reached = self._go(way)
            finally:
                changes = self.scope.end_branch(around)
                apart, self.scope.aside = self.scope.aside, aside
            if reached:
                ends.append(End(changes, way.names, apart))
        all_end = len(ends) == len(ways)
        left = bool(ends) and not aside and all(end.aside for end in ends)
        if left and goes_on:
            ends.append(End({}))
        for name, values in meeting(ends, self.scope.names, all_end=all_end):
            self.scope.put(name, values)
        if left and not goes_on:
            self._step_aside()
        return bool(ends)

    def _step_aside(self) -> None:
        """Go on where no known call comes: nothing is known of what callers choose."""
        self.scope.aside = True
        for name, values in [*self.scope.names.items()]:
            if self._is_chosen(name, values):
                self.scope.put(name, _ANYTHING)

    def _is_chosen(self, name: str, values: Values) -> bool:
        """True for the text of a parameter, or one that somebody outside may choose."""
        return any(
            isinstance(value, String) and (name in self.parameters or not value.certain)
            for value in values
        )

    def _go(self, way: Way) -> bool:
        """Walk one of several ways; return whether it reaches its end."""
        for name, values in way.names.items():
            self.narrow(name, values)
        with self.study.on_way(way.turn) if way.turn else nullcontext():
            if way.target:
                self.bind(*way.target)
            return self.walk(way.body)

    def _walk_assign(self, node: ast.Assign) -> None:
        values = self.evaluate(node.value)
        for target in node.targets:
            self.bind(target, values)

    def _walk_annassign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind(node.target, self.evaluate(node.value))
        elif self.scope.is_class and (values := self._annotated(node.annotation, self)):
            self.bind(node.target, values)

    def _walk_augassign(self, node: ast.AugAssign) -> None:
        both = [self.evaluate(node.target), self.evaluate(node.value)]
        match node.op, both:
            case ast.BitOr(), [_, (DictLiteral(more),)]:
                self.add_entries(node.target, more)
                return
        values = NOTHING
        if isinstance(node.op, ast.Add):
            text = any(isinstance(one, (String, PartialString)) for part in both for one in part)
            values = joined(both, self.study.location(node)) if text else _ANYTHING
        self.bind(node.target, values)

    def _walk_if(self, node: ast.If) -> bool:
        self.evaluate(node.test)
        kept = self._doubt_defaults(node.test)
        sides = narrowed(node.test, self.evaluate)
        both = (
            (node.body, sides.holds, sides.never_holds),
            (node.orelse, sides.fails, sides.never_fails),
        )
        here = bool(self.study.ways)  # then all that is known is known of this way
        reached = self._either(
            [
                Way(body, self._elsewhere(names, body if never else ()), aside=never)
                for body, names, never in both
                if not (here and never)
            ]
        )
        for name, default in kept.items():
            if self.scope.names.get(name) == _ANYTHING and not self.scope.aside:
                self.scope.put(name, default)
        return reached

    def _elsewhere(self, names: Names, never: Sequence[ast.stmt]) -> Names:
        """What names stand for in a branch; one that no known call reaches is there for others.

        So there nothing is known of parameters, nor of what somebody outside may choose.
        """
        nodes = (node for statement in never for node in descendants(statement))
        texts = {
            name: values
            for node in nodes
            if isinstance(node, (ast.Name, ast.Attribute)) and (name := dotted(node))
            for values in (self._without_reading(node),)
        }
        chosen = (name for name, values in texts.items() if self._is_chosen(name, values))
        told = {
            n: values for n, values in names.items() if not {*values} & {*texts.get(n, NOTHING)}
        }
        return {**names, **dict.fromkeys(chosen, _ANYTHING), **told}

    def _without_reading(self, node: ast.Name | ast.Attribute) -> Values:
        """What a name is, or an attribute of the object at hand; no use of it is recorded."""
        match node:
            case ast.Name(name):
                return self.named(name) or NOTHING
            case ast.Attribute(ast.Name(owner), name):
                holders = self.named(owner) or NOTHING
                own = (one.name for one in holders if isinstance(one, LocalObject))
                return union(*(self.study.attribute(one, name) for one in own))
        return NOTHING

    def _doubt_defaults(self, test: ast.expr) -> dict[str, Values]:
        """In a branch that asks which kind of thing a parameter names, no other default is a fact.

        `if name == "florence2":` is there for callers who pass another path as well. Returns the
        defaults that were taken away for its branches.
        """
        if not self.defaults:
            return {}
        asked = {
            inner.id
            for part in descendants(test)
            if isinstance(part, (ast.Compare, ast.Call))
            and any(names_a_kind(one) for one in descendants(part))
            for inner in descendants(part)
            if isinstance(inner, ast.Name) and inner.id in self.parameters
        }
        kept: dict[str, Values] = {}
        for name in self.defaults if asked else ():
            default = self.scope.names.get(name, NOTHING)
            if name not in asked and default == self.defaults[name]:
                kept[name] = default
                self.scope.put(name, _ANYTHING)
        return kept

    def _walk_match(self, node: ast.Match) -> bool:
        self.evaluate(node.subject)
        ways: list[Way] = []
        left: dict[str, Values] = {}
        here, met, all_met = bool(self.study.ways), False, False

        def asked(subject: ast.expr) -> Values:
            name = dotted(subject)
            return left[name] if name in left else self.evaluate(subject)

        for case in node.cases:
            sides = equal_to(node.subject, self._matched(case.pattern), asked)
            never = met or sides.never_holds
            if not (here and never):
                names = self._elsewhere(sides.holds or dict(left), case.body if never else ())
                ways.append(Way(case.body, names, aside=never))
            if case.guard is None:
                left.update(sides.fails)
                all_met |= _meets_all(case.pattern)
                met |= sides.never_fails or all_met
        if not (all_met or (here and met)):
            ways.append(Way([], left, aside=met))
        return self._either(ways)

    def _matched(self, pattern: ast.pattern) -> Values:
        """What a pattern stands for, where that is values alone."""
        parts = pattern.patterns if isinstance(pattern, ast.MatchOr) else [pattern]
        values = [self.evaluate(one.value) for one in parts if isinstance(one, ast.MatchValue)]
        return union(*values) if len(values) == len(parts) else NOTHING

    def _walk_while(self, node: ast.While) -> None:
        self.evaluate(node.test)
        self._either([Way(node.body), Way([])])
        self.walk(node.orelse)

    def _walk_for(self, node: ast.For | ast.AsyncFor) -> None:
        iterated = self.evaluate(node.iter)
        if turns := self._turns(node, iterated):
            self._either(turns, goes_on=True)
        else:
            self.bind(node.target, elements(iterated))
            alone = iterated[0] if len(iterated) == 1 else None
            runs = isinstance(alone, ListLiteral) and alone.groups
            self._either([Way(node.body)] if runs else [Way(node.body), Way([])], goes_on=True)
        self.walk(node.orelse)

    def _turns(self, node: ast.For | ast.AsyncFor, iterated: Values) -> list[Way]:
        """The turns of a loop that loads something, one for each item of a list written out."""
        groups: tuple[Values, ...] = tuple((key,) for key in self._keys(iterated))
        for one in iterated if len(iterated) == 1 else ():
            if isinstance(one, ListLiteral) and len(one.groups) <= _MOST_WAYS:
                groups = one.groups
        if len(groups) < 2 or len(self.study.ways) >= _MOST_TURNS or not self._may_load(node):
            return []
        return [
            Way(node.body, target=(node.target, group), turn=(node, number))
            for number, group in enumerate(groups)
        ]

    def _may_load(self, node: ast.AST) -> bool:
        """True where a statement loads something, or calls a function of the file that does."""
        if loads_something(node):
            return True
        called = {
            one.func.id
            for one in descendants(node)
            if isinstance(one, ast.Call) and isinstance(one.func, ast.Name)
        }
        found = (value for name in called for value in self.scope.find(name) or ())
        return any(
            isinstance(value, (Ready, Partial, Wrapper, Imported))
            or (isinstance(value, Function) and loads_something(value.node))
            for value in found
        )

    _walk_asyncfor = _walk_for

    def _walk_with(self, node: ast.With | ast.AsyncWith) -> bool:
        for item in node.items:
            values = self.evaluate(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, values)
        return self.walk(node.body)

    _walk_asyncwith = _walk_with

    def _walk_try(self, node: ast.Try | ast.TryStar) -> bool:
        handlers = (handler.body for handler in node.handlers)
        reached = self._either([Way([*node.body, *node.orelse]), *map(Way, handlers)])
        return self.walk(node.finalbody) and reached

    _walk_trystar = _walk_try

    def _walk_return(self, node: ast.Return) -> bool:
        self.learn_result(self.evaluate(node.value))
        return False

    def _walk_global(self, node: ast.Global | ast.Nonlocal) -> None:
        self.scope.shared.update(node.names)

    _walk_nonlocal = _walk_global

    def _walk_import(self, node: ast.Import) -> None:
        for alias in node.names:
            name = alias.name if alias.asname else alias.name.partition(".")[0]
            self.scope.bind(alias.asname or name, (Module(name),))

    def _walk_importfrom(self, node: ast.ImportFrom) -> None:
        module = "." * node.level + (node.module or "")
        if module == "transformers":
            self.study.import_library()
        for alias in node.names:
            if alias.name == "*":
                self.study.stars.append(module)
                for known in self.study.imported_by_star(module):
                    self.scope.bind(known, (Imported(module, known),))
            else:
                self.scope.bind(alias.asname or alias.name, (Imported(module, alias.name),))


def _meets_all(pattern: ast.pattern) -> bool:
    """True for a pattern that everything fits: `_`, or a name."""
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


_WALKS = methods(Statements, "_walk_")
