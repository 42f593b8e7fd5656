"""Templates as files: brought in as a draft, and taken along."""

import hashlib
from typing import Final

import streamlit as st

from lib.access.actor import Actor
from lib.access.permissions import Permission
from lib.errors import FileFault, FileInvalid
from lib.templates.files import TemplateFile, export_template, import_template, read_template_file
from lib.templates.views import TemplateSummary
from lib.ui import feedback, guard, state, words
from lib.ui.navigation import TEMPLATE

#: Faults with their lines before they scroll.
_MOST_AT_ONCE: Final = 3


def show_import_button(actor: Actor) -> None:
    """Draw the button that asks for a file, for whoever may make templates."""
    if actor.may(Permission.TEMPLATES_CREATE) and st.button(
        "Import", icon=":material/upload_file:", key="template-import", help="Make a draft of a YAML file"
    ):
        _ask_for_file()


def show_export_button(actor: Actor, template: TemplateSummary, *, version: int | None = None) -> None:
    """Draw the button that hands the template out: the version that is offered, or that one.

    The file is made, and noted in the audit trail, for whoever downloads it when they do.
    """
    number = () if version is None else (f"v{version}",)
    if actor.may(Permission.TEMPLATES_VIEW):
        st.download_button(
            "Export" if version is None else "Export this version",
            data=guard.for_later(lambda actor: export_template(actor, template.id, version)),
            file_name=words.file_name("template", template.name, *number, ending=".yaml"),
            mime="application/yaml",
            icon=":material/download:",
            key="-".join(["template-export", str(template.id), *number]),
            type="secondary" if version is None else "tertiary",
            help="As a YAML file that can be edited and imported. The audit trail notes who exported it.",
            on_click="ignore",
        )


@st.dialog("Import a template", width="large")
def _ask_for_file() -> None:
    """Ask for a file or its text; both stay while something is wrong with them."""
    st.markdown(
        ":gray[A YAML file, as Export makes it. It becomes a template of your own, published only when you say so.]"
    )
    # of any kind and size: Streamlit refuses a file without saying why where anybody sees it
    file = st.file_uploader("YAML file, of at most 1 MB", key="template-import-file")
    text = st.text_area("Or its text", height=180, disabled=file is not None, key="template-import-text")
    content = file.getvalue() if file else text.encode("utf-8", "surrogatepass")
    is_given = file is not None or bool(content.strip())
    is_right = is_given and _show_what_it_says(content, source=file.name if file else None)
    # never disabled: the first press of a button that a field has just enabled is lost
    if st.button("Import as a draft", type="primary", key="template-import-now"):
        with feedback.told():
            if is_right:
                made = import_template(guard.require_actor(Permission.TEMPLATES_CREATE), content)
                feedback.succeeded("The template is there. Nobody else finds it until you publish it.")
                st.switch_page(TEMPLATE.file, query_params={"template": str(made)})
            if not is_given:
                st.markdown(":red[:material/error:] Choose a file, or paste its text.")


def _show_what_it_says(content: bytes, *, source: str | None) -> bool:
    """Say what would be imported, or every fault with its line; says whether it can be.

    The `source` is named: a browser that is given one that is not even uploaded keeps the one before.
    """
    read = _read(content)
    if source:
        st.markdown(f":gray[From {words.plain(words.short(source, most=80))}:]")
    if isinstance(read, tuple):
        _show_faults(read)
        return False
    parts = [words.count(len(read.data.phases), "phase"), words.count(len(read.data.inputs), "question")]
    st.markdown(f":green[:material/check_circle:] **{words.plain(read.name)}** · {' · '.join(parts)}")
    return True


def _read(content: bytes) -> TemplateFile | tuple[FileFault, ...]:
    """What the file says, or what is wrong with it; read once, for the dialog is drawn with everything that is done."""
    digest = hashlib.sha256(content).digest()
    known, read = st.session_state.get(state.IMPORT_READ, (None, ()))
    if known != digest:
        try:
            read = read_template_file(content)
        except FileInvalid as error:
            read = error.faults
        st.session_state[state.IMPORT_READ] = digest, read
    found: TemplateFile | tuple[FileFault, ...] = read
    return found


def _show_faults(faults: tuple[FileFault, ...]) -> None:
    st.markdown(":red[:material/error:] Nothing is imported yet. Correct this, then give it here again:")
    with st.container(height=260 if len(faults) > _MOST_AT_ONCE else "content", border=False, gap="xsmall"):
        for fault in faults:
            where = f"**Line {fault.line}**, column {fault.column}: " if fault.line else ""
            st.markdown(f"{where}{words.plain(fault.words)}")
            if fault.text.strip():
                st.code(words.visible(fault.text), language=None, wrap_lines=True)
