"""The table of the archive."""

from __future__ import annotations

from monitor.migrations.schema import raise_business_table, retire

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Raise the table."""
    raise_business_table(
        "archive_file",
        """CREATE TABLE archive_file (
             id uuid PRIMARY KEY, project uuid NOT NULL, edition bigint NOT NULL,
             contents jsonb NOT NULL, manifest bytea NOT NULL, through uuid NOT NULL,
             closed_at timestamptz NOT NULL, custody bytea, public bytea, filed_at timestamptz,
             CONSTRAINT archive_file_project_edition_key UNIQUE (project, edition),
             CONSTRAINT archive_file_manifest_check CHECK (octet_length(manifest) = 32),
             CONSTRAINT archive_file_bags_check
                 CHECK (octet_length(custody) = 32 AND octet_length(public) = 32),
             CONSTRAINT archive_file_filed_check
                 CHECK ((filed_at IS NULL) = (custody IS NULL)
                        AND (filed_at IS NULL) = (public IS NULL)))""",
    )


def downgrade() -> None:
    """Retire the table; nothing is dropped."""
    retire("archive_file")
