-- @ key_deal
CREATE TABLE key_deal (
    id uuid PRIMARY KEY,
    machine uuid NOT NULL CONSTRAINT key_deal_machine_fkey REFERENCES draw_machine,
    document jsonb NOT NULL,
    dealt_at timestamptz NOT NULL
);
CREATE INDEX key_deal_machine_idx ON key_deal (machine);
-- @ key_check
CREATE TABLE key_check (
    id uuid PRIMARY KEY,
    deal uuid NOT NULL CONSTRAINT key_check_deal_fkey REFERENCES key_deal,
    x bigint NOT NULL CONSTRAINT key_check_x_check CHECK (x BETWEEN 1 AND 3),
    fits boolean NOT NULL,
    CONSTRAINT key_check_deal_x_key UNIQUE (deal, x)
);
