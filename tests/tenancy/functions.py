"""The functions that act with the owner's rights: what each is for, and who may call it. There are no others."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lib.db.logins import AUTHENTICATED, ENGINE, Login

_PERSON: Final = frozenset({AUTHENTICATED})
_IDENTITY: Final = frozenset({Login.IDENTITY.role_name})
#: A person, who has to be an operator (or the like), and the command line.
_OPERATOR: Final = _PERSON | _IDENTITY
_WORKER: Final = frozenset({Login.WORKER.role_name})
_ENGINE: Final = frozenset({ENGINE})
_WEB: Final = frozenset({Login.WEB.role_name})
#: Of the login that makes backups, whatever an administrator has called it.
_BACKUP: Final = frozenset({"pg_read_all_data"})
_NOBODY: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True)
class Definer:
    """Who may call it beside the owner, and why it needs more rights than its caller has."""

    callers: frozenset[str]
    reason: str


DEFINERS: Final[Mapping[str, Definer]] = {
    "api.is_signed(text,text)": Definer(
        _WEB | _WORKER, "says whether a process has the right key; nobody reads the keys"
    ),
    "api.organization_id()": Definer(_PERSON, "the policy of users asks it: their own would recurse"),
    "api.launched_in()": Definer(_PERSON, "asked by the policy of projects, whose own would recurse"),
    "api.is_my_run(uuid)": Definer(_PERSON, "asked by policies of a run's parts, whose own would recurse"),
    "api.keep_an_admin(uuid,uuid)": Definer(
        _PERSON | _IDENTITY, "counts admins whom the person who lowers one need not see"
    ),
    "api.may(text)": Definer(_PERSON, "asked by policies, reads the person's role"),
    "api.may_own(text)": Definer(_PERSON, "asked by policies, reads the person's role"),
    "api.find_template(uuid)": Definer(_PERSON, "asked by the guard of the table that it reads"),
    "api.count_open_runs(uuid)": Definer(_PERSON, "counts runs of one's own organization, whom not all may see"),
    "api.decide_review(uuid,text,text,text,text)": Definer(
        _PERSON, "nobody writes a decision, an answer or an attempt directly; looks who asks under the run's lock"
    ),
    "api.decide_operation(uuid,boolean,text,jsonb)": Definer(
        _PERSON, "nobody writes an operation directly; looks who asks under the run's lock"
    ),
    "api.open_integration(text)": Definer(_PERSON, "people have no right to read a sealed secret"),
    "api.offered_integrations()": Definer(_PERSON, "who edits templates or approves has no right to see connections"),
    "api.hold_counters(uuid[])": Definer(_PERSON, "locks rows that people write through triggers alone; reads nothing"),
    "api.withdraw_pause(uuid)": Definer(_PERSON, "people have no right on the wish to pause a run"),
    "api.pause_run(uuid)": Definer(_PERSON, "people have no right to write why a run is paused"),
    "api.raise_cost_limit(uuid,numeric,numeric)": Definer(
        _PERSON, "people have no right on the limit, nor on the queue"
    ),
    "api.finish_run(uuid)": Definer(_PERSON, "people have no right to complete a run"),
    "api.other_reviewers(text[])": Definer(_PERSON, "counts people by permissions that not all may see; a number"),
    "api.other_approvers(uuid)": Definer(_PERSON, "counts people by permissions that not all may see; a number"),
    "api.enqueue_run(uuid)": Definer(_PERSON, "people have no rights on the queue"),
    "api.read_turns(uuid)": Definer(_PERSON, "counts runs of one's own organization, whom not all may see"),
    "api.second_factors(uuid[])": Definer(_PERSON, "people have no rights on credentials; yes or no, and no more"),
    "api.record_event(text,text,uuid,jsonb)": Definer(_PERSON, "nobody writes to the trail directly"),
    "api.record_refusal(text)": Definer(_PERSON, "nobody writes to the trail directly"),
    "api.seal_audit(timestamp with time zone,xid8,integer)": Definer(
        _WORKER, "seals over the trails of all organizations; a number only"
    ),
    "api.remove_expired(integer,integer)": Definer(
        _WORKER, "removes in all organizations what they have set; a number only"
    ),
    "api.expire_now(uuid,text,integer,boolean)": Definer(
        _IDENTITY, "the same of one organization, for the command line"
    ),
    "api.accept_seal(uuid,bigint)": Definer(
        _IDENTITY, "lets retention go on past a seal that does not hold, for the command line"
    ),
    "api.record_installation(text,jsonb)": Definer(
        _BACKUP, "who reads every row for a backup writes none, and says in the operators' trails that it did"
    ),
    "api.watch_retention()": Definer(_NOBODY, "trigger: people do not write how far retention has got"),
    "api.preview_retention(uuid,jsonb,integer)": Definer(
        _OPERATOR, "counts of one organization and names of its runs, for who governs it, and for the command line"
    ),
    "api.read_retention()": Definer(_OPERATOR, "what organizations keep for how long, and numbers of what was removed"),
    "api.check_seals(uuid,bigint,integer)": Definer(
        _OPERATOR, "hashes and numbers of one trail, for who may read it, and for the command line"
    ),
    "api.compare_seal(uuid,bigint)": Definer(
        _OPERATOR, "ids of rows of one trail, for who may read it, and for the command line"
    ),
    "api.count_unsealed(uuid,integer)": Definer(
        _OPERATOR, "counts rows of one trail, for who may read it, and for the command line"
    ),
    **{
        name: Definer(_OPERATOR, "a report of one trail, for who may read it, and for the command line")
        for name in (
            "api.report_frame(uuid,timestamp with time zone,timestamp with time zone)",
            "api.report_people(uuid,timestamp with time zone,uuid,integer)",
            "api.report_entries(uuid,text,timestamp with time zone,timestamp with time zone,uuid,integer)",
            "api.report_counts(uuid,timestamp with time zone,timestamp with time zone)",
            "api.report_refusals(uuid,text[],timestamp with time zone,timestamp with time zone,integer)",
            "api.record_report(uuid,jsonb)",
        )
    },
    "api.open_connection(text)": Definer(_PERSON, "people have no right to read a sealed key"),
    "api.offered_connections()": Definer(_PERSON, "who launches runs has no right to see connections"),
    "api.record_connection_test(uuid,jsonb)": Definer(_PERSON, "what the version before calls after a test's call"),
    "api.begin_connection_test(uuid,text)": Definer(_PERSON, "nobody writes to the usage directly"),
    "api.finish_connection_test(uuid,uuid,jsonb)": Definer(_PERSON, "nobody writes to the usage or the trail directly"),
    "api.take_turn(text)": Definer(_PERSON, "whose turn it is is the engine's to read and write"),
    "api.budget_managers()": Definer(_PERSON, "names people by permissions that not all may see, and nothing else"),
    "api.count_spending()": Definer(_NOBODY, "trigger: nobody writes what is spent, whoever writes usage"),
    "api.correct_spending()": Definer(_NOBODY, "trigger: nobody writes what is spent, whoever writes usage"),
    "api.open_budget()": Definer(_NOBODY, "trigger: sums up usage, which whoever makes a budget need not see"),
    "api.move_budget()": Definer(_NOBODY, "trigger: nobody writes what was told, nor the mails about it"),
    "api.watch_spending()": Definer(_WORKER, "looks over all organizations; a count only"),
    "api.begin_try(text,text)": Definer(_PERSON, "nobody writes to the usage or the quota directly"),
    "api.finish_try(uuid,jsonb)": Definer(_PERSON, "nobody writes to the usage directly"),
    "api.may_invite(text,jsonb)": Definer(_PERSON, "asked by policies, reads the person's role"),
    "api.issue_invitation(uuid,bytea)": Definer(_PERSON, "people have no rights on links"),
    "api.end_sessions(uuid)": Definer(_PERSON, "people have no rights on sessions"),
    "api.issue_password_link(uuid,bytea)": Definer(_PERSON, "people have no rights on links"),
    "api.count_sessions(uuid)": Definer(_PERSON, "people have no rights on sessions; a number and a moment"),
    "api.find_sign_in(text)": Definer(_IDENTITY, "sign-in has no rights on people"),
    "api.is_empty()": Definer(_IDENTITY, "sign-in has no rights on organizations"),
    "api.find_organization(text)": Definer(_IDENTITY, "sign-in has no rights on organizations"),
    "api.create_organization(text,text,text)": Definer(_IDENTITY, "the first set-up and the command line"),
    "api.create_user(uuid,text,text,text,text,boolean)": Definer(_IDENTITY, "the first set-up and the command line"),
    "api.record_sign_in(uuid,text)": Definer(_IDENTITY, "nobody writes to the trail directly"),
    "api.find_actor(bytea)": Definer(_IDENTITY, "what the version before asks in place of find_living_session"),
    "api.find_living_session(bytea)": Definer(_IDENTITY, "sign-in has no rights on people"),
    "api.find_invitation(bytea)": Definer(_IDENTITY, "sign-in has no rights on invitations"),
    "api.accept_invitation(bytea,text,text)": Definer(_IDENTITY, "makes a person, and only whom a link invites"),
    "api.find_sample()": Definer(_IDENTITY, "sign-in has no rights on people"),
    "api.load_sample(jsonb)": Definer(_IDENTITY, "makes a whole organization, and rows of a new one only"),
    "api.remove_sample()": Definer(_IDENTITY, "removes an organization that api.load_sample made, and no other"),
    "api.change_email(uuid,text)": Definer(_IDENTITY, "sign-in has no rights on people"),
    "api.enqueue_mail(text,text,uuid,jsonb,bytea)": Definer(_PERSON | _IDENTITY, "nobody reads or writes the outbox"),
    "api.claim_mail(integer)": Definer(_WORKER, "mails of all organizations; nobody reads the outbox"),
    "api.finish_mail(uuid)": Definer(_WORKER, "mails of all organizations; nobody writes the outbox"),
    "api.fail_mail(uuid,integer,text,integer)": Definer(
        _WORKER, "mails of all organizations; nobody writes the outbox"
    ),
    "api.purge_mail()": Definer(_WORKER, "mails of all organizations; a number only"),
    "api.claim_deliveries(integer,integer,jsonb)": Definer(
        _WORKER, "what is due to the endpoints of all organizations, with their sealed secrets"
    ),
    "api.finish_deliveries(jsonb)": Definer(_WORKER, "deliveries of all organizations; nobody writes them directly"),
    "api.roll_up_usage(integer)": Definer(_WORKER, "usage of all organizations, summed up; a number only"),
    "api.is_archive_waiting()": Definer(_WORKER, "looks over all organizations; yes or no"),
    "api.claim_archive(uuid,text)": Definer(_WORKER, "what is asked for in all organizations, and who is at it"),
    "api.sum_archive(uuid)": Definer(_WORKER, "all runs of a project, whose archive it holds; sums only"),
    "api.read_archive(uuid,text,uuid[])": Definer(_WORKER, "runs of a project whose archive it holds, to be written"),
    "api.check_archive(uuid,text,jsonb)": Definer(_WORKER, "sums up what it is given, for an archive that it holds"),
    "api.keep_archive(uuid,jsonb)": Definer(_WORKER, "removes the runs of an archive that it holds"),
    "api.restore_rows(uuid,text,jsonb)": Definer(_WORKER, "writes ended runs, those of an archive that it holds alone"),
    "api.settle_archive(uuid,text,text)": Definer(_WORKER, "nobody writes how an archive stands directly"),
    "api.begin_removal(uuid)": Definer(_WORKER, "whether the file of an archive that it holds may go"),
    "api.order_archive(uuid)": Definer(_WORKER, "the command line's wish, in whatever organization"),
    "api.list_archives()": Definer(_WORKER, "the command line's list, of all organizations"),
    "api.gone_archives(uuid[])": Definer(
        _WORKER, "says which ids it is given are no archive of any organization, and whose database it is"
    ),
    "api.is_export_waiting()": Definer(_WORKER, "looks over all organizations; yes or no"),
    "api.claim_export()": Definer(_WORKER, "what is asked for in all organizations, with whose it is"),
    "api.settle_export(uuid,text,jsonb)": Definer(_WORKER, "nobody writes how an export stands directly"),
    "api.gone_exports(uuid[])": Definer(
        _WORKER, "says which ids it is given are no export of any organization, and whose database it is"
    ),
    "api.remove_export(uuid)": Definer(_PERSON, "nobody writes how an export stands directly; theirs alone"),
    "api.hold_archive(uuid,text)": Definer(_NOBODY, "part of what a worker does to an archive: whether it holds it"),
    "api.is_restoring()": Definer(
        _PERSON | _ENGINE, "condition of triggers: whether this transaction restores; nobody else can say that it does"
    ),
    "api.find_archive_of(uuid)": Definer(_PERSON, "nobody reads which runs are in which archive; looks who asks"),
    "api.is_project_held(uuid)": Definer(_PERSON, "who archives need not read holds; yes or no"),
    "api.claim_usage_report(integer)": Definer(_WORKER, "what is due in all organizations, with whose it is"),
    "api.settle_usage_report(uuid,timestamp with time zone,timestamp with time zone)": Definer(
        _WORKER, "reports of people of all organizations; moves one, and tells nothing"
    ),
    "api.send_usage_report(uuid,date,timestamp with time zone,jsonb)": Definer(
        _PERSON, "nobody writes the outbox, nor what was told; only in a transaction of the workers' login"
    ),
    "api.purge_events(integer)": Definer(_WORKER, "events of all organizations; a number only"),
    "api.send_test_event(uuid)": Definer(_PERSON, "nobody writes an event directly; looks who asks"),
    "api.redeliver(uuid,uuid[],timestamp with time zone)": Definer(
        _PERSON, "nobody writes a delivery directly; looks who asks"
    ),
    "api.drop_deliveries(uuid)": Definer(_PERSON, "nobody writes a delivery directly; looks who asks"),
    "api.rotate_webhook_secret(uuid,text,integer)": Definer(
        _PERSON, "people have no right to read a sealed secret, which is kept for a while; looks who asks"
    ),
    "api.count_locked_out(integer)": Definer(
        _PERSON, "people have no rights on credentials; a number, and whether who asks is in it"
    ),
    "api.keep_slug()": Definer(_NOBODY, "trigger: nobody else writes short names, which stay for ever"),
    "api.require_operator()": Definer(_IDENTITY, "part of what an operator may do: reads whether they are one"),
    "api.list_organizations()": Definer(_OPERATOR, "an operator's list of organizations, by columns that are named"),
    "api.read_work()": Definer(_OPERATOR, "how much waits in all organizations: numbers only"),
    "api.read_connections()": Definer(_OPERATOR, "who is connected, by login: numbers only"),
    "api.read_tables()": Definer(_OPERATOR, "sizes of tables, and the server's counts of rows"),
    "api.read_indexes()": Definer(_OPERATOR, "sizes of indexes, and how often each is read"),
    "api.read_statements(integer)": Definer(_OPERATOR, "statements of all logins, without their values"),
    "api.sample_sizes()": Definer(_WORKER, "notes how large tables are; a number only"),
    "api.read_tightest()": Definer(_OPERATOR, "sizes of tables over time, which nobody else reads"),
    "api.read_sizes()": Definer(_OPERATOR, "sizes of tables over time, which nobody else reads"),
    "api.read_removals(timestamp with time zone,integer)": Definer(
        _OPERATOR, "what retention removed in all organizations: names of these, and numbers"
    ),
    "api.sum_removals(timestamp with time zone)": Definer(_OPERATOR, "how much retention removed in all: numbers only"),
    "api.count_people(uuid[])": Definer(_OPERATOR, "an operator's count of people: numbers only"),
    "api.govern_organization(uuid,jsonb)": Definer(_OPERATOR, "tier, quota, suspension and end are an operator's"),
    "api.ask_deletion(boolean)": Definer(_PERSON, "the end of one's own organization, which no UPDATE may write"),
    "api.invite_first_admin(uuid,text,bytea)": Definer(_OPERATOR, "invites to an organization that nobody is in yet"),
    "api.is_last_operator(uuid)": Definer(_PERSON, "counts operators of all organizations; yes or no, and no more"),
    "api.guard_invitations()": Definer(_NOBODY, "trigger: looks whether anybody has come, and who asks"),
    "api.guard_operators()": Definer(_NOBODY, "trigger: counts operators of all organizations, whom not all may see"),
    "api.take_seat(uuid)": Definer(_OPERATOR, "counts people of one's own organization, whom not all may see"),
    "api.end_organizations()": Definer(_WORKER, "looks over all organizations; a count only"),
    "api.claim_schedule(integer)": Definer(_WORKER, "what is due in all organizations, with whom it launches as"),
    "api.settle_schedule(uuid,timestamp with time zone,timestamp with time zone,text,text,boolean,integer)": Definer(
        _WORKER, "schedules of all organizations; writes the mail to a person who need not be there any more"
    ),
    "api.fire_schedule(uuid,timestamp with time zone,timestamp with time zone,uuid)": Definer(
        _PERSON, "nobody writes what became of a schedule directly; only in a transaction of the workers' login"
    ),
    "api.requeue_lost_runs()": Definer(_WORKER, "looks over all organizations; ids only"),
    "api.gone_operations(uuid[])": Definer(
        _WORKER, "says which ids it is given are no operation of any organization, and whose database it is"
    ),
    "api.purge_workflows(integer,integer)": Definer(_WORKER, "the queue's rows of all organizations; a number only"),
    "api.cancel_requests(uuid[])": Definer(_WORKER, "looks over all organizations; ids only"),
    "api.steered_runs(uuid[],uuid[])": Definer(_WORKER, "looks over all organizations; ids only"),
    "api.remind_reviews()": Definer(_WORKER, "writes mails about the reviews of all organizations; a count only"),
    "api.track_review()": Definer(_NOBODY, "trigger: nobody writes requests for reviews directly"),
    "api.queue_run(uuid,uuid)": Definer(_NOBODY, "part of enqueue_run, admit_runs and requeue_lost_runs"),
    "api.next_turn(uuid)": Definer(_NOBODY, "part of queue_run: the turns of all organizations, numbers only"),
    "api.take_up_run(uuid)": Definer(_WORKER, "whoever walks a run has no rights on the queue"),
    "api.admit_runs(uuid)": Definer(_NOBODY, "part of enqueue_run, admit_next and requeue_lost_runs"),
    "api.admit_next()": Definer(_NOBODY, "trigger: whoever frees a place has no rights on the queue"),
    "api.audit_priority()": Definer(_NOBODY, "trigger: whoever changes a row has no rights on the trail"),
    "api.may_invite_as(uuid,text,jsonb)": Definer(_NOBODY, "part of may_invite and find_invitation"),
    "api.write_audit(uuid,text,text,uuid,jsonb,jsonb)": Definer(_NOBODY, "part of everything that writes to the trail"),
    "api.end_access()": Definer(_NOBODY, "trigger: whoever deactivates has no rights on sessions"),
    "api.count_project_run()": Definer(_NOBODY, "trigger: nobody writes what a project's runs add up to"),
    "api.follow_review()": Definer(_NOBODY, "trigger: who says no to a draft may not read it any more"),
    "api.rename_publisher()": Definer(_NOBODY, "trigger: who names an organization need not edit templates"),
    "api.count_template_run()": Definer(_NOBODY, "trigger: nobody writes a template's figures directly"),
    "api.end_password_links()": Definer(_NOBODY, "trigger: whoever changes rights has no rights on links"),
    **{
        f"api.tell_{what}()": Definer(_NOBODY, "trigger: nobody writes an event directly")
        for what in ("run", "phase", "review", "quota", "project", "template", "invitation", "user", "webhook")
    },
    "api.open_usage_hours()": Definer(_NOBODY, "trigger: nobody marks an hour of usage directly"),
    "api.switch_webhook()": Definer(_NOBODY, "trigger: nobody writes a delivery directly"),
    "api.audit()": Definer(_NOBODY, "trigger: whoever changes a row has no rights on the trail"),
    "api.audit_run()": Definer(_NOBODY, "trigger: whoever changes a row has no rights on the trail"),
}

#: Tables that those functions touch, and so open to the owner whom FORCE ROW LEVEL SECURITY binds like everybody.
OPEN_TO_OWNER: Final = frozenset(
    {
        "organizations",
        "organization_slugs",
        "users",
        "invitations",
        "user_sessions",
        "claim_keys",
        "engine_settings",
        "size_samples",
        "user_credentials",
        "audit_logs",
        "audit_seals",
        "legal_holds",
        "retention_progress",
        "run_comments",
        "mail_outbox",
        "api_usage",
        "budgets",
        "budget_periods",
        "budget_raises",
        "budget_alerts",
        "spending_watches",
        "spending_notices",
        "usage_reports",
        "export_jobs",
        "archives",
        "archived_runs",
        "projects",
        "orchestration_templates",
        "template_versions",
        "template_drafts",
        "template_reviews",
        "template_statistics",
        "orchestration_runs",
        "phase_executions",
        "phase_streams",
        "review_requests",
        "run_reviews",
        "provider_connections",
        "integration_connections",
        "integration_operations",
        "connection_turns",
        "schedules",
        "webhooks",
        "webhook_events",
        "webhook_deliveries",
        "webhook_attempts",
        "usage_hourly",
        "usage_daily",
        "usage_open_hours",
        "usage_open_days",
    }
)

#: Tables of which they touch the sample workspace's rows, and so open to the owner for those.
OPEN_FOR_THE_SAMPLE: Final = frozenset(
    {
        "user_tokens",
        "user_credentials",
    }
)

#: Of the identity login's tables, those of which they touch the links of invitations and for new passwords, and so open
#: for these.
OPEN_FOR_LINKS: Final = frozenset({"user_tokens"})
