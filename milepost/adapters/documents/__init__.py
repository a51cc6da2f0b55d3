"""Pages of the documentation that are made from the code, so that they cannot lie."""

from .events_page import events_page
from .lifecycles_page import lifecycles_page

PAGES = {"events.md": events_page, "lifecycles.md": lifecycles_page}
"""The function that writes each page, by the page's name under `docs/`."""

__all__ = ["PAGES", "events_page", "lifecycles_page"]
