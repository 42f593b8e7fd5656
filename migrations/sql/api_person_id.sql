-- api.person_id()
-- The person who asks, as the policies compare with it: NULL where api.organization_id() finds nobody, in the same look.
-- auth.uid() believes the claims. SQL that is injected can announce others in the middle of a statement, after the policy
-- beside it has looked at those that were true.
-- No search_path of its own: with one, PostgreSQL would not put its body into the statement that asks.
CREATE FUNCTION api.person_id() RETURNS uuid
LANGUAGE sql STABLE
AS $$ SELECT CASE WHEN api.organization_id() IS NOT NULL THEN auth.uid() END $$;
