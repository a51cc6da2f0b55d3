"""The part of `Milepost` that goes back and goes elsewhere: revisions, restoring, forks."""

from .travelling import Travelling

__all__ = ["Travelling"]
