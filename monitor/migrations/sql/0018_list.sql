-- @ draw_list
CREATE TABLE draw_list (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    draw text NOT NULL,
    entries jsonb NOT NULL,
    strata jsonb NOT NULL,
    root bytea NOT NULL CONSTRAINT draw_list_root_check CHECK (octet_length(root) = 32),
    CONSTRAINT draw_list_project_draw_key UNIQUE (project, draw)
);
