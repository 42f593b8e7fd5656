-- api.latency_bucket(integer)
-- Which bucket of a histogram a time in ms belongs to: four for each doubling, so that a percentile read from the counts is
-- right within a tenth. NULL where the time is unknown.
CREATE FUNCTION api.latency_bucket(p_ms integer) RETURNS smallint
LANGUAGE sql IMMUTABLE
AS $$ SELECT CASE WHEN p_ms IS NOT NULL THEN floor(4 * ln(greatest(p_ms, 1)::double precision) / ln(2::double precision))::smallint END $$;
