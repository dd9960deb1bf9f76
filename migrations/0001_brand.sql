-- Brands, their domains and the operators' audit trail.
--
-- Roles, each made here where it is missing and the migrating role may make roles:
--
--   croupier_owner       owns every table; who migrates is it, or becomes a member of it
--   croupier_app         what the application connects as: owns nothing, and row security binds it
--   croupier_operations  reads every brand's books (audits, reconciliation, archives) and no secret of a
--                        person; changes nothing
--
-- A role that is made here cannot log in. Give it a password with
--   ALTER ROLE croupier_app LOGIN PASSWORD '…';
DO $$
DECLARE
    missing text;
BEGIN
    FOREACH missing IN ARRAY ARRAY['croupier_owner', 'croupier_app', 'croupier_operations'] LOOP
        CONTINUE WHEN EXISTS (SELECT FROM pg_roles WHERE rolname = missing);
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', missing);
        EXCEPTION
            WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this server is being migrated at the same time
            WHEN insufficient_privilege THEN
                RAISE EXCEPTION 'the role % is missing and % may not make it; as a superuser: CREATE ROLE % NOLOGIN',
                    missing, current_user, missing;
        END;
    END LOOP;
    IF NOT pg_has_role(current_user, 'croupier_owner', 'USAGE') THEN
        BEGIN
            EXECUTE format('GRANT croupier_owner TO %I', current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE EXCEPTION '% is no member of croupier_owner; as a superuser: GRANT croupier_owner TO %',
                current_user, current_user;
        END;
    END IF;
    -- Whoever owns the schema's database may do this already.
    IF NOT has_schema_privilege('croupier_owner', 'public', 'CREATE') THEN
        GRANT USAGE, CREATE ON SCHEMA public TO croupier_owner;
    END IF;
END
$$;
SET LOCAL ROLE croupier_owner;

-- The brand of a statement that is its own transaction: sets row security's brand until the statement ends, and gives
-- the setting. It is set once: where the transaction is for another brand already, this is refused. It runs with its
-- caller's rights and reads no table. SET LOCAL rather than set_config(), so that set_config() can be taken from the
-- application: a text that got into a statement could otherwise set the brand it likes.
CREATE FUNCTION croupier_scope(brand integer) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT SECURITY INVOKER AS $$
DECLARE
    wanted CONSTANT text := ',' || brand || ',';
    held   CONSTANT text := current_setting('croupier.brand_ids', true);
BEGIN
    IF held IS NULL OR held = '' THEN
        EXECUTE 'SET LOCAL croupier.brand_ids = ''' || wanted || '''';
    ELSIF held <> wanted THEN
        RAISE EXCEPTION 'the transaction is for another brand' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN wanted;
END
$$;

-- The same for a statement on a set of items of many brands: sets row security's brands to `every` one of the batch
-- until the statement's transaction ends, and gives the setting. Only integers get into it.
CREATE FUNCTION croupier_scopes(every integer[]) RETURNS text
    LANGUAGE plpgsql VOLATILE STRICT SECURITY INVOKER AS $$
DECLARE
    wanted CONSTANT text := ',' || array_to_string(every, ',') || ',';
    held   CONSTANT text := current_setting('croupier.brand_ids', true);
BEGIN
    IF held IS NULL OR held = '' THEN
        EXECUTE 'SET LOCAL croupier.brand_ids = ''' || wanted || '''';
    ELSIF held <> wanted THEN
        RAISE EXCEPTION 'the transaction is for other brands' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN wanted;
END
$$;

-- A statement that is its own transaction cannot be taken back when somebody has looked at what it did, so it looks
-- itself: as many rows as it was to change, or nothing of it happened (SQLSTATE 40001, serialization_failure).
CREATE FUNCTION croupier_changed(changed bigint, wanted bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT SECURITY INVOKER AS $$
BEGIN
    IF changed <> wanted THEN
        RAISE EXCEPTION '% rows were to be changed, % were as they had been read', wanted, changed
            USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN changed;
END
$$;

-- The same for what the statement changes besides, when those rows were as they had been read. Then nobody else was faster,
-- and where too few or too many are changed a repeat finds the same (SQLSTATE 21000, cardinality_violation).
CREATE FUNCTION croupier_followed(changed bigint, wanted bigint) RETURNS bigint
    LANGUAGE plpgsql IMMUTABLE STRICT SECURITY INVOKER AS $$
BEGIN
    IF changed <> wanted THEN
        RAISE EXCEPTION '% rows were to be changed with others, and % were', wanted, changed
            USING ERRCODE = 'cardinality_violation';
    END IF;
    RETURN changed;
END
$$;

-- Global: a brand is what everything else is scoped by.
CREATE TABLE brand (
    id         integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY CHECK (id > 0),
    code       text NOT NULL COLLATE "C" UNIQUE CHECK (code ~ '^[a-z][a-z0-9]{1,15}$'),
    name       text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    currency   text NOT NULL CHECK (currency ~ '^[A-Z0-9]{3,8}$'),
    status     text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'maintenance', 'suspended')),
    theme      jsonb NOT NULL DEFAULT '{}'::jsonb CHECK (jsonb_typeof(theme) = 'object'),
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    -- The database itself keeps brand codes prefix-free. The at most 16 letters of a code are the first
    -- bytes of an IPv6 address, and so its network: "au" is 6175::/16, and "aurora", 6175:726f:7261::/48, is
    -- inside it. Two networks overlap only when one code begins the other. (A range of texts would say it
    -- more plainly, but Citus takes no type of range to its nodes.)
    CONSTRAINT brand_code_prefix_free EXCLUDE USING gist (
        set_masklen(
            regexp_replace(rpad(encode(code::bytea, 'hex'), 32, '0'), '(.{4})(?=.)', '\1:', 'g')::inet,
            8 * octet_length(code)) inet_ops WITH &&)
);
GRANT SELECT ON brand TO croupier_app, croupier_operations;

-- Which brand a domain belongs to. It is read before any scope exists (reading it is how a scope
-- is earned), so its policy lets the application read all of it and change none of it.
-- The version rises with every change, so that a stale projection can never replace a newer one;
-- brand_id is NULL where a domain was taken off: the tombstone keeps the version rising.
-- A domain that changes hands is nobody's for half a second, so that no process still serves the one
-- brand when another process begins to serve the next: `moving` says that brand_id is who it goes to and
-- that this may not have begun yet (croupier-brand, domain/mod.rs).
CREATE TABLE brand_domain (
    domain     text PRIMARY KEY CHECK (domain = lower(domain) AND domain !~ '[^a-z0-9.-]' AND length(domain) <= 253),
    brand_id   integer REFERENCES brand (id),
    agent_id   bigint CHECK (agent_id > 0),
    level      text CHECK (level ~ '^[a-z0-9_]{1,32}$'),
    moving     boolean NOT NULL DEFAULT false,
    version    bigint NOT NULL DEFAULT 1 CHECK (version > 0),
    updated_at timestamptz NOT NULL DEFAULT now()
);
ALTER TABLE brand_domain ENABLE ROW LEVEL SECURITY;
ALTER TABLE brand_domain FORCE ROW LEVEL SECURITY;
CREATE POLICY owner_all ON brand_domain TO croupier_owner USING (true) WITH CHECK (true);
CREATE POLICY read_all ON brand_domain FOR SELECT TO croupier_app, croupier_operations USING (true);
GRANT SELECT ON brand_domain TO croupier_app, croupier_operations;

-- What operators did, brand by brand. Written before the action it speaks of; never changed.
CREATE TABLE operator_audit (
    brand_id integer NOT NULL REFERENCES brand (id),
    audit_id uuid NOT NULL,
    operator text NOT NULL CHECK (char_length(operator) BETWEEN 1 AND 120),
    action   text NOT NULL CHECK (char_length(action) BETWEEN 1 AND 1000),
    at       timestamptz NOT NULL,
    PRIMARY KEY (brand_id, audit_id)
);
ALTER TABLE operator_audit ENABLE ROW LEVEL SECURITY;
ALTER TABLE operator_audit FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON operator_audit
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
CREATE POLICY operations_read ON operator_audit FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON operator_audit TO croupier_operations;

RESET ROLE;
GRANT USAGE ON SCHEMA public TO croupier_app, croupier_operations;

-- The application checks at start that the schema is its own.
DO $$
BEGIN
    IF to_regclass('_sqlx_migrations') IS NOT NULL THEN
        GRANT SELECT ON _sqlx_migrations TO croupier_app;
    END IF;
END
$$;
