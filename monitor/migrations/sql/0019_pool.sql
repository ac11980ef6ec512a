-- @ pool_keeper
CREATE TABLE pool_keeper (
    id uuid PRIMARY KEY,
    recipient text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz CONSTRAINT pool_keeper_until_check CHECK (until >= since)
);
CREATE UNIQUE INDEX pool_keeper_now_key ON pool_keeper (until)
    NULLS NOT DISTINCT WHERE until IS NULL;
-- @ pool_fact
CREATE TABLE pool_fact (
    id uuid PRIMARY KEY,
    uid text NOT NULL,
    snapshot uuid NOT NULL,
    facts jsonb NOT NULL,
    leaf bytea NOT NULL CONSTRAINT pool_fact_leaf_check CHECK (octet_length(leaf) = 32),
    CONSTRAINT pool_fact_uid_snapshot_key UNIQUE (uid, snapshot)
);
CREATE INDEX pool_fact_snapshot_idx ON pool_fact (snapshot);
