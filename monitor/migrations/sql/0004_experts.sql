-- @ expert
CREATE TABLE expert (
    id uuid PRIMARY KEY,
    uid text NOT NULL,
    state text NOT NULL CONSTRAINT expert_state_check
        CHECK (state IN ('proposed', 'active', 'declined')),
    title text NOT NULL,
    born bigint NOT NULL,
    practising_since bigint NOT NULL,
    main_specialty text NOT NULL,
    specialties jsonb NOT NULL,
    employers jsonb NOT NULL,
    relations jsonb NOT NULL,
    suspensions jsonb NOT NULL,
    served jsonb NOT NULL,
    region jsonb NOT NULL,
    active jsonb NOT NULL,
    sealed_person bytea NOT NULL CONSTRAINT expert_sealed_check
        CHECK (octet_length(sealed_person) BETWEEN 1 AND 65536),
    proposed_by uuid NOT NULL,
    person uuid,
    CONSTRAINT expert_uid_key UNIQUE (uid),
    CONSTRAINT expert_person_key UNIQUE (person),
    CONSTRAINT expert_person_check CHECK ((state = 'active') = (person IS NOT NULL))
);
-- @ pool_snapshot
CREATE TABLE pool_snapshot (
    id uuid PRIMARY KEY,
    taken_at timestamptz NOT NULL,
    n bigint NOT NULL,
    root bytea NOT NULL CONSTRAINT pool_snapshot_root_check CHECK (octet_length(root) = 32),
    CONSTRAINT pool_snapshot_taken_at_key UNIQUE (taken_at)
);
-- @ draw
CREATE TABLE draw (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    section uuid NOT NULL,
    purpose text NOT NULL,
    seq bigint NOT NULL,
    hh bytea NOT NULL,
    header jsonb NOT NULL,
    signatures jsonb NOT NULL,
    leaves bytea NOT NULL CONSTRAINT draw_leaves_check CHECK (octet_length(leaves) % 32 = 0),
    state text NOT NULL CONSTRAINT draw_state_check
        CHECK (state IN ('open', 'finished', 'cancelled')),
    CONSTRAINT draw_project_section_purpose_seq_key UNIQUE (project, section, purpose, seq),
    CONSTRAINT draw_hh_key UNIQUE (hh)
);
CREATE INDEX draw_project_idx ON draw (project);
CREATE UNIQUE INDEX draw_open_key ON draw (project, section, purpose) WHERE state = 'open';
-- @ draw_step
CREATE TABLE draw_step (
    id uuid PRIMARY KEY,
    draw uuid NOT NULL CONSTRAINT draw_step_draw_fkey REFERENCES draw (id),
    kind text NOT NULL,
    k bigint NOT NULL,
    role text NOT NULL,
    document jsonb NOT NULL,
    CONSTRAINT draw_step_draw_kind_k_role_key UNIQUE (draw, kind, k, role)
);
-- @ seat
CREATE TABLE seat (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    section uuid NOT NULL,
    draw uuid CONSTRAINT seat_draw_fkey REFERENCES draw (id),
    mask text NOT NULL,
    round bigint NOT NULL,
    place bigint NOT NULL,
    stratum bigint NOT NULL,
    state text NOT NULL CONSTRAINT seat_state_check CHECK (state IN (
        'drawn', 'confirmed', 'checked_in', 'declined', 'no_answer', 'late_conflict', 'barred',
        'left')),
    proof bytea NOT NULL CONSTRAINT seat_proof_check CHECK (octet_length(proof) = 32),
    sealed_identity bytea NOT NULL CONSTRAINT seat_sealed_check
        CHECK (octet_length(sealed_identity) BETWEEN 1 AND 65536),
    contact jsonb,
    binding bytea CONSTRAINT seat_binding_check CHECK (octet_length(binding) = 32),
    name text,
    CONSTRAINT seat_bound_check CHECK ((state = 'checked_in') <= (binding IS NOT NULL)),
    CONSTRAINT seat_section_mask_key UNIQUE (section, mask)
);
CREATE INDEX seat_project_idx ON seat (project);
-- @ panel
CREATE TABLE panel (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    section uuid NOT NULL,
    size bigint NOT NULL,
    experts bigint NOT NULL,
    CONSTRAINT panel_experts_check CHECK (experts BETWEEN 0 AND size),
    CONSTRAINT panel_project_section_key UNIQUE (project, section)
);
CREATE INDEX panel_project_idx ON panel (project);
