"""Finding tools in Python modules, files and installed plugins."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable
from importlib.metadata import entry_points
from inspect import getattr_static
from pathlib import Path
from types import ModuleType
from typing import Final, TypeGuard

from milepost.domain.errors import ValidationError
from milepost.engine.tooling import Tool

PLUGIN_GROUP = "milepost.tools"
"""The entry-point group; each entry names a tool, a list of tools, or a module with tools."""
_FACE: Final = tuple(name for name in vars(Tool) if not name.startswith("_"))
_NONE: Final = object()
_NAME_IT: Final = "give a dotted module name or the path of a .py file"
_REPAIR: Final = "repair what stands in it"


def tools_of_module(name_or_path: str) -> list[Tool]:
    """Import a module by dotted name or file path and return the tools in it.

    Raises `ValidationError` when it is not there, fails to import, or holds no tool.
    """
    where = f"tools {name_or_path}"
    try:
        is_path = _is_path(name_or_path)
        module = _imported_file(Path(name_or_path)) if is_path else _imported(name_or_path)
    except MemoryError:
        raise
    except (Exception, SystemExit) as error:
        raise ValidationError(
            f"cannot be imported ({type(error).__name__}: {error})",
            where=where,
            mend=_REPAIR if _is_there(name_or_path, error) else _NAME_IT,
        ) from error
    return tools_in(module, where=where)


def tools_of_plugins() -> list[Tool]:
    """Load every installed plugin's tools; a broken plugin raises `ValidationError`."""
    found: list[Tool] = []
    for entry in entry_points(group=PLUGIN_GROUP):
        where = f"plugin {entry.name}"
        try:
            loaded = entry.load()
        except (Exception, SystemExit) as error:
            raise ValidationError(
                f"cannot be loaded ({type(error).__name__}: {error})",
                where=where,
                mend=f"repair or uninstall the package that offers {entry.value}",
            ) from error
        found.extend(tools_in(loaded, where=where))
    return found


def tools_in(holder: object, *, where: str) -> list[Tool]:
    """Return the tools of a module, an iterable or a single tool; raise when there is none."""
    if isinstance(holder, ModuleType):
        candidates: Iterable[object] = list(vars(holder).values())
    elif is_tool(holder) or not isinstance(holder, Iterable):
        candidates = [holder]
    else:
        candidates = list(holder)
    tools = list({id(item): item for item in candidates if is_tool(item)}.values())
    if not tools:
        raise ValidationError(
            "holds no tool", where=where, mend="decorate a function with @milepost.tool"
        )
    return tools


def is_tool(value: object) -> TypeGuard[Tool]:
    """Tell whether a value offers the whole face of a tool; classes do not, only objects.

    Nothing of it is evaluated: a tool may make its schemas on first use.
    """
    if isinstance(value, type):
        return False
    return all(getattr_static(value, name, _NONE) is not _NONE for name in _FACE)


def _is_path(name_or_path: str) -> bool:
    return name_or_path.endswith(".py") or os.sep in name_or_path


def _is_there(name_or_path: str, error: BaseException) -> bool:
    """Tell whether a module was found, so that the error is one of what stands in it."""
    if _is_path(name_or_path):
        return name_or_path.endswith(".py") and Path(name_or_path).is_file()
    missing = error.name if isinstance(error, ModuleNotFoundError) else None
    is_name = all(part.isidentifier() for part in name_or_path.split("."))
    return is_name and not (missing and f"{name_or_path}.".startswith(f"{missing}."))


def _imported(name: str) -> ModuleType:
    _add_to_path(Path.cwd())
    return importlib.import_module(name)


def _imported_file(path: Path) -> ModuleType:
    """Import a file under a name of its own, so that it hides no installed module."""
    resolved = path.resolve(strict=True)
    digest = hashlib.sha256(os.fsencode(resolved)).hexdigest()[:12]
    name = f"milepost_tools_{digest}_{resolved.stem}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, resolved)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    _add_to_path(resolved.parent)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _add_to_path(folder: Path) -> None:
    """Let the module import its neighbours; last in order, so that it hides nothing."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
