"""Everything that the migrations make in a database, as text that can be compared."""

from collections.abc import Mapping

import psycopg

#: What stays when everything of ours is taken back: Alembic's own note of where it stands.
LEFT_BEHIND = "alembic_version"

_SCHEMAS = "('public', 'api', 'auth')"


def _rights(column: str, kind: str, owner: str) -> str:
    """An access list in words; one that was never touched is the same as the default written out."""
    return f"""ARRAY(
        SELECT coalesce(r.rolname, 'PUBLIC') || ' ' || privilege_type || ' ' || is_grantable
        FROM aclexplode(coalesce({column}, acldefault('{kind}', {owner}))) LEFT JOIN pg_roles r ON r.oid = grantee
        ORDER BY 1)"""


_QUESTIONS: Mapping[str, str] = {
    "schemas": f"""
        SELECT nspname, {_rights("nspacl", "n", "nspowner")} FROM pg_namespace
        WHERE nspname IN {_SCHEMAS} AND nspname <> 'public'""",
    "tables": f"""
        SELECT n.nspname || '.' || c.relname, c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
               c.reloptions, {_rights("relacl", "r", "relowner")}, pg_get_userbyid(c.relowner)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN {_SCHEMAS}""",
    # the place among the columns that are there: one that was taken back leaves a number that is never used again
    "columns": f"""
        SELECT n.nspname || '.' || c.relname || '.' || a.attname,
               row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum), format_type(a.atttypid, a.atttypmod),
               a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attacl::text
        FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE n.nspname IN {_SCHEMAS} AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": f"""
        SELECT c.conrelid::regclass || '.' || c.conname, pg_get_constraintdef(c.oid), c.convalidated
        FROM pg_constraint c JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname IN {_SCHEMAS}""",
    "indexes": f"SELECT schemaname || '.' || indexname, indexdef FROM pg_indexes WHERE schemaname IN {_SCHEMAS}",
    "functions": f"""
        SELECT p.oid::regprocedure::text, pg_get_functiondef(p.oid), {_rights("proacl", "f", "proowner")},
               pg_get_userbyid(p.proowner)
        FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname IN {_SCHEMAS}""",
    "triggers": f"""
        SELECT t.tgrelid::regclass || '.' || t.tgname, pg_get_triggerdef(t.oid), t.tgenabled
        FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN {_SCHEMAS} AND NOT t.tgisinternal""",
    "policies": f"""
        SELECT schemaname || '.' || tablename || '.' || policyname, permissive, roles::text, cmd, qual, with_check
        FROM pg_policies WHERE schemaname IN {_SCHEMAS}""",
    "default rights": f"""
        SELECT coalesce(n.nspname, 'everywhere') || '.' || defaclobjtype::text, pg_get_userbyid(defaclrole),
               defaclacl::text
        FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
        WHERE d.defaclnamespace = 0 OR n.nspname IN {_SCHEMAS}""",
}


def snapshot(url: str) -> dict[str, object]:
    """`kind name` -> what it is, for everything that the migrations make."""
    found: dict[str, object] = {}
    with psycopg.connect(url) as connection:
        for kind, question in _QUESTIONS.items():
            for name, *rest in connection.execute(question.encode()):
                if LEFT_BEHIND not in name:
                    found[f"{kind} {name}"] = tuple(rest)
    return found
