-- @ paper_handover
CREATE TABLE paper_handover (
    id uuid PRIMARY KEY,
    paper uuid NOT NULL REFERENCES taken_paper (id),
    org uuid NOT NULL,
    given_at timestamptz NOT NULL,
    CONSTRAINT paper_handover_paper_org_key UNIQUE (paper, org));
CREATE INDEX paper_handover_org_idx ON paper_handover (org);
