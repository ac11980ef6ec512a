-- @ draw_machine
CREATE TABLE draw_machine (
    id uuid PRIMARY KEY,
    role text NOT NULL CONSTRAINT draw_machine_role_check CHECK (role IN ('C', 'I', 'T')),
    person uuid NOT NULL,
    org uuid NOT NULL,
    sign bytea NOT NULL CONSTRAINT draw_machine_sign_check CHECK (octet_length(sign) = 32),
    vrf bytea CONSTRAINT draw_machine_vrf_check CHECK (octet_length(vrf) = 32),
    since timestamptz NOT NULL,
    until timestamptz,
    CONSTRAINT draw_machine_keys_check CHECK ((role = 'T') = (vrf IS NULL)),
    CONSTRAINT draw_machine_person_key UNIQUE (person)
);
CREATE UNIQUE INDEX draw_machine_org_key ON draw_machine (org, role) WHERE until IS NULL;
-- @ draw_request
CREATE TABLE draw_request (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    section uuid NOT NULL,
    purpose text NOT NULL,
    centre uuid NOT NULL CONSTRAINT draw_request_centre_fkey REFERENCES draw_machine (id),
    inspector uuid NOT NULL CONSTRAINT draw_request_inspector_fkey REFERENCES draw_machine (id),
    tenderee uuid NOT NULL CONSTRAINT draw_request_tenderee_fkey REFERENCES draw_machine (id),
    seats jsonb NOT NULL,
    specialties jsonb NOT NULL,
    starts timestamptz NOT NULL,
    ends timestamptz NOT NULL,
    reason text NOT NULL,
    asked_at timestamptz NOT NULL,
    withdrawn_at timestamptz,
    CONSTRAINT draw_request_times_check CHECK (starts < ends)
);
CREATE INDEX draw_request_project_idx ON draw_request (project);
-- @ parcel
CREATE TABLE parcel (
    id uuid PRIMARY KEY,
    request uuid NOT NULL CONSTRAINT parcel_request_fkey REFERENCES draw_request (id),
    step text NOT NULL,
    role text NOT NULL CONSTRAINT parcel_role_check CHECK (role IN ('C', 'I', 'T')),
    k bigint NOT NULL,
    document jsonb NOT NULL,
    CONSTRAINT parcel_request_step_role_k_key UNIQUE (request, step, role, k)
);
-- @ draw_answer
CREATE TABLE draw_answer (
    id uuid PRIMARY KEY,
    request uuid NOT NULL CONSTRAINT draw_answer_request_fkey REFERENCES draw_request (id),
    mask text NOT NULL,
    accepts boolean NOT NULL,
    token bytea NOT NULL CONSTRAINT draw_answer_token_check CHECK (octet_length(token) = 32),
    CONSTRAINT draw_answer_request_mask_key UNIQUE (request, mask)
);
