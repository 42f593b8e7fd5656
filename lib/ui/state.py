"""Every key of `st.session_state` that is not a widget's own: one browser tab's memory, kept on the server."""

#: The session that this tab signed in with, until the browser comes back with the cookie. Tests of pages put a real
#: session's id here, because AppTest has no cookies.
SESSION_ID = "session_id"

#: What `lib.ui.feedback` has to say in the next run of the script.
NOTICES = "notices"
