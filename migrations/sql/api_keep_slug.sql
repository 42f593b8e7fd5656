-- api.keep_slug()
-- Every short name that an organization has had is its own for ever: addresses that were given away lead to it, and
-- nobody else takes one over. SECURITY DEFINER: nobody else writes that table. Of two at once the second waits for the
-- first, and finds the name taken.
CREATE FUNCTION api.keep_slug() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO organization_slugs (organization_id, slug) VALUES (NEW.id, NEW.slug) ON CONFLICT (slug) DO NOTHING;
    IF NOT EXISTS (SELECT 1 FROM organization_slugs s WHERE s.slug = NEW.slug AND s.organization_id = NEW.id) THEN
        RAISE EXCEPTION 'the short name % is or was another organization''s', NEW.slug
            USING ERRCODE = 'unique_violation', CONSTRAINT = 'organizations_slug_key';
    END IF;
    RETURN NULL;
END
$$;
