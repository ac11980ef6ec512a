-- A round of a draw selected again by PostgreSQL alone (15 or later), written from the description of batong-draw/1:
-- SELECT * FROM pg_temp.draw_round(seed, strata, cap, people). What a round needs stands in the bundle; the seed is what
-- draw_verify.py computes of both proofs. Nothing is written: the functions live as long as the session.

-- The least ticket of a leaf: H("ticket", seed, u32 stratum, u32 j, leaf) over j < weight.
CREATE OR REPLACE FUNCTION pg_temp.draw_head(seed bytea, stratum bigint, j bigint) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
  SELECT '\x14'::bytea || convert_to('batong-draw/1/ticket', 'UTF8')
    || '\x00000020'::bytea || seed
    || '\x00000004'::bytea || decode(lpad(to_hex(stratum), 8, '0'), 'hex')
    || '\x00000004'::bytea || decode(lpad(to_hex(j), 8, '0'), 'hex')
    || '\x00000020'::bytea
$$;

CREATE OR REPLACE FUNCTION pg_temp.draw_ticket(seed bytea, stratum bigint, leaf bytea, weight int) RETURNS bytea
LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(pg_temp.draw_head(seed, stratum, j) || leaf) AS ticket
  FROM generate_series(0, weight - 1) AS j ORDER BY ticket LIMIT 1
$$;

-- Whether all open seats can be filled. Hall's condition instead of a flow: for every set of strata, the seats must not
-- exceed what its groups can send, each no more than it has people there, nor than its room.
-- people: {leaf, s: [strata], g: group, free}; seats: {stratum: number}; seated: {group: number}; cap null for none.
CREATE OR REPLACE FUNCTION pg_temp.draw_fillable(people jsonb, seats jsonb, seated jsonb, cap int) RETURNS boolean
LANGUAGE sql IMMUTABLE AS $$
  WITH code AS (
    SELECT key, value::int AS seats, 1 << (row_number() OVER (ORDER BY key) - 1)::int AS bit
    FROM jsonb_each_text(seats) WHERE value::int > 0
  ), chosen AS (
    SELECT n FROM generate_series(1, (SELECT (1 << count(*)::int) - 1 FROM code)) AS n
  ), person AS (
    SELECT p->>'g' AS g, coalesce((SELECT bit_or(bit) FROM code WHERE p->'s' @> key::jsonb), 0) AS bits
    FROM jsonb_array_elements(people) AS p WHERE (p->>'free')::boolean
  ), supply AS (
    SELECT n, g, least(count(*), coalesce(cap - coalesce((seated->>g)::int, 0), count(*))) AS most
    FROM chosen JOIN person ON bits & n > 0 GROUP BY n, g
  )
  SELECT coalesce(bool_and(
    (SELECT sum(seats) FROM code WHERE bit & n > 0)
      <= (SELECT coalesce(sum(greatest(most, 0)), 0) FROM supply WHERE supply.n = chosen.n)
  ), true) FROM chosen
$$;

-- The verdict log of a round. strata: [[code, open seats], …] in processing order; cap: [field, most] or null;
-- people: [{leaf, s, g, w, taken, barred}], barred: the rule or null; seated: {group: number}.
CREATE OR REPLACE FUNCTION pg_temp.draw_round(seed bytea, strata jsonb, cap jsonb, people jsonb, seated jsonb)
RETURNS TABLE (stratum bigint, leaf text, verdict text)
LANGUAGE plpgsql AS $$
DECLARE
  most int := (cap->>1)::int;
  seats jsonb := (SELECT jsonb_object_agg(pair->>0, pair->1) FROM jsonb_array_elements(strata) AS pair);
  pool jsonb := (
    SELECT coalesce(jsonb_agg(p || jsonb_build_object('free', NOT (p->>'taken')::boolean AND p->>'barred' IS NULL)), '[]')
    FROM jsonb_array_elements(people) AS p
  );
  code text;
  one jsonb;
  less jsonb;
  more jsonb;
  left_over jsonb;
BEGIN
  IF NOT pg_temp.draw_fillable(pool, seats, seated, most) THEN
    RETURN;
  END IF;
  FOR code IN SELECT pair->>0 FROM jsonb_array_elements(strata) WITH ORDINALITY AS s(pair, n) ORDER BY n LOOP
    FOR one IN
      SELECT p FROM jsonb_array_elements(pool) AS p
      ORDER BY pg_temp.draw_ticket(seed, code::bigint, decode(p->>'leaf', 'hex'), (p->>'w')::int), p->>'leaf'
    LOOP
      EXIT WHEN (seats->>code)::int = 0;
      stratum := code::bigint;
      leaf := one->>'leaf';
      verdict := CASE
        WHEN (one->>'taken')::boolean OR EXISTS (
          SELECT FROM jsonb_array_elements(pool) AS p WHERE p->>'leaf' = leaf AND (p->>'taken')::boolean
        ) THEN 'SKIP_TAKEN'
        WHEN NOT one->'s' @> code::jsonb THEN 'SKIP_STRATUM'
        WHEN one->>'barred' IS NOT NULL THEN 'SKIP_BARRED:' || (one->>'barred')
        WHEN most - coalesce((seated->>(one->>'g'))::int, 0) <= 0 THEN 'SKIP_CAP:' || (cap->>0)
        ELSE 'ACCEPT'
      END;
      IF verdict = 'ACCEPT' THEN
        less := seats || jsonb_build_object(code, (seats->>code)::int - 1);
        more := seated || jsonb_build_object(one->>'g', coalesce((seated->>(one->>'g'))::int, 0) + 1);
        left_over := (
          SELECT jsonb_agg(CASE WHEN p->>'leaf' = leaf THEN p || '{"taken": true, "free": false}' ELSE p END)
          FROM jsonb_array_elements(pool) AS p
        );
        IF pg_temp.draw_fillable(left_over, less, more, most) THEN
          seats := less;
          seated := more;
          pool := left_over;
        ELSE
          verdict := 'SKIP_INFEASIBLE';
        END IF;
      END IF;
      RETURN NEXT;
    END LOOP;
  END LOOP;
END
$$;
