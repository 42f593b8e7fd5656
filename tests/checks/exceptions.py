"""Where the tools' rules do not count, and why."""

from typing import Final

from tests.checks.findings import Excuse

_OWNER = "for the owner alone, whom FORCE binds as well: his definer functions. tests/tenancy/functions.py lists them"
_SAMPLE = "for the owner's functions that make and remove the sample workspace: reaches its rows and nobody else's"
_IDENTITY = "for the identity login alone, whose own tables these are; they hold ways in and nothing of a tenant"
_IDENTITYS = r"(user_(credentials|sessions|tokens)|sign_in_networks)"
_LINKS = (
    "for the owner's functions that make and end links of invitations and for new passwords, and see no other secret"
)
_PERMITTED = "restrictive: narrows by the person's permission what the policy beside it scopes to the organization"
_NAMES = "names, and by its own condition those of one organization: tests/tenancy/test_people.py"
_OFFERED = "what a template's page shows, by the view's own condition: tests/tenancy/test_public_templates.py"
_NEW_ROW = "WITH CHECK of a new row reads that row and no index"

#: squawk reads each migration as the SQL that it runs; `where` is the revision.
SQUAWK: Final = (
    Excuse("prefer-text-field", r"\d{4}", "the specification says VARCHAR, and how long"),
    Excuse("prefer-bigint-over-int", r"\d{4}", "the specification says INTEGER; no key of ours is a number"),
    Excuse("ban-drop-function", "0014", "api.find_session: nobody has called it since 0012"),
    Excuse("adding-foreign-key-constraint", "0003", "audit_logs was made one migration earlier and is empty"),
    Excuse("constraint-missing-not-valid", "0003", "audit_logs was made one migration earlier and is empty"),
    Excuse("ban-drop-constraint", "0017", "another takes its place that knows the links of invitations as well"),
    Excuse("adding-foreign-key-constraint", "0017", "the column is new and empty, and user_tokens holds a few links"),
    Excuse("constraint-missing-not-valid", "0017", "the column is new and empty, and user_tokens holds a few links"),
    Excuse("ban-drop-function", "0019", "made anew in the same transaction; its callers name the columns they read"),
    Excuse("adding-field-with-default", "0031", "projects are few and small: 100,000 are rewritten in two seconds"),
    Excuse("adding-field-with-default", "0060", "archives are few, and the ids of their runs are out of line and stay"),
    *(
        Excuse(rule, "0062", "archives are few; what their runs are stands in the new table, and nobody else asked")
        for rule in (
            *("ban-drop-column", "ban-drop-generated-expression", "adding-not-nullable-field"),
            *("disallowed-unique-constraint", "constraint-missing-not-valid", "require-concurrent-index-deletion"),
        )
    ),
    Excuse("ban-drop-function", "0031", "nothing but the policy that goes with it asked api.find_offered"),
    Excuse("constraint-missing-not-valid", "0032", "the column is new and empty, and there are few connections"),
    Excuse("constraint-missing-not-valid", "0037", "the column is new and empty, and nothing has made operations yet"),
    Excuse("ban-drop-constraint", "0033", "another takes its place that knows the mails about reviews as well"),
    Excuse("ban-drop-constraint", "0034", "its own, left by an upgrade that was interrupted; it is added anew at once"),
    Excuse("ban-drop-constraint", "0037", "another takes its place that knows the mail about operations as well"),
    Excuse("ban-drop-constraint", "0036", "another takes its place that knows the mail about a schedule as well"),
    Excuse("ban-drop-constraint", "0039", "another takes its place that knows the mail about a webhook as well"),
    Excuse(
        "constraint-missing-not-valid", "0039", "no endpoint was ever set up, and the outbox holds a month of mails"
    ),
    Excuse("ban-drop-constraint", "0044", "another takes its place that knows the event and the mails about budgets"),
    *(
        Excuse("ban-drop-constraint", revision, f"another takes its place that knows the mails about {what}")
        for revision, what in (("0048", "quotas"), ("0049", "usage"))
    ),
    *(
        Excuse("constraint-missing-not-valid", revision, "the outbox holds a month of mails, looked through in no time")
        for revision in ("0048", "0049")
    ),
    Excuse("ban-drop-function", "0055", "made anew in the same transaction, with two columns more"),
    Excuse("ban-drop-function", "0068", "made anew in the same transaction, with a column more each"),
    Excuse("ban-drop-function", "0059", "functions of the same transaction alone asked api.require_governor"),
    Excuse("ban-drop-constraint", "0054", "calls outlive their runs, which retention removes, and keep their ids"),
    Excuse("constraint-missing-not-valid", "0044", "endpoints are few, and events and mails are kept for a month"),
    Excuse("prefer-bigint-over-smallint", "0042", "the buckets of a histogram, of which there are a hundred"),
    Excuse("require-concurrent-index-creation", "0039", "no endpoint was ever set up: the table is empty"),
    Excuse("disallowed-unique-constraint", "0039", "no endpoint was ever set up: the table is empty"),
    Excuse("constraint-missing-not-valid", "0036", "the outbox holds a month of mails, looked through in no time"),
    Excuse("prefer-robust-stmts", "0036", "VALIDATE CONSTRAINT can be repeated, and is to be no part of a transaction"),
    Excuse("ban-drop-not-null", "0023", "the version before writes an inviter, and meets none before anybody upgrades"),
    Excuse("renaming-object", "0065", "an index, which no statement names"),
)

