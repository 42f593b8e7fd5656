"""Sign-in and sign-out: the adapter of streamlit-authenticator.

Its `Authenticate` runs the sign-in: form, verification, status. What it would keep for itself is ours: a name and a
password are verified by `lib.identity.service`, and the cookie is `lib.web.session_routes`'s. A page of Streamlit can't
set an HttpOnly cookie, so a right password earns a ticket, the browser posts it to the route, gets the cookie and loads
the address again: whoever followed a deep link arrives where it leads, and who followed none where they want to land.
"""

import secrets
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import streamlit as st
from streamlit_authenticator import Authenticate
from streamlit_authenticator.controllers import AuthenticationController
from streamlit_authenticator.models import AuthenticationModel

from lib.errors import InvalidInput, SecondFactorNeeded, SignInRefused
from lib.identity import service, sessions, setup
from lib.identity.cookie import session_cookie_name
from lib.identity.fields import Field
from lib.ui import door, feedback, forgotten, sign_in_code, state, visitor
from lib.ui.words import plain

_TICKET: Final = "sign_in_ticket"
_FAILURE: Final = "sign_in_failure"
_SIGN_OUT: Final = "sign_out"
_EXPECTED: Final = "sign_in_expected"
_POST_KEY: Final = "orchestrator-post"

#: What the browser may report instead of going on.
_FAILURES: Final = {
    "cookie": (
        "The password is right, but your browser did not keep the session's cookie. Allow cookies for this address, "
        "open it by the address that your administrator gave you (https, where there is one), and sign in again."
    ),
    "refused": "The password is right, but the sign-in was not completed within a minute. Sign in again.",
}

# Streamlit runs it from a blob: address, which the content security policy lets it. It posts once, however often
# Streamlit draws it, and reports what went wrong.
_POST_JS: Final = """
const posted = new Set();
export default function ({ data, setTriggerValue }) {
  if (posted.has(data.once)) return;
  posted.add(data.once);
  const ask = (method, address, body) => fetch(address, { method, body, cache: "no-store" });
  const go = (landing) => {
    const at = data.target || window.location.pathname;
    const target = at === "/" && landing ? landing : data.target;
    return target ? window.location.replace(target) : window.location.reload();
  };
  const post = async () => {
    const answer = await ask("POST", data.address, data.body);
    if (!answer.ok) return "refused";
    if (data.expects && !(await ask("GET", data.expects)).ok) return "cookie";
    return go(answer.headers.get("landing-page"));
  };
  post().catch(() => "refused").then((failure) => failure && setTriggerValue("failure", failure));
}
"""
_post_once = st.components.v2.component("orchestrator_post_once", js=_POST_JS)


#: Why whoever was signed in a moment ago is asked to do so again.
_ENDINGS: Final = {
    sessions.Ending.BY_TIME: "Your session has ended, since nobody used it for a while. Sign in again to go on.",
    sessions.Ending.BY_SOMEBODY: (
        "Your session was ended from elsewhere: by signing out in another tab or from your list of sessions, by a new "
        "password, or by an admin. Sign in again to go on."
    ),
}


@dataclass(frozen=True, slots=True)
class _Expected:
    """Who is about to sign in, where that is known."""

    name: str = ""
    note: str = ""
    target: str | None = None


def show_sign_in() -> None:
    """Draw the sign-in form in place of a page; where nobody can sign in yet, say what to do first."""
    with door.narrow_column():
        if _SIGN_OUT in st.session_state:
            _show_signing_out()
        elif _TICKET in st.session_state:
            _show_signing_in()
        elif not setup.is_set_up():
            st.title("Not set up yet", anchor=False)
            st.markdown("This installation is not set up yet: open the link that it printed in the terminal.")
        elif sign_in_code.is_waited_for():
            sign_in_code.show_form(_let_in)
        elif forgotten.is_open():
            _Authenticator().forgot_password()
        else:
            st.title("Sign in", anchor=False)
            if note := _expected().note or _say_ending():
                st.markdown(f":gray[{plain(note)}]")
            _Authenticator().login()
            forgotten.show_way_in()


def _say_ending() -> str:
    """Why the session is over that this browser still has the secret of; empty where there is none."""
    endings = (sessions.find_ending(session_id) for session_id in visitor.session_ids())
    return next((_ENDINGS[ending] for ending in endings if ending is not None), "")


def is_on_its_way() -> bool:
    """Whether the browser is about to get its session's cookie, or to lose it."""
    return _TICKET in st.session_state or _SIGN_OUT in st.session_state


def expect(name: str, *, note: str, target: str) -> None:
    """Have the next form filled in with this name, under a note; it leads on to `target`, an address of ours."""
    st.session_state[_EXPECTED] = _Expected(name=name, note=note, target=target)


@feedback.told_later()
def sign_out() -> None:
    """End this browser's session: a callback for buttons. The page that follows is the sign-in form."""
    authenticator = _Authenticator()
    authenticator.authentication_controller.logout()
    authenticator.cookie_controller.delete_cookie()


