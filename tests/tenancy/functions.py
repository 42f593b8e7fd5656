"""The functions that act with the owner's rights: what each is for, and who may call it. There are no others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lib.db.logins import AUTHENTICATED, Login

_PERSON: Final = frozenset({AUTHENTICATED})
_IDENTITY: Final = frozenset({Login.IDENTITY.role_name})
#: A person, who has to be an operator (or the like), and the command line.
_OPERATOR: Final = _PERSON | _IDENTITY
_WORKER: Final = frozenset({Login.WORKER.role_name})
_NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Definer:
    """Who may call it beside the owner, and why it needs more rights than its caller has."""

    callers: frozenset[str]
    reason: str


DEFINERS: Final[Mapping[str, Definer]] = {
    "api.organization_id()": Definer(_PERSON, "the policy of users asks it: their own would recurse"),
    "api.may(text)": Definer(_PERSON, "asked by policies, reads the person's role"),
    "api.may_own(text)": Definer(_PERSON, "asked by policies, reads the person's role"),
    "api.find_template(uuid)": Definer(_PERSON, "asked by the guard of the table that it reads"),
    "api.use_template(uuid)": Definer(_PERSON, "counts the use of another organization's public template"),
    "api.enqueue_run(uuid)": Definer(_PERSON, "people have no rights on the queue"),
    "api.record_event(text,text,uuid,jsonb)": Definer(_PERSON, "nobody writes to the trail directly"),
    "api.find_sign_in(text)": Definer(_IDENTITY, "sign-in has no rights on people"),
    "api.find_session(bytea)": Definer(_IDENTITY, "sign-in has no rights on people"),
    "api.is_empty()": Definer(_IDENTITY, "sign-in has no rights on organizations"),
    "api.find_organization(text)": Definer(_IDENTITY, "sign-in has no rights on organizations"),
    "api.create_organization(text,text,text)": Definer(_IDENTITY, "the first set-up and the command line"),
    "api.create_user(uuid,text,text,text,text,boolean)": Definer(_IDENTITY, "the first set-up and the command line"),
    "api.record_sign_in(uuid,text)": Definer(_IDENTITY, "nobody writes to the trail directly"),
    "api.find_actor(bytea)": Definer(_IDENTITY, "sign-in has no rights on people"),
    "api.find_sample()": Definer(_IDENTITY, "sign-in has no rights on people"),
    "api.load_sample(jsonb)": Definer(_IDENTITY, "makes a whole organization, and rows of a new one only"),
    "api.remove_sample()": Definer(_IDENTITY, "removes an organization that api.load_sample made, and no other"),
    "api.keep_slug()": Definer(_NOBODY, "trigger: nobody else writes short names, which stay for ever"),
    "api.require_operator()": Definer(_NOBODY, "part of what an operator may do: reads whether they are one"),
    "api.list_organizations()": Definer(_OPERATOR, "an operator's list of organizations, by columns that are named"),
    "api.count_people(uuid[])": Definer(_OPERATOR, "an operator's count of people: numbers only"),
    "api.govern_organization(uuid,jsonb)": Definer(_OPERATOR, "tier, quota, suspension and end are an operator's"),
    "api.ask_deletion(boolean)": Definer(_PERSON, "the end of one's own organization, which no UPDATE may write"),
    "api.take_seat(uuid)": Definer(_OPERATOR, "counts people of one's own organization, whom not all may see"),
    "api.end_organizations()": Definer(_WORKER, "looks over all organizations; a count only"),
    "api.requeue_lost_runs()": Definer(_WORKER, "looks over all organizations; ids only"),
    "api.cancel_requests(uuid[])": Definer(_WORKER, "looks over all organizations; ids only"),
    "api.queue_run(uuid,uuid)": Definer(_NOBODY, "part of enqueue_run and requeue_lost_runs"),
    "api.write_audit(uuid,text,text,uuid,jsonb,jsonb)": Definer(_NOBODY, "part of everything that writes to the trail"),
    "api.audit()": Definer(_NOBODY, "trigger: whoever changes a row has no rights on the trail"),
    "api.audit_run()": Definer(_NOBODY, "trigger: whoever changes a row has no rights on the trail"),
}

#: Tables that those functions touch, and so open to the owner whom FORCE ROW LEVEL SECURITY binds like everybody.
OPEN_TO_OWNER: Final = frozenset(
    {
        "organizations",
        "organization_slugs",
        "users",
        "user_sessions",
        "audit_logs",
        "orchestration_templates",
        "template_versions",
        "orchestration_runs",
        "phase_streams",
    }
)

#: Tables of which they touch the sample workspace's rows, and so open to the owner for those.
OPEN_FOR_THE_SAMPLE: Final = frozenset(
    {
        "projects",
        "phase_executions",
        "integration_operations",
        "api_usage",
        "webhooks",
        "user_tokens",
        "user_credentials",
    }
)
