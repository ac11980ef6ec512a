-- @ departure
CREATE TABLE departure (
    id uuid PRIMARY KEY,
    draw uuid NOT NULL CONSTRAINT departure_draw_fkey REFERENCES draw,
    mask text NOT NULL,
    why text NOT NULL CONSTRAINT departure_why_check CHECK (why IN ('NO_SHOW', 'WITHDRAWN')),
    act uuid NOT NULL,
    CONSTRAINT departure_draw_mask_key UNIQUE (draw, mask)
);
