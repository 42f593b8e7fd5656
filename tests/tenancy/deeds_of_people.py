"""What is done to people, and to oneself."""

from typing import Final

from lib.access.permissions import Permission
from lib.identity import email_change, second_factor, sessions
from lib.identity import service as identity
from lib.users import changes, invitations, password_links, people
from lib.users import service as users
from lib.users.queries import PersonFilter
from lib.users.views import PersonSort
from tests.tenancy.deed import about_own, give, to_a_thing

P = Permission
PEOPLE: Final = (
    about_own(people.list_people, P.USERS_VIEW, lambda to: give(sort=PersonSort.NAME, cursor=to.cursor)),
    about_own(people.list_people, P.USERS_VIEW, lambda to: give(PersonFilter(search=to.text))),
    about_own(people.count_people, P.USERS_VIEW, lambda _: give(PersonFilter(), most=9)),
    about_own(people.count_people_by_status, P.USERS_VIEW, lambda _: give(PersonFilter(), most=9)),
    about_own(
        people.export_people,
        P.USERS_VIEW,
        lambda to: give(PersonFilter(), sort=PersonSort.NAME, file_format=to.file_format),
    ),
    to_a_thing(people.get_person, P.USERS_VIEW, lambda to: give(to.target.member_id)),
    to_a_thing(
        changes.change_rights,
        P.USERS_EDIT,
        lambda to: give(to.target.member_id, role=to.role, permissions=to.permissions, seen=to.seen),
    ),
    to_a_thing(changes.deactivate, P.USERS_DEACTIVATE, lambda to: give(to.target.viewer_id)),
    to_a_thing(changes.deactivate, P.USERS_DEACTIVATE, lambda to: give(to.target.manager_id)),
    to_a_thing(changes.reactivate, P.USERS_DEACTIVATE, lambda to: give(to.target.gone_id)),
    to_a_thing(changes.end_sessions, P.USERS_DEACTIVATE, lambda to: give(to.target.member_id)),
    to_a_thing(changes.end_sessions, P.USERS_DEACTIVATE, lambda to: give(to.target.admin_id)),
    to_a_thing(password_links.make_password_link, P.USERS_EDIT, lambda to: give(to.target.member_id)),
    to_a_thing(password_links.make_password_link, P.USERS_EDIT, lambda to: give(to.target.manager_id)),
    about_own(
        invitations.invite,
        P.USERS_INVITE,
        lambda to: give("somebody@new.example\n" + to.text, role=to.role, permissions=to.permissions),
    ),
    to_a_thing(invitations.renew_invitation, P.USERS_INVITE, lambda to: give(to.target.invitation_id)),
    to_a_thing(invitations.revoke_invitation, P.USERS_INVITE, lambda to: give(to.target.invitation_id)),
    about_own(invitations.list_invitations, P.USERS_VIEW, lambda to: give(cursor=to.cursor)),
    about_own(invitations.count_invitations, P.USERS_VIEW, lambda to: give(search=to.text, role=None, most=9)),
    about_own(
        invitations.export_invitations,
        P.USERS_VIEW,
        lambda to: give(search="", role=None, file_format=to.file_format),
    ),
)
ONESELF: Final = (
    about_own(users.get_profile, None),
    about_own(users.update_profile, None, lambda to: give(full_name=to.text)),
    about_own(
        users.update_preferences,
        None,
        lambda _: give(time_zone="Europe/Berlin", landing_page="runs", notifications={"run_failed": False}),
    ),
    about_own(sessions.list_sessions, None),
    to_a_thing(sessions.end_session, None, lambda to: give(to.target.session_id)),
    about_own(sessions.revoke_other_sessions, None),
    about_own(identity.require_password, None, lambda to: give(to.password)),
    about_own(identity.change_password, None, lambda to: give(current=to.password, new="another long enough one")),
    about_own(
        email_change.request_email_change,
        None,
        lambda to: give(new_email="mine@new.example", password=to.password),
    ),
    about_own(second_factor.get_second_factor, None),
    about_own(second_factor.begin, None, lambda to: give(password=to.password)),
    about_own(second_factor.confirm, None, lambda to: give(to.text)),
    about_own(second_factor.renew_codes, None, lambda to: give(password=to.password, code=to.text)),
    about_own(second_factor.turn_off, None, lambda to: give(password=to.password, code=to.text)),
)
