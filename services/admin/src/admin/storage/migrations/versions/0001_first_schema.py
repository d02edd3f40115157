"""First schema: organisations, users, keys, approvals, decisions, reports, flags, audit, outbox, metering."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = (
    """
    create table organisations (
      id uuid primary key,
      name text not null,
      status text not null default 'active' check (status in ('active', 'suspended')),
      max_requests_per_minute integer not null default 600,
      max_tokens_per_month bigint,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    )
    """,
    """
    create table users (
      subject text primary key,
      org_id uuid not null references organisations (id),
      token_roles text[] not null,
      granted_roles text[] not null default '{}',
      suspended boolean not null default false,
      first_seen_at timestamptz not null default now(),
      last_seen_at timestamptz not null default now()
    )
    """,
    "create index users_by_org on users (org_id, subject)",
    """
    create table api_keys (
      id uuid primary key,
      org_id uuid not null references organisations (id),
      name text not null,
      key_sha256 text not null unique,
      hint text not null,
      status text not null default 'active' check (status in ('active', 'revoked')),
      expires_at timestamptz,
      requests_per_minute integer not null,
      tokens_per_month bigint,
      version integer not null default 1,
      replaced_by uuid references api_keys (id),
      created_by text not null,
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    )
    """,
    "create index api_keys_by_org on api_keys (org_id, id)",
    """
    create table provider_approvals (
      host text primary key,
      approved boolean not null,
      note text not null default '',
      decided_by text not null,
      decided_at timestamptz not null default now()
    )
    """,
    """
    create table listing_reports (
      id uuid primary key,
      listing_id uuid not null,
      reporter text not null,
      reporter_org_id uuid not null,
      category text not null,
      description text not null,
      state text not null default 'open' check (state in ('open', 'dismissed', 'taken-down')),
      note text,
      resolved_by text,
      resolved_at timestamptz,
      created_at timestamptz not null default now()
    )
    """,
    "create unique index listing_reports_open on listing_reports (listing_id, reporter) where state = 'open'",
    "create index listing_reports_by_state on listing_reports (state, id)",
    """
    create table decisions (
      id uuid primary key,
      listing_id uuid not null,
      kind text not null check (kind in ('approve', 'reject', 'suspend', 'restore')),
      reason text not null,
      report_id uuid references listing_reports (id),
      state text not null default 'pending' check (state in ('pending', 'done', 'failed')),
      failure text,
      decided_by text not null,
      decided_at timestamptz not null default now(),
      finished_at timestamptz
    )
    """,
    "create index decisions_by_listing on decisions (listing_id, id)",
    """
    create table flags (
      key text primary key,
      description text not null,
      kind text not null check (kind in ('boolean', 'percentage', 'organisations')),
      enabled boolean not null,
      percentage double precision not null default 0,
      organisation_ids uuid[] not null default '{}',
      updated_by text not null,
      updated_at timestamptz not null default now()
    )
    """,
    """
    create table audit_log (
      id uuid primary key,
      at timestamptz not null default now(),
      actor text not null,
      actor_org_id uuid not null,
      action text not null,
      subject_kind text not null,
      subject_id text not null,
      detail jsonb not null,
      request_id text
    )
    """,
    "create index audit_log_by_subject on audit_log (subject_kind, subject_id, id)",
    """
    create table outbox (
      id bigint generated always as identity primary key,
      topic text not null,
      message_key text not null,
      event_id uuid not null unique,
      event_type text not null,
      value text not null,
      traceparent text,
      created_at timestamptz not null default now()
    )
    """,
    # The unique key is what makes a call countable once. Reports read usage_daily, so the records have no other
    # b-tree; BRIN finds a time range in what arrives in the order of time.
    """
    create table metering_records (
      call_id uuid primary key,
      occurred_at timestamptz not null,
      org_id uuid not null,
      key_id uuid not null,
      listing_id uuid not null,
      listing_org_id uuid not null,
      release text not null,
      outcome text not null,
      status_code smallint not null,
      streamed boolean not null,
      input_tokens bigint not null,
      output_tokens bigint not null,
      cost_usd_micros bigint not null,
      platform_fee_usd_micros bigint not null,
      provider_millis bigint not null,
      overhead_millis double precision not null
    )
    """,
    "create index metering_records_by_time on metering_records using brin (occurred_at)",
    # numeric: a sum of many bigints is none.
    """
    create table usage_daily (
      day date not null,
      org_id uuid not null,
      listing_id uuid not null,
      listing_org_id uuid not null,
      calls bigint not null,
      succeeded bigint not null,
      input_tokens numeric not null,
      output_tokens numeric not null,
      cost_usd_micros numeric not null,
      platform_fee_usd_micros numeric not null,
      primary key (day, org_id, listing_id, listing_org_id)
    )
    """,
    "create index usage_daily_by_payer on usage_daily (org_id, day)",
    "create index usage_daily_by_payee on usage_daily (listing_org_id, day)",
    """
    create table dead_letters (
      id uuid primary key,
      topic text not null,
      partition integer not null,
      "offset" bigint not null,
      reason text not null,
      value bytea not null,
      state text not null default 'waiting' check (state in ('waiting', 'replayed')),
      occurred_at timestamptz not null,
      replayed_at timestamptz
    )
    """,
    "create index dead_letters_by_state on dead_letters (state, id)",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    raise NotImplementedError("Go back by a new migration, or restore to a point in time.")
