-- @ record
CREATE TABLE record (
    id uuid PRIMARY KEY,
    xact xid8 NOT NULL,
    chain uuid NOT NULL,
    seq bigint,
    prev bytea,
    commitment bytea NOT NULL CONSTRAINT record_commitment_check CHECK (octet_length(commitment) = 32),
    CONSTRAINT record_id_xact_key UNIQUE (id, xact),
    CONSTRAINT record_chain_seq_key UNIQUE (chain, seq)
);
CREATE INDEX record_chain_id_idx ON record (chain, id);
-- @ opening
CREATE TABLE opening (
    record_id uuid PRIMARY KEY REFERENCES record (id),
    salt bytea NOT NULL CONSTRAINT opening_salt_check CHECK (octet_length(salt) = 32),
    body bytea NOT NULL CONSTRAINT opening_body_check CHECK (octet_length(body) <= 65000),
    private jsonb
);
-- @ change
CREATE TABLE change (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_id uuid NOT NULL,
    xact xid8 NOT NULL,
    tbl text NOT NULL,
    key uuid NOT NULL,
    op text NOT NULL,
    salt bytea NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT change_record_fkey FOREIGN KEY (record_id, xact) REFERENCES record (id, xact)
        DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX change_record_id_idx ON change (record_id);
CREATE INDEX change_tbl_key_n_idx ON change (tbl, key, n);
-- @ pending
CREATE TABLE pending (record_id uuid PRIMARY KEY)
    WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);
-- @ leaf
CREATE TABLE leaf (
    idx bigint PRIMARY KEY CONSTRAINT leaf_idx_check CHECK (idx >= 0),
    record_id uuid UNIQUE REFERENCES record (id),
    pad_salt bytea,
    commitment bytea NOT NULL,
    CONSTRAINT leaf_kind_check CHECK ((record_id IS NULL) <> (pad_salt IS NULL))
);
-- @ head
CREATE TABLE head (
    size bigint PRIMARY KEY,
    root bytea NOT NULL,
    note text,
    at timestamptz NOT NULL
);
-- @ cosignature
CREATE TABLE cosignature (
    size bigint NOT NULL REFERENCES head (size),
    witness text NOT NULL,
    line text NOT NULL,
    PRIMARY KEY (size, witness)
);
-- @ leader
CREATE TABLE leader (lead boolean);
-- @@
CREATE OR REPLACE FUNCTION batong_never() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is never done', TG_OP, TG_TABLE_NAME USING ERRCODE = 'BT003';
END $$;

-- Every business table's trigger. The settings fix the text form of a row, whatever the session says.
CREATE OR REPLACE FUNCTION batong_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp
SET TimeZone = 'UTC' SET DateStyle = 'ISO, MDY' SET IntervalStyle = 'iso_8601'
SET extra_float_digits = 1 SET bytea_output = 'hex' AS $$
DECLARE
    rid uuid := nullif(current_setting('batong.record', true), '')::uuid;
    line jsonb := jsonb_strip_nulls(to_jsonb(CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END));
    salt bytea := uuid_send(gen_random_uuid());
BEGIN
    IF rid IS NULL THEN
        RAISE EXCEPTION '% on % off the record', TG_OP, TG_TABLE_NAME USING ERRCODE = 'BT001';
    END IF;
    IF EXISTS (SELECT 1 FROM record WHERE id = rid) THEN
        RAISE EXCEPTION '% on % after its record was written', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'BT002';
    END IF;
    IF TG_OP = 'UPDATE' AND OLD.id <> NEW.id THEN
        RAISE EXCEPTION 'the id of a row of % is never changed', TG_TABLE_NAME USING ERRCODE = 'BT003';
    END IF;
    INSERT INTO change (record_id, xact, tbl, key, op, salt, digest)
    VALUES (rid, pg_current_xact_id(), TG_TABLE_NAME, (line ->> 'id')::uuid, TG_OP, salt,
            sha256(salt || convert_to(line::text, 'UTF8')));
    RETURN NULL;
END $$;

-- The digest of a record's change lines, sorted; the same lines are hashed by `batong audit`.
CREATE OR REPLACE FUNCTION batong_changes(p_id uuid) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT encode(sha256(convert_to(coalesce(string_agg(line, E'\n' ORDER BY line COLLATE "C"), ''),
                                    'UTF8')), 'hex')
    FROM (SELECT concat_ws(' ', tbl, key, op, encode(salt, 'hex'), encode(digest, 'hex')) AS line
          FROM change WHERE record_id = p_id) AS lines
