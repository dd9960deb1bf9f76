-- Players and their sessions: everything a person is to one brand.

SET LOCAL ROLE croupier_owner;

CREATE TABLE player (
    brand_id      integer NOT NULL REFERENCES brand (id),
    player_id     uuid NOT NULL,
    account       text NOT NULL COLLATE "C" CHECK (account ~ '^[a-z0-9_.]{3,32}$'),
    email         text CHECK (char_length(email) BETWEEN 3 AND 254),
    password_hash text NOT NULL,
    status        text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'blocked', 'closed')),
    created_at    timestamptz NOT NULL,
    -- Keeps out by their own decision until then, or for good where no end is said; beside the status, because
    -- it ends by the clock alone, and in this row, because whoever asks about the one asks about both.
    exclusion      text CHECK (exclusion IN ('time_out', 'self_exclusion')),
    excluded_until timestamptz,
    CHECK (excluded_until IS NULL OR exclusion IS NOT NULL),
    PRIMARY KEY (brand_id, player_id),
    CONSTRAINT player_account_taken UNIQUE (brand_id, account)
);
ALTER TABLE player ENABLE ROW LEVEL SECURITY;
ALTER TABLE player FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON player
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
-- Not the status: operators alone change it, over the owner's connection.
GRANT SELECT, INSERT, UPDATE (password_hash, exclusion, excluded_until) ON player TO croupier_app;
CREATE POLICY operations_read ON player FOR SELECT TO croupier_operations USING (true);
-- Not the password hash, and not the address.
GRANT SELECT (brand_id, player_id, account, status, created_at) ON player TO croupier_operations;

-- Every exclusion that a player was given, as it was given: what the player's row has come from. Never changed.
CREATE TABLE player_exclusion (
    brand_id     integer NOT NULL,
    player_id    uuid NOT NULL,
    exclusion_id uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('time_out', 'self_exclusion')),
    -- NULL: for good
    until        timestamptz CHECK (until > at),
    asked_by     text NOT NULL CHECK (asked_by IN ('player', 'operator')),
    at           timestamptz NOT NULL,
    PRIMARY KEY (brand_id, player_id, exclusion_id),
    FOREIGN KEY (brand_id, player_id) REFERENCES player (brand_id, player_id)
);
ALTER TABLE player_exclusion ENABLE ROW LEVEL SECURITY;
ALTER TABLE player_exclusion FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON player_exclusion
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT ON player_exclusion TO croupier_app;
CREATE POLICY operations_read ON player_exclusion FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON player_exclusion TO croupier_operations;

-- A sign-in. Access tokens name it (claim sid); revoking it revokes them all.
CREATE TABLE player_session (
    brand_id   integer NOT NULL,
    session_id uuid NOT NULL,
    player_id  uuid NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    PRIMARY KEY (brand_id, session_id),
    FOREIGN KEY (brand_id, player_id) REFERENCES player (brand_id, player_id)
);
-- What ends when a player is blocked.
CREATE INDEX player_session_live ON player_session (brand_id, player_id) WHERE revoked_at IS NULL;
ALTER TABLE player_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE player_session FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON player_session
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, UPDATE (revoked_at) ON player_session TO croupier_app;
CREATE POLICY operations_read ON player_session FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON player_session TO croupier_operations;

-- Refresh tokens by the SHA-256 of their secret. Each is good once; one that comes back after it
-- was spent revokes its session (RFC 9700, 4.14.2).
CREATE TABLE player_refresh_token (
    brand_id   integer NOT NULL,
    token_hash bytea NOT NULL CHECK (octet_length(token_hash) = 32),
    session_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    spent_at   timestamptz,
    PRIMARY KEY (brand_id, token_hash),
    FOREIGN KEY (brand_id, session_id) REFERENCES player_session (brand_id, session_id)
);
-- All of a session's: they go when it does.
CREATE INDEX player_refresh_token_session ON player_refresh_token (brand_id, session_id);
ALTER TABLE player_refresh_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE player_refresh_token FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON player_refresh_token
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, UPDATE (spent_at) ON player_refresh_token TO croupier_app;

-- Sessions whose access tokens must not be believed although they have not ended. Kept until the
-- last of them has.
CREATE TABLE token_revocation (
    brand_id   integer NOT NULL REFERENCES brand (id),
    session_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (brand_id, session_id)
);
CREATE INDEX token_revocation_live ON token_revocation (brand_id, expires_at);
ALTER TABLE token_revocation ENABLE ROW LEVEL SECURITY;
ALTER TABLE token_revocation FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON token_revocation
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, DELETE ON token_revocation TO croupier_app;
-- To lock rows that are to be removed, which takes the right to change a column of them.
GRANT UPDATE (expires_at) ON token_revocation TO croupier_app;
CREATE POLICY operations_read ON token_revocation FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON token_revocation TO croupier_operations;

RESET ROLE;
