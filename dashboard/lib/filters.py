"""Choices of the reader, kept in the address, so that a copied address shows the same view.

The address holds codes, never labels: it means the same in both languages. What it says wins over what was chosen
before, so that the browser's back button works; what it does not say is kept from page to page.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, cast

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_ADDRESS: Final = "pilotage address"
_KEPT: Final = "pilotage kept"


def begin() -> None:
    """Begin a run of a page: nothing stands in its address yet."""
    st.session_state[_ADDRESS] = {}


def end() -> None:
    """Write the choices of this run into the address, at once, where they differ from what stands there."""
    wanted: dict[str, str] = st.session_state.get(_ADDRESS, {})
    if st.query_params.to_dict() != wanted:
        st.query_params.from_dict(wanted)


def choose(
    name: str,
    options: Sequence[str],
    *,
    label: str,
    shown: Callable[[str], str] = str,
    default: str | None = None,
    where: DeltaGenerator | None = None,
    is_flat: bool = False,
) -> str:
    """Return the reader's choice among ``options`` (codes, not empty), offered under ``label``.

    ``name``: of the parameter in the address. ``shown`` gives the words of a code. ``is_flat`` shows all options at
    once, for two or three. An option that is unknown, in an old address say, gives the default.
    """
    place = where or st
    key = f"choice {name}"
    value = chosen(name, options, default=default)
    st.session_state[key] = value
    if is_flat:
        picked = place.segmented_control(
            label, options, format_func=shown, key=key, required=True, on_change=_changed, args=(name, key)
        )
    else:
        picked = place.selectbox(label, options, format_func=shown, key=key, on_change=_changed, args=(name, key))
    return remember(name, cast("str", picked or value))


def chosen(name: str, options: Sequence[str], *, default: str | None = None) -> str:
    """Return what the address or an earlier choice says of ``name``, else the default (the first option)."""
    kept: dict[str, str] = st.session_state.get(_KEPT, {})
    wanted = st.query_params.get(name, kept.get(name))
    return next((code for code in (wanted, default) if code is not None and code in options), options[0])


def remember(name: str, value: str) -> str:
    """Keep ``value`` for the pages to come and for the address of this one, and return it."""
    st.session_state[_KEPT] = {**st.session_state.get(_KEPT, {}), name: value}
    st.session_state[_ADDRESS] = {**st.session_state.get(_ADDRESS, {}), name: value}
    return value


def _changed(name: str, key: str) -> None:
    st.query_params[name] = st.session_state[key]