class _Verification(AuthenticationModel):  # type: ignore[misc]  # the library has no types
    """The library's verification, which asks our service instead of a dictionary of everybody."""

    user_id: UUID | None = None
    #: Set where the password is right and a code is still to come.
    pending: str | None = None

    def check_credentials(self, username: str, password: str) -> bool:
        try:
            self.user_id = service.authenticate(username, password, origin=visitor.current_origin())
        except SignInRefused:
            return False
        except SecondFactorNeeded as error:
            self.pending = error.pending
            return False
        self.credentials["usernames"] = {username: {}}  # it writes down there that somebody is in
        return True

    def _record_failed_login_attempts(self, username: str, reset: bool = False) -> None:
        """Nothing: the service counts."""


class _Controller(AuthenticationController):  # type: ignore[misc]  # the library has no types
    """The library's controller, but for its taking spaces off passwords."""

    def __init__(self, verification: _Verification, secret_key: str) -> None:
        super().__init__({"usernames": {}}, auto_hash=False, secret_key=secret_key)
        self.authentication_model = verification

    def login(self, username: str, password: str, **options: Any) -> bool | None:
        is_in: bool | None = self.authentication_model.login(username, password, **options)
        return is_in


class _ServerSession:
    """What the library takes for its cookie controller, over our sessions."""

    def __init__(self, verification: _Verification) -> None:
        self._verification = verification

    def get_cookie(self) -> None:
        """Nothing: the guard has looked at the cookie before anybody is asked to sign in."""

    def set_cookie(self) -> None:
        if self._verification.user_id is None:
            raise SignInRefused(service.REFUSED)
        _let_in(self._verification.user_id)

    def delete_cookie(self) -> None:
        for secret in (st.session_state.pop(state.SESSION_ID, None), st.context.cookies.get(session_cookie_name())):
            if isinstance(secret, str):
                service.sign_out(secret, origin=visitor.current_origin())
        st.session_state[_SIGN_OUT] = secrets.token_hex()


class _Authenticator(Authenticate):  # type: ignore[misc]  # the library has no types
    """The library's widgets over the parts above. Its own constructor would mount its cookie component."""

    def __init__(self) -> None:
        secret_key = secrets.token_hex()  # of parts that we do not use
        verification = _Verification({"usernames": {}}, auto_hash=False, secret_key=secret_key)
        self.path = None
        self.cookie_controller = _ServerSession(verification)
        self.authentication_controller = _Controller(verification, secret_key)

    def login(self) -> None:
        """Draw the form and verify what is sent. The library's own form forbids password managers to fill it in."""
        with st.form("sign-in", border=False):
            name = st.text_input("E-mail or user name", value=_expected().name, autocomplete="username", max_chars=255)
            password = st.text_input(Field.PASSWORD, type="password", autocomplete="current-password")
            answer = st.container()
            is_sent = st.form_submit_button("Continue", type="primary", width="stretch")
        with answer, feedback.told():
            if failure := st.session_state.pop(_FAILURE, None):
                raise SignInRefused(_FAILURES.get(str(failure), _FAILURES["refused"]))
            if is_sent:
                self._verify(name, password)

    def forgot_password(self) -> None:
        """Draw the way back in. The library's own would make up a password and show it to whoever asks."""
        forgotten.show_request()

    def _verify(self, name: str, password: str) -> None:
        if not name.strip() or not password:
            raise InvalidInput("Type your e-mail address or user name, and your password.")
        is_in = self.authentication_controller.login(name, password)
        if pending := self.authentication_controller.authentication_model.pending:
            sign_in_code.wait_for(pending)
        elif is_in:
            self.cookie_controller.set_cookie()
        else:
            raise SignInRefused(service.REFUSED)
        st.session_state[_EXPECTED] = replace(_expected(), name=name)  # for the form, should it have to come back
        st.rerun()


def _let_in(user_id: UUID) -> None:
    """Have the browser fetch the cookie of a session for somebody who has proved who they are."""
    st.session_state[_TICKET] = service.issue_ticket(user_id)


def _expected() -> _Expected:
    found = st.session_state.get(_EXPECTED)
    return found if isinstance(found, _Expected) else _Expected()


def _show_signing_in() -> None:
    st.title("Signing in …", anchor=False)
    ticket = st.session_state[_TICKET]
    data = {
        "once": ticket,
        "address": "/api/session",
        "body": ticket,
        "expects": "/api/session",
        "target": _expected().target,
    }
    _post_once(data=data, key=_POST_KEY, on_failure_change=_return_to_form)


def _show_signing_out() -> None:
    st.title("Signing out …", anchor=False)
    data = {"once": st.session_state[_SIGN_OUT], "address": "/api/sign-out", "body": ""}
    _post_once(data=data, key=_POST_KEY, on_failure_change=_return_to_form)


def _return_to_form() -> None:
    """The browser could not go on. A session that was to end has ended all the same."""
    if st.session_state.pop(_SIGN_OUT, None) is None:
        st.session_state.pop(_TICKET, None)
        st.session_state[_FAILURE] = st.session_state[_POST_KEY].failure
