-- @ complaint_of_share
CREATE TABLE complaint_of_share (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    section uuid NOT NULL,
    subject text NOT NULL,
    seat bigint NOT NULL,
    gap text NOT NULL CHECK (gap IN ('', 'not_mine', 'garbled', 'misbound', 'wrong_share')),
    document bytea NOT NULL,
    CONSTRAINT complaint_of_share_project_section_subject_seat_key
        UNIQUE (project, section, subject, seat)
);
