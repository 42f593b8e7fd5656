"""Which of a person's tabs this is, and whether one is there still."""

from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx


def current_tab() -> str | None:
    """Streamlit's name for the tab that the script runs for; another one after each load of the page."""
    context = get_script_run_ctx()
    return context.session_id if context else None


def is_open_tab(tab: str) -> bool:
    """Whether a browser shows it at this process."""
    return runtime.exists() and runtime.get_instance().is_active_session(tab)
