"""The expression language: CEL behind the port of `milepost.domain.expressions`."""

from .lazy import CelExpressions

__all__ = ["CelExpressions"]