#: `pgrls lint`; `where` is the object.
LINT: Final = (
    Excuse("SEC001", r"public\.alembic_version", "one number of Alembic's, which the logins read at their start"),
    Excuse("SEC005", r".*_permitted", _PERMITTED),
    *(Excuse(rule, r".*\.\w+_owner", _OWNER) for rule in ("SEC005", "SEC008", "SEC028", "SEC038")),
    *(Excuse(rule, r".*\.\w+_identity", _IDENTITY) for rule in ("SEC005", "SEC008", "SEC028", "SEC038")),
    Excuse(
        "SEC007",
        rf"public\.({_IDENTITYS}|claim_keys|engine_settings|size_samples)",
        "one role, one policy: there is nothing to narrow",
    ),
    Excuse(
        "SEC013",
        r"public\.organizations\.organizations_watch_retention",
        "acts as the owner, and notes how long the row's own settings wait",
    ),
    Excuse(
        "SEC013", r"public\.users\.users_end_access", "ends the sessions of the row's own person, and reads nothing"
    ),
    Excuse(
        "SEC013",
        r"public\.users\.users_last_operator(_gone)?",
        "looks for operators of all organizations, and says nothing but that there is one",
    ),
    Excuse(
        "SEC013", r"public\.orchestration_runs\..*_count_(launch|end)", "adds to its own organization's figures alone"
    ),
    Excuse("SEC013", r".*_rename_publisher", "writes the organization's new name on its own templates alone"),
    Excuse("SEC013", r".*_follow", "moves the status of the template that the row is about, and reads nothing"),
    Excuse(
        "SEC013", r"public\.users\.users_password_links", "ends the links of the row's own person, and reads nothing"
    ),
    Excuse(
        "SEC013",
        r"public\.(orchestration_runs|organizations)\.\w+_next",
        "admits runs of the row's own organization, by a count and their order, and says nothing",
    ),
    Excuse(
        "SEC013", r"public\.orchestration_runs\..*_audit_priority", "writes the row's own priority to the trail only"
    ),
    Excuse("SEC013", r"public\.orchestration_runs\..*_turn", "acts as whoever changes the row, and reads that alone"),
    Excuse("SEC013", r"public\.invitations\.invitations_first_admin", "looks whether the organization has any people"),
    Excuse("SEC045", r"public\.webhooks\.previous_secret_expires_at", "a moment, and no secret"),
    Excuse(
        "SEC045", r"public\.webhooks\.secret_key", "written, sealed, by who sets an endpoint up, and read by nobody"
    ),
    Excuse(
        "SEC013",
        r".*_tell(_\w+)?",
        "acts as the owner, reads the row and what it names, and writes events of its own organization",
    ),
    Excuse(
        "SEC013", r"public\.webhooks\.webhooks_switch", "gives its own endpoint's deliveries a time, and reads nothing"
    ),
    Excuse(
        "SEC013",
        r".*_track_review",
        "acts as the owner, and writes requests about the row itself in its own organization",
    ),
    Excuse("SEC013", r"public\.webhooks\.webhooks_readdress", "acts as whoever changes the row, and reads that alone"),
    Excuse("SEC013", r"public\.api_usage\.\w+_open_\w+", "acts as the owner, and marks hours of the rows written"),
    Excuse("SEC027", r"public\.usage_(hourly|daily)", "read whole, by those with analytics.view"),
    Excuse(
        "SEC013",
        r"public\.api_usage\.\w+_spending",
        "acts as the owner, and counts the row itself to budgets of its own organization",
    ),
    Excuse(
        "SEC013",
        r"public\.budgets\.budgets_(open|move)",
        "acts as the owner: sums up usage of its own organization, and writes what is told of the budget itself",
    ),
    Excuse("SEC013", r"public\.budget_raises\.\w+_move", "acts as the owner, and tells of the budget that it raises"),
    Excuse("SEC027", r"public\.spending_notices", "read whole, by those who see what others spend"),
    Excuse("SEC035", r"public\.budgets .*", "what it is about is one organization's: its key, a project or a person"),
    Excuse("PERF003", r"public\.legal_holds\..*", "asked of those that an index has found; there are few"),
    Excuse("PERF003", r"public\.budgets\..*", "asked of those that an index has found; there are few"),
    Excuse("PERF003", r".*\.\w+_own_only", "asked of rows that an index of the organization has found"),
    Excuse("PERF004", r".*\.\w+_own_only", "asked of rows that the run's index has found, and of members alone"),
    Excuse("VIEW001", r"public\.people", _NAMES),
    Excuse("VIEW001", r"public\.readable_templates", _OFFERED),
    Excuse("SEC007", rf"public\.{_IDENTITYS}", "one role, one policy: there is nothing to narrow"),
    Excuse("SEC007", r"public\.connection_turns", "the engine's alone, by one policy: people have no right on it"),
    Excuse("SEC007", r"public\.archived_runs", "one policy, the owner's: nobody else has any right on it"),
    Excuse("SEC007", r"public\.mail_outbox", "one policy, the owner's: nobody else has any right on it"),
    Excuse(
        "SEC013", r".*_audit", "acts as the owner, reads the row itself and its person, and writes to the trail only"
    ),
    Excuse(
        "SEC013",
        r".*_(touch|guard|keep|keep_all|second_factor)",
        "acts as whoever changes the row, under the same policies",
    ),
    Excuse("SEC013", r".*_(touch|guard|keep|keep_all)", "acts as whoever changes the row, under the same policies"),
    Excuse("SEC013", r".*_keep_slug", "acts as the owner, and writes the row's own short name and nothing else"),
    Excuse("SEC013", r".*_reuse", "acts as whoever launches, and copies only what the same policies let them read"),
    Excuse("SEC027", r"public\.audit_logs", "the trail is read whole, by those with audit.view"),
    Excuse("SEC027", r"public\.user_(credentials|sessions|tokens)", _IDENTITY),
    Excuse(
        "SEC030", r"public\.(orchestration_templates|template_versions)", "built-in templates are no organization's"
    ),
    Excuse("SEC035", r"public\.(users|organizations) .*", "the specification makes e-mail, user name and slug unique"),
    Excuse("SEC035", r"public\.organization_slugs .*", "an address leads to one organization, in all the installation"),
    Excuse("SEC035", r"public\.template_versions .*", "the template's id stands in it, and that is one organization's"),
    Excuse("SEC035", r"public\.phase_executions .*", "the run's id stands in it, and that is one organization's"),
    Excuse("SEC047", r".*_fkey\)", "a policy or a guard looks first, so that both refusals are one: test_isolation.py"),
    Excuse("PERF003", r".*\.\w+_insert_(permitted|waiting)", _NEW_ROW),
    Excuse("PERF004", r".*\.\w+_insert_permitted", _NEW_ROW),
    Excuse("PERF003", r"public\.invitations\.invitations_update_permitted", "one is changed at a time, by its key"),
    Excuse("PERF003", r"public\.user_tokens\.user_tokens_(invitations|password_links)", "found by hash or whose it is"),
    Excuse("PERF003", r"public\.connection_turns\..*", "a row for each connection with a limit, found by its key"),
    Excuse("PERF003", r"public\.phase_streams\..*", "a row for each answer being written, read by its key"),
    Excuse("PERF003", r"public\.api_usage\.api_usage_tries_\w+", "one row, found by its key"),
    Excuse("PERF003", r".*\.orchestration_templates_drafts", "narrows what the organization's index has found"),
)

#: Policies of which `pgrls verify` proves nothing for a session that is nobody's: it does not see that they are the
#: owner's alone, and their condition is beyond it.
UNPROVEN_FOR_NOBODY: Final = (Excuse("unverified", r".*\.\w+_sample", _SAMPLE),)
#: Policies of which `pgrls verify` proves nothing in the modes cross-tenant and write; `where` is the policy. The rule
#: is the verdict: a proven leak is excused nowhere but for what is public.
UNPROVEN: Final = (
    Excuse("unverified", r".*\.\w+_owner", _OWNER),
    *UNPROVEN_FOR_NOBODY,
    Excuse("unverified", r".*\.user_tokens_(invitations|password_links)", _LINKS),
    Excuse("unverified", r".*\.\w+_identity", _IDENTITY),
)
#: What somebody reaches by way of something else, as `pgrls verify` in the mode reachability has it.
REACHED: Final = (
    Excuse("leak", r"public\.users\.public\.people", _NAMES),
    Excuse("leak", r"public\.(orchestration_templates|organizations)\.public\.readable_templates", _OFFERED),
)
#: The same for reading alone.
UNPROVEN_TO_READ: Final = UNPROVEN
