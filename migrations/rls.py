"""Row-level security of a tenant table, in the one form that all of them have.

Permissive policies say whose rows: the person's organization, the engine's organization, the owner of the definer
functions. Restrictive ones say who may: `permit` binds a verb to the permission table. The helper is called by the
migration that makes the table, so no table is ever without its policies.
"""

from alembic import op

#: Where a person's organization stands. A sub-select, so that it is asked once a statement and not once a row.
ORGANIZATION = "(SELECT api.organization_id())"
ENGINE_ORGANIZATION = "(SELECT api.engine_organization_id())"
#: The person, looked up in the moment in which a row is compared.
PERSON = "(SELECT api.person_id())"
#: What the claims say of the person, in migrations before 0022: that one puts `PERSON` in its place, in every policy.
CLAIMED_PERSON = "(SELECT auth.uid())"


def protect(table: str) -> None:
    """Nobody sees a row of the table, its owner included, until a policy lets them."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def scope_to_organization(table: str, *, title: str, column: str = "organization_id") -> None:
    """A person reaches the rows of their own organization, and nothing else."""
    op.execute(
        f'CREATE POLICY "{title} are organization-scoped" ON {table} FOR ALL TO authenticated '
        f"USING ({column} = {ORGANIZATION}) WITH CHECK ({column} = {ORGANIZATION})"
    )


def scope_to_engine(table: str, *, column: str = "organization_id") -> None:
    """The engine reaches the rows of the organization whose run it walks."""
    op.execute(
        f"CREATE POLICY {table}_engine ON {table} FOR ALL TO engine "
        f"USING ({column} = {ENGINE_ORGANIZATION}) WITH CHECK ({column} = {ENGINE_ORGANIZATION})"
    )


def open_to_owner(table: str) -> None:
    """The definer functions run as the owner, who is bound by FORCE ROW LEVEL SECURITY like everybody."""
    op.execute(f"CREATE POLICY {table}_owner ON {table} FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)")


def may(permission: str, *, created_by: str | None = None, person: str = PERSON) -> str:
    """The condition that a person holds the permission; `created_by` lets one's own rows count where it says so."""
    everywhere = f"(SELECT api.may('{permission}'))"
    if created_by is None:
        return everywhere
    return f"({everywhere} OR ({created_by} = {person} AND (SELECT api.may_own('{permission}'))))"


def sees(table: str, column: str, *, of: str) -> str:
    """The condition that a reference names a row of `of` which the person can see.

    A foreign key looks past the policies: it would take another organization's row, or tell by its refusal that the
    row is there.
    """
    return f"({table}.{column} IS NULL OR EXISTS (SELECT 1 FROM {of} seen WHERE seen.id = {table}.{column}))"


def permit(table: str, verb: str, condition: str) -> None:
    """Bind a verb (SELECT, INSERT, UPDATE, DELETE) of every person to a condition, whatever else lets them."""
    clause = {
        "SELECT": f"USING ({condition})",
        "INSERT": f"WITH CHECK ({condition})",
        "UPDATE": f"USING ({condition}) WITH CHECK ({condition})",
        "DELETE": f"USING ({condition})",
    }[verb]
    op.execute(
        f"CREATE POLICY {table}_{verb.lower()}_permitted ON {table} AS RESTRICTIVE FOR {verb} TO authenticated {clause}"
    )
