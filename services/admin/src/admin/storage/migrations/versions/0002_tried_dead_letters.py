"""When a dead letter was last tried in vain: those that can never be counted must not keep others from their turn."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table dead_letters add column tried_at timestamptz")
    op.execute("create index dead_letters_by_turn on dead_letters (tried_at nulls first, id) where state = 'waiting'")


def downgrade() -> None:
    raise NotImplementedError("Go back by a new migration, or restore to a point in time.")
