-- @ bid
CREATE TABLE bid (
    project UUID NOT NULL,
    section UUID NOT NULL,
    mask TEXT NOT NULL,
    version BIGINT NOT NULL,
    bid TEXT NOT NULL,
    state TEXT NOT NULL,
    manifest TEXT NOT NULL,
    capsule TEXT NOT NULL,
    leaf BYTEA NOT NULL,
    sealed_manifest BYTEA NOT NULL,
    blobs JSONB NOT NULL,
    arrived_at TIMESTAMP WITH TIME ZONE NOT NULL,
    notice TEXT NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT bid_pkey PRIMARY KEY (id),
    CONSTRAINT bid_project_section_mask_version_key UNIQUE (project, section, mask, version),
    CONSTRAINT bid_project_section_bid_key UNIQUE (project, section, bid)
);
CREATE UNIQUE INDEX bid_one_received_idx ON bid (project, section, mask) WHERE state = 'received';
-- @ opened_bid
CREATE TABLE opened_bid (
    project UUID NOT NULL,
    section UUID NOT NULL,
    bid UUID NOT NULL,
    mask TEXT NOT NULL,
    uscc TEXT NOT NULL,
    name TEXT NOT NULL,
    price BIGINT NOT NULL,
    figures_match_words BOOLEAN NOT NULL,
    letter JSONB NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT opened_bid_pkey PRIMARY KEY (id),
    CONSTRAINT opened_bid_project_section_mask_key UNIQUE (project, section, mask)
);
-- @ closing
CREATE TABLE closing (
    project UUID NOT NULL,
    section UUID NOT NULL,
    document BYTEA NOT NULL,
    digest TEXT NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT closing_pkey PRIMARY KEY (id)
);
-- @ release
CREATE TABLE release (
    project UUID NOT NULL,
    section UUID NOT NULL,
    bid TEXT NOT NULL,
    identity TEXT NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT release_pkey PRIMARY KEY (id),
    CONSTRAINT release_project_section_bid_key UNIQUE (project, section, bid)
);
-- @ share_batch
CREATE TABLE share_batch (
    project UUID NOT NULL,
    section UUID NOT NULL,
    kind TEXT NOT NULL,
    seat BIGINT NOT NULL,
    document BYTEA NOT NULL,
    digest TEXT NOT NULL,
    record UUID NOT NULL,
    given JSONB NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT share_batch_pkey PRIMARY KEY (id),
    CONSTRAINT share_batch_project_section_kind_seat_key UNIQUE (project, section, kind, seat)
);
-- @ opening_record
CREATE TABLE opening_record (
    project UUID NOT NULL,
    section UUID NOT NULL,
    document BYTEA NOT NULL,
    digest TEXT NOT NULL,
    id UUID NOT NULL,
    CONSTRAINT opening_record_pkey PRIMARY KEY (id),
    CONSTRAINT opening_record_project_section_key UNIQUE (project, section)
);
-- @ undecrypted
CREATE TABLE undecrypted (
    project UUID NOT NULL,
    section UUID NOT NULL,
    bid TEXT NOT NULL,
    cause TEXT NOT NULL,
    proposed_by UUID,
    confirmed_by UUID,
    id UUID NOT NULL,
    CONSTRAINT undecrypted_pkey PRIMARY KEY (id),
    CONSTRAINT undecrypted_project_section_bid_key UNIQUE (project, section, bid)
);
