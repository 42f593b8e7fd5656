"""A form whose fields each have a place below for what is wrong with them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, Literal

import streamlit as st

from lib.errors import InvalidInput
from lib.ui import feedback

PASSWORD_AGAIN: Final = "Password again"  # noqa: S105  a label
NOT_THE_SAME: Final = "This is not the same password. Type both again."


class FieldForm:
    """The fields of one form, drawn one after the other inside of it."""

    def __init__(self) -> None:
        self._places: dict[str, st.delta_generator.DeltaGenerator] = {}

    def ask(
        self, label: str, *, completes: str, example: str = "", kind: Literal["default", "password"] = "default"
    ) -> str:
        """Draw a field; `completes` is what a browser may fill in (the HTML attribute autocomplete).

        It has no `max_chars`: a browser would drop in silence what is pasted; the use case says what is too long.
        """
        typed = st.text_input(label, type=kind, autocomplete=completes, placeholder=example)
        self._places[label] = st.empty()
        return typed

    def show_faults(self, faults: Mapping[str, str]) -> None:
        """Say below each field what is wrong with it."""
        for label, message in faults.items():
            with self._places[label], feedback.told():
                raise InvalidInput(message)

    @contextmanager
    def told(self) -> Iterator[None]:
        """Say below its field what a use case finds wrong with one; all else is for `feedback.told` around it."""
        try:
            yield
        except InvalidInput as error:
            if error.field not in self._places:
                raise
            self.show_faults({error.field: error.message})
