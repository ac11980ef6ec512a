-- @ escrow_holder
CREATE TABLE escrow_holder (
    id uuid PRIMARY KEY,
    role text NOT NULL CONSTRAINT escrow_holder_role_check CHECK (role IN ('I', 'T')),
    org uuid NOT NULL,
    x bigint NOT NULL CONSTRAINT escrow_holder_x_check CHECK (x BETWEEN 1 AND 3),
    person uuid NOT NULL,
    sign bytea NOT NULL CONSTRAINT escrow_holder_sign_check CHECK (octet_length(sign) = 32),
    recipient text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz
);
CREATE UNIQUE INDEX escrow_holder_org_key ON escrow_holder (role, org, x) WHERE until IS NULL;