$$;

-- Step 1 of perform: the chain's lock, then where the chain stands.
CREATE OR REPLACE FUNCTION batong_enter(p_chain uuid, p_exclusive boolean)
RETURNS TABLE (next_seq bigint, prev bytea, last_id uuid)
LANGUAGE plpgsql VOLATILE SET search_path = public, pg_temp AS $$
BEGIN
    IF p_exclusive THEN
        PERFORM pg_advisory_xact_lock(hashtextextended(p_chain::text, 8));
    ELSE
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(p_chain::text, 8));
    END IF;
    RETURN QUERY
        SELECT coalesce(numbered.seq, 0) + 1, numbered.commitment, latest.id
        FROM (SELECT 1) AS one
        LEFT JOIN LATERAL (SELECT r.seq, r.commitment FROM record r
            WHERE r.chain = p_chain AND r.seq IS NOT NULL ORDER BY r.seq DESC LIMIT 1) numbered ON true
        LEFT JOIN LATERAL (SELECT r.id FROM record r
            WHERE r.chain = p_chain ORDER BY r.id DESC LIMIT 1) latest ON true;
END $$;

-- The only way a record comes to be. What the body says of its changes and its place must be true.
CREATE OR REPLACE FUNCTION batong_append(p_id uuid, p_chain uuid, p_salt bytea, p_body bytea, p_private jsonb)
RETURNS bytea LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    said jsonb := convert_from(p_body, 'UTF8')::jsonb;
    committed bytea := sha256(convert_to('batong-leaf/1', 'UTF8') || '\x00'::bytea || p_salt || p_body);
    -- No record%ROWTYPE: after any upkeep of the table, PostgreSQL looks the name up again and takes
    -- it for the pseudo-type `record`.
    last_seq bigint;
    last_commitment bytea;
BEGIN
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
    IF said ->> 'changes' IS DISTINCT FROM batong_changes(p_id) THEN
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
    INSERT INTO opening (record_id, salt, body, private) VALUES (p_id, p_salt, p_body, p_private);
    INSERT INTO pending (record_id) VALUES (p_id);
    RETURN committed;
END $$;

-- A head is signed once, and never unsigned or re-signed.
CREATE OR REPLACE FUNCTION batong_head() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.note IS NOT NULL OR NEW.size <> OLD.size OR NEW.root <> OLD.root OR NEW.at <> OLD.at THEN
        RAISE EXCEPTION 'a signed head is never changed' USING ERRCODE = 'BT003';
    END IF;
    RETURN NEW;
END $$;
-- @@
REVOKE ALL ON record, opening, change, pending, leaf, head, cosignature, leader FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO batong_app, batong_sequencer;
GRANT SELECT ON record, opening, change, pending, leaf, head, cosignature TO batong_app;
GRANT SELECT ON record, pending, leaf, head, cosignature TO batong_sequencer;
GRANT DELETE ON pending TO batong_sequencer;
-- Locked by whoever leads: a right that the app's login lacks, so it cannot stop the log.
GRANT UPDATE ON leader TO batong_sequencer;
GRANT INSERT ON leaf, head, cosignature TO batong_sequencer;
GRANT UPDATE (note) ON head TO batong_sequencer;
REVOKE ALL ON FUNCTION batong_append(uuid, uuid, bytea, bytea, jsonb) FROM PUBLIC;
REVOKE ALL ON FUNCTION batong_changes(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION batong_append(uuid, uuid, bytea, bytea, jsonb) TO batong_app;
GRANT EXECUTE ON FUNCTION batong_changes(uuid) TO batong_app;
CREATE OR REPLACE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON record
    FOR EACH STATEMENT EXECUTE FUNCTION batong_never();
CREATE OR REPLACE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON opening
    FOR EACH STATEMENT EXECUTE FUNCTION batong_never();
CREATE OR REPLACE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON change
    FOR EACH STATEMENT EXECUTE FUNCTION batong_never();
CREATE OR REPLACE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON leaf
    FOR EACH STATEMENT EXECUTE FUNCTION batong_never();
CREATE OR REPLACE TRIGGER signed_once BEFORE UPDATE ON head
    FOR EACH ROW EXECUTE FUNCTION batong_head();
CREATE OR REPLACE TRIGGER kept BEFORE DELETE OR TRUNCATE ON head
    FOR EACH STATEMENT EXECUTE FUNCTION batong_never();
