"""Language models; for now the scripted one that needs no network."""

from .scripted import ScriptedModels

__all__ = ["ScriptedModels"]
