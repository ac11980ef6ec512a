-- The only way a record comes to be. What the body says of its changes and its place must be true.
CREATE OR REPLACE FUNCTION batong_append(p_id uuid, p_chain uuid, p_salt bytea, p_body bytea, p_private jsonb)
RETURNS bytea LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    final bytea := p_body;
    digest text := batong_changes(p_id);
    hole int := position(convert_to('"changes":"' || repeat('0', 64) || '"', 'UTF8') IN p_body);
    said jsonb;
    committed bytea;
    -- No record%ROWTYPE: after any upkeep of the table, PostgreSQL looks the name up again and takes
    -- it for the pseudo-type `record`.
    last_seq bigint;
    last_commitment bytea;
BEGIN
    -- 64 zeros leave room for the digest of the change lines: it is written in here, where it is
    -- known, and the caller need not ask for it first. What the body then says is checked as ever.
    IF hole > 0 THEN
        final := overlay(final PLACING convert_to(digest, 'UTF8') FROM hole + 11 FOR 64);
    END IF;
    said := convert_from(final, 'UTF8')::jsonb;
    committed := sha256(convert_to('batong-leaf/1', 'UTF8') || '\x00'::bytea || p_salt || final);
    IF said ->> 'id' IS DISTINCT FROM p_id::text OR said ->> 'project' IS DISTINCT FROM p_chain::text THEN
        RAISE EXCEPTION 'the body names another record or project' USING ERRCODE = 'BT004';
    END IF;
    IF jsonb_typeof(said -> 'action') IS DISTINCT FROM 'string'
       OR jsonb_typeof(said -> 'actor') IS DISTINCT FROM 'object'
       OR jsonb_typeof(said -> 'facts') IS DISTINCT FROM 'object'
       OR jsonb_typeof(said -> 'outcome') IS DISTINCT FROM 'object'
       OR NOT (said -> 'outcome' ?| ARRAY['done', 'refused'])
       OR said ? 'seq' AND jsonb_typeof(said -> 'seq') IS DISTINCT FROM 'number' THEN
        RAISE EXCEPTION 'the body does not say who did what' USING ERRCODE = 'BT004';
    END IF;
    -- An id is a UUIDv7 of the act's own moment: ids are the order of time within a chain.
    IF substr(p_id::text, 15, 1) <> '7'
       OR date_trunc('milliseconds', (said ->> 'time')::timestamptz) IS DISTINCT FROM to_timestamp(
           ('x0000' || left(replace(p_id::text, '-', ''), 12))::bit(64)::bigint / 1000.0) THEN
        RAISE EXCEPTION 'the id is not of the time that the body tells' USING ERRCODE = 'BT004';
    END IF;
    IF said ? 'seq' THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(p_chain::text, 8));
    ELSE
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_chain::text, 8));
    END IF;
    -- A numbered act comes after every act of its chain, a secret one after every numbered act:
    -- what a later act gathers is then exactly what came before it.
    IF EXISTS (SELECT 1 FROM record r WHERE r.chain = p_chain AND r.id >= p_id
               AND (said ? 'seq' OR r.seq IS NOT NULL)) THEN
        RAISE EXCEPTION 'the id is not after the acts before it' USING ERRCODE = 'BT004';
    END IF;
    IF said ->> 'changes' IS DISTINCT FROM digest THEN
        RAISE EXCEPTION 'the changes digest is not the hash of the change lines' USING ERRCODE = 'BT004';
    END IF;
    IF said ? 'seq' THEN
        SELECT r.seq, r.commitment INTO last_seq, last_commitment FROM record r
            WHERE r.chain = p_chain AND r.seq IS NOT NULL ORDER BY r.seq DESC LIMIT 1;
        IF (said ->> 'seq')::bigint IS DISTINCT FROM coalesce(last_seq, 0) + 1
           OR said ->> 'prev' IS DISTINCT FROM coalesce(encode(last_commitment, 'hex'), '') THEN
            RAISE EXCEPTION 'the number or the previous commitment is wrong' USING ERRCODE = 'BT004';
        END IF;
    END IF;
    INSERT INTO record (id, xact, chain, seq, prev, commitment)
    VALUES (p_id, pg_current_xact_id(), p_chain, (said ->> 'seq')::bigint,
            decode(nullif(said ->> 'prev', ''), 'hex'), committed);
    INSERT INTO opening (record_id, salt, body, private) VALUES (p_id, p_salt, final, p_private);
    INSERT INTO pending (record_id) VALUES (p_id);
    RETURN committed;
END $$;
