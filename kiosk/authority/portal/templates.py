"""The one place that knows Jinja2: templates of ``assets/pages`` become text, every value escaped, a missing one refused.

Not responsible for what is shown (the pages) nor for headers (``replies``).
"""

from collections.abc import Mapping

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from kiosk.i18n.language import Language
from kiosk.resources import asset

ICONS = (
    "arrow-right",
    "check",
    "circle-alert",
    "circle-check",
    "clock",
    "languages",
    "lock",
    "search",
    "triangle-alert",
)


class Templates:
    """All pages, read once."""

    def __init__(self, files: Mapping[str, str]) -> None:
        """``files``: the addresses of what lies beside the pages, by the name that templates use."""
        self._environment = Environment(
            loader=FileSystemLoader(asset("pages")),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals["files"] = dict(files)
        self._environment.globals["icons"] = {name: _icon(name) for name in ICONS}
        self._environment.globals["logo"] = _logo()

    def render(self, name: str, language: Language, values: Mapping[str, object]) -> str:
        """The page ``name`` in a language; ``w`` in a template looks up words."""
        template = self._environment.get_template(f"{name}.html")
        return template.render(**values, w=language.words, language=language.name)


def _icon(name: str) -> Markup:
    text = asset("icons", f"{name}.svg").read_text(encoding="utf-8")
    inside = text[text.index(">", text.index("<svg")) + 1 : text.index("</svg>")]
    # our own file, not a value: the only text that is not escaped
    return Markup(f'<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">{" ".join(inside.split())}</svg>')


def _logo() -> Markup:
    text = asset("logo", "logo.svg").read_text(encoding="utf-8")
    return Markup(text.replace('role="img" aria-label="EasySmartCodes"', 'class="logo" aria-hidden="true"'))
