-- @ taken_paper
CREATE TABLE taken_paper (
    id uuid PRIMARY KEY,
    org uuid NOT NULL,
    digest bytea NOT NULL CONSTRAINT taken_paper_digest_check CHECK (octet_length(digest) = 32),
    size bigint NOT NULL CONSTRAINT taken_paper_size_check CHECK (size > 0),
    pages bigint NOT NULL CONSTRAINT taken_paper_pages_check CHECK (pages > 0),
    title text NOT NULL,
    proposed jsonb NOT NULL,
    read_at timestamptz NOT NULL,
    confirmed jsonb, confirmed_at timestamptz,
    CONSTRAINT taken_paper_confirmed_check
        CHECK ((confirmed IS NULL) = (confirmed_at IS NULL)));
CREATE INDEX taken_paper_org_idx ON taken_paper (org);
