"""One palette for charts, cards and the report, in light and in dark. Pure.

Categories are Okabe and Ito's, told apart with any colour vision; each stands at 3:1 or more against its background.
Good and bad are never told by colour alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

ThemeName = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours as hex codes."""

    name: ThemeName
    background: str
    text: str
    quiet: str
    """Text of less weight: at least 4.5:1."""

    rule: str
    """Lines that only guide the eye."""

    accent: str
    """The one series of a chart, the newest point, a link."""

    contrast: str
    """A second series beside the accent."""

    muted: str
    """What is there for comparison, or not finished."""

    good: str
    bad: str
    categories: tuple[str, ...]


LIGHT: Final = Theme(
    name="light",
    background="#ffffff",
    text="#1f2933",
    quiet="#52606d",
    rule="#d9dee4",
    accent="#0063a3",
    contrast="#b34700",
    muted="#7b8794",
    good="#00664b",
    bad="#a83200",
    categories=("#0072b2", "#c25400", "#00805e", "#a3538a", "#7a6a00", "#3d8ec4"),
)
DARK: Final = Theme(
    name="dark",
    background="#11161c",
    text="#edf1f5",
    quiet="#a9b4c0",
    rule="#39434e",
    accent="#63b3ed",
    contrast="#f0a04b",
    muted="#8b97a4",
    good="#5fd3ae",
    bad="#ff9a76",
    categories=("#56b4e9", "#f0a04b", "#35c99b", "#d98cc0", "#e6d84a", "#9cc9ee"),
)


def theme_of(name: str | None) -> Theme:
    """Return the theme of a name; light where none is known."""
    return DARK if name == "dark" else LIGHT
