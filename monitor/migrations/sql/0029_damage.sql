-- @ damage
CREATE TABLE damage (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    section uuid NOT NULL,
    bid text NOT NULL,
    object text NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    state text NOT NULL CHECK (state IN ('asked', 'mended', 'lost')),
    until timestamptz NOT NULL,
    CONSTRAINT damage_project_section_bid_object_key UNIQUE (project, section, bid, object)
);
