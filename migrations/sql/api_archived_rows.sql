-- api.archived_rows(text, text[])
-- The query that makes rows of a table of the lines that `api.archived_lines` has made, an array of them in $1, with these
-- columns.
CREATE FUNCTION api.archived_rows(p_table text, p_columns text[]) RETURNS text
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT format(
        'SELECT %s FROM jsonb_array_elements($1) WITH ORDINALITY AS line (said, place), '
        'jsonb_populate_record(NULL::public.%I, line.said) AS made ORDER BY line.place',
        string_agg(format(CASE WHEN a.atttypid = 'jsonb'::regtype THEN 'line.said -> %2$L AS %1$I' ELSE 'made.%1$I' END,
                          a.attname, a.attname), ', ' ORDER BY c.place),
        p_table)
      FROM unnest(p_columns) WITH ORDINALITY AS c (name, place)
      JOIN pg_attribute a ON a.attrelid = p_table::regclass AND a.attname = c.name AND a.attnum > 0
       AND NOT a.attisdropped
$$;
