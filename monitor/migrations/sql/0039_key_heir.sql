-- @ key_heir
CREATE TABLE key_heir (
    id uuid PRIMARY KEY,
    roster text NOT NULL,
    seat bigint NOT NULL,
    kind text NOT NULL,
    authority text NOT NULL
);
CREATE INDEX key_heir_roster_idx ON key_heir (roster);
INSERT INTO key_heir (id, roster, seat, kind, authority)
SELECT succession.id, dealt_key.roster, succession.seat, succession.kind, succession.authority
FROM succession JOIN dealt_key ON dealt_key.id = succession.deal
WHERE succession.confirmed_at IS NOT NULL;
