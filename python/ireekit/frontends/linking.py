"""Put modules of one public function each together as one module with several entry points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from iree.compiler import ir

from ireekit.errors import ModelImportError


def link_modules(modules: Mapping[str, ir.Module]) -> ir.Module:
    """One module with the public function of each, renamed to its key.

    Args:
      modules: entry point name to a module of one public function; all of one context. Symbols that
        would collide are renamed.

    Raises:
      ModelImportError: a module has no public function, or more than one.
    """
    context = next(iter(modules.values())).context
    with context:
        linked = ir.Module.create(ir.Location.unknown(context))
    taken = set(modules)
    for name, module in modules.items():
        rename_entry(module, name, taken)
        with ir.InsertionPoint(linked.body):
            for op in module.body.operations:
                op.operation.clone()
    return linked


def rename_entry(module: ir.Module, name: str, taken: set[str] | None = None) -> None:
    """Rename the only public function of ``module`` to ``name`` and other symbols clear of ``taken``.

    Names given to other symbols are added to ``taken``.

    Raises:
      ModelImportError: there is no public function, or more than one.
    """
    from ireekit.frontends.mlir.signatures import function_name, public_functions

    functions = public_functions(module)
    if len(functions) != 1:
        names = ", ".join(f"@{function_name(function)}" for function in functions) or "none"
        raise ModelImportError(
            f"a module that is to become the entry point {name!r} must have one public function; it has: {names}",
            remedy="make the others private, or give the module alone: all its public functions are kept",
        )
    taken = set() if taken is None else taken
    public = function_name(functions[0])
    if public != name and name in _symbols(module):
        _rename(module, name, _fresh(name, taken | _symbols(module)))
    if public != name:
        _rename(module, public, name)
    for symbol in sorted(_symbols(module) - {name}):
        new = _fresh(symbol, taken) if symbol in taken else symbol
        if new != symbol:
            _rename(module, symbol, new)
        taken.add(new)


def keep_all_arguments(module: ir.Module, kept: Sequence[int], types: Sequence[str]) -> None:
    """Give the only public function of ``module`` the arguments it was stripped of, unused.

    Args:
      module: with one public ``func.func``.
      kept: for each argument it has, its position among ``types``; ascending.
      types: of all arguments, as text; those of kept arguments are ignored.
    """
    from ireekit.frontends.mlir.signatures import public_functions

    if len(kept) == len(types):
        return
    function = public_functions(module)[0]
    signature = ir.FunctionType(ir.TypeAttr(function.attributes["function_type"]).value)
    inputs = list(signature.inputs)
    attributes = list(ir.ArrayAttr(function.attributes["arg_attrs"])) if "arg_attrs" in function.attributes else []
    block = function.regions[0].blocks[0]
    with module.context, function.location:
        old = list(block.arguments)
        for position, text in enumerate(types):
            type_ = inputs[kept.index(position)] if position in kept else ir.Type.parse(text)
            location = old[kept.index(position)].location if position in kept else ir.Location.unknown()
            block.add_argument(type_, location)
        new = list(block.arguments)[len(old) :]
        for argument, position in zip(old, kept, strict=True):
            argument.replace_all_uses_with(new[position])
        for _ in old:
            block.erase_argument(0)
        all_types = [argument.type for argument in block.arguments]
        function.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(all_types, signature.results))
        if attributes:
            empty = ir.DictAttr.get({})
            merged = [attributes[kept.index(i)] if i in kept else empty for i in range(len(types))]
            function.attributes["arg_attrs"] = ir.ArrayAttr.get(merged)


def _symbols(module: ir.Module) -> set[str]:
    operations = (op.operation for op in module.body.operations)
    return {
        ir.StringAttr(op.attributes["sym_name"]).value
        for op in operations
        if "sym_name" in op.attributes and isinstance(op.attributes["sym_name"], ir.StringAttr)
    }


def _fresh(symbol: str, taken: set[str]) -> str:
    number = 1
    while f"{symbol}_{number}" in taken:
        number += 1
    return f"{symbol}_{number}"


def _rename(module: ir.Module, old: str, new: str) -> None:
    ir.SymbolTable.replace_all_symbol_uses(old, new, module.operation)
    for op in module.body.operations:
        if "sym_name" in op.attributes and op.attributes["sym_name"] == ir.StringAttr.get(old, module.context):
            ir.SymbolTable.set_symbol_name(op, new)
