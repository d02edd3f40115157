-- Up Migration

CREATE TABLE listings (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  version integer NOT NULL CHECK (version > 0),
  status text NOT NULL CHECK (status IN ('draft', 'review', 'published', 'deprecated', 'suspended')),
  kind text NOT NULL CHECK (kind IN ('model', 'prompt')),
  name text NOT NULL,
  slug text NOT NULL,
  summary text NOT NULL,
  description text NOT NULL,
  tags text[] NOT NULL,
  categories text[] NOT NULL,
  licence text NOT NULL,
  rejection_reason text,
  suspension_reason text,
  suspended_from text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  published_at timestamptz,
  CONSTRAINT listings_slug_key UNIQUE (org_id, slug)
);
-- Ids are UUIDs of version 7: their order is that of creation, which lists page through.
CREATE INDEX listings_of_organisation ON listings (org_id, id DESC);
CREATE INDEX listings_by_status ON listings (status, id DESC);

CREATE TABLE publisher_keys (
  id uuid PRIMARY KEY,
  org_id uuid NOT NULL,
  name text NOT NULL,
  algorithm text NOT NULL CHECK (algorithm = 'ed25519'),
  public_key text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  revoked_at timestamptz,
  CONSTRAINT publisher_keys_public_key_key UNIQUE (org_id, public_key)
);

CREATE TABLE artefacts (
  org_id uuid NOT NULL,
  sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
  size_bytes bigint NOT NULL CHECK (size_bytes > 0),
  media_type text NOT NULL,
  key_id uuid NOT NULL REFERENCES publisher_keys,
  signature text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (org_id, sha256)
);

CREATE TABLE releases (
  listing_id uuid NOT NULL REFERENCES listings,
  org_id uuid NOT NULL,
  number text NOT NULL,
  -- Major, minor and patch: arrays compare element by element, as semantic versions do.
  ordinal integer[] NOT NULL,
  notes text NOT NULL,
  endpoint jsonb,
  pricing jsonb NOT NULL,
  artefact_sha256 text,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  published_at timestamptz,
  PRIMARY KEY (listing_id, ordinal),
  FOREIGN KEY (org_id, artefact_sha256) REFERENCES artefacts (org_id, sha256)
);

CREATE TABLE audit_entries (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL,
  org_id uuid NOT NULL,
  listing_id uuid REFERENCES listings,
  actor text NOT NULL,
  action text NOT NULL,
  before jsonb,
  after jsonb,
  trace_id text
);
CREATE INDEX audit_entries_of_listing ON audit_entries (listing_id, id DESC);
CREATE INDEX audit_entries_of_organisation ON audit_entries (org_id, id DESC);

-- The tables' owner has every right by nature; the triggers hold for it too.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE TABLE outbox (
  -- Given while the listing's row is locked: within a listing, the order of ids is that of its versions.
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid NOT NULL UNIQUE,
  event_type text NOT NULL,
  listing_id uuid NOT NULL,
  -- json, not jsonb: the value goes to Kafka byte for byte as it was written.
  payload json NOT NULL,
  traceparent text,
  created_at timestamptz NOT NULL
);

-- One row: which replica brings the outbox to Kafka, and until when nobody else may.
CREATE TABLE outbox_relay (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  holder uuid,
  expires_at timestamptz NOT NULL
);
INSERT INTO outbox_relay (expires_at) VALUES ('-infinity');

CREATE TABLE idempotency_keys (
  org_id uuid NOT NULL,
  actor text NOT NULL,
  key text NOT NULL,
  request_hash text NOT NULL,
  status integer,
  etag text,
  body json,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (org_id, actor, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- Down Migration

DROP TABLE idempotency_keys, outbox_relay, outbox, audit_entries, releases, artefacts, publisher_keys, listings;
DROP FUNCTION refuse_change();
