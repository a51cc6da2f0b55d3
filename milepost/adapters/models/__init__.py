"""Language models: the scripted one, which needs no network."""

from .scripted import ScriptedModels

__all__ = ["ScriptedModels"]
