"""The workflow language: YAML and JSON files to plans, checked before anything runs."""

from .inputs import check_inputs, input_from_text
from .loading import Workflow, load_text, load_workflow
from .validation import validate

__all__ = [
    "Workflow",
    "check_inputs",
    "input_from_text",
    "load_text",
    "load_workflow",
    "validate",
]
