-- @ agency
CREATE TABLE agency (
    id uuid PRIMARY KEY,
    organisation uuid NOT NULL
        CONSTRAINT agency_organisation_fkey REFERENCES organisation (id),
    state text NOT NULL CONSTRAINT agency_state_check CHECK (state IN ('open', 'left')),
    showcase text NOT NULL,
    services jsonb NOT NULL,
    qualifications jsonb NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT agency_organisation_key UNIQUE (organisation)
);
-- @ agency_credit
CREATE TABLE agency_credit (
    id uuid PRIMARY KEY,
    organisation uuid NOT NULL
        CONSTRAINT agency_credit_organisation_fkey REFERENCES organisation (id),
    kind text NOT NULL CONSTRAINT agency_credit_kind_check
        CHECK (kind IN ('rating', 'mark', 'blacklist')),
    project uuid,
    points bigint NOT NULL,
    basis text NOT NULL,
    text text NOT NULL,
    by uuid NOT NULL,
    at timestamptz NOT NULL,
    until timestamptz,
    CONSTRAINT agency_credit_until_check CHECK ((kind = 'blacklist') = (until IS NOT NULL)),
    CONSTRAINT agency_credit_organisation_project_kind_key UNIQUE (organisation, project, kind)
);
CREATE INDEX agency_credit_organisation_idx ON agency_credit (organisation);
-- @ agency_order
CREATE TABLE agency_order (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT agency_order_project_fkey REFERENCES project (id),
    way text NOT NULL CONSTRAINT agency_order_way_check CHECK (way IN ('free', 'contest')),
    service text NOT NULL,
    terms text NOT NULL,
    ceiling bigint,
    closes timestamptz,
    agency uuid,
    settled timestamptz,
    failed text,
    CONSTRAINT agency_order_closes_check CHECK ((way = 'contest') = (closes IS NOT NULL))
);
CREATE INDEX agency_order_project_idx ON agency_order (project);
-- @ agency_offer
CREATE TABLE agency_offer (
    id uuid PRIMARY KEY,
    contest uuid NOT NULL CONSTRAINT agency_offer_contest_fkey REFERENCES agency_order (id),
    organisation uuid NOT NULL
        CONSTRAINT agency_offer_organisation_fkey REFERENCES organisation (id),
    price bigint NOT NULL CONSTRAINT agency_offer_price_check CHECK (price > 0),
    CONSTRAINT agency_offer_contest_organisation_key UNIQUE (contest, organisation)
);
-- @ inspection_object
CREATE TABLE inspection_object (
    id uuid PRIMARY KEY,
    org uuid NOT NULL,
    kind text NOT NULL CONSTRAINT inspection_object_kind_check
        CHECK (kind IN ('item', 'enterprise', 'officer')),
    code text NOT NULL,
    name text NOT NULL,
    unit text NOT NULL,
    "group" text NOT NULL,
    weight bigint NOT NULL CONSTRAINT inspection_object_weight_check
        CHECK (weight BETWEEN 1 AND 16),
    since timestamptz NOT NULL,
    until timestamptz,
    CONSTRAINT inspection_object_org_kind_code_key UNIQUE (org, kind, code)
);
