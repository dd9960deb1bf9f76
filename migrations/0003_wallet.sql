-- Money. Amounts are minor units of the row's currency (cents of EUR, satoshi of BTC).

SET LOCAL ROLE croupier_owner;

-- The buckets a brand's wallets have, in a document a brand may change by adding a version.
-- A brand without a row has the default document (croupier-wallet, topology.rs).
CREATE TABLE wallet_topology (
    brand_id   integer NOT NULL REFERENCES brand (id),
    version    integer NOT NULL CHECK (version > 0),
    document   jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (brand_id, version)
);
ALTER TABLE wallet_topology ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_topology FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_topology
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT ON wallet_topology TO croupier_app;
CREATE POLICY operations_read ON wallet_topology FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_topology TO croupier_operations;

-- A player's wallet in one currency: one row, so that one row lock or one version check covers
-- every bucket. available[i] and held[i] belong to the topology's bucket i; buckets are only ever
-- appended to a topology, so a position never changes its meaning.
CREATE TABLE wallet_account (
    brand_id   integer NOT NULL,
    player_id  uuid NOT NULL,
    currency   text NOT NULL,
    version    bigint NOT NULL DEFAULT 0 CHECK (version >= 0),
    available  bigint[] NOT NULL CHECK (cardinality(available) BETWEEN 1 AND 8),
    held       bigint[] NOT NULL CHECK (0 <= ALL (held)),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (brand_id, player_id, currency),
    CONSTRAINT wallet_account_player FOREIGN KEY (brand_id, player_id) REFERENCES player (brand_id, player_id),
    CHECK (cardinality(available) = cardinality(held)),
    -- Arrays of PostgreSQL may begin at any number, have several dimensions and hold NULLs; a CHECK
    -- that finds nothing at [1], or compares with NULL, is passed. These may not.
    CHECK (array_ndims(available) = 1 AND array_lower(available, 1) = 1 AND array_position(available, NULL) IS NULL),
    CHECK (array_ndims(held) = 1 AND array_lower(held, 1) = 1 AND array_position(held, NULL) IS NULL)
) WITH (fillfactor = 70);
ALTER TABLE wallet_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_account FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_account
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, UPDATE (version, available, held) ON wallet_account TO croupier_app;
CREATE POLICY operations_read ON wallet_account FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_account TO croupier_operations;

-- The journal: one row for each accepted command. accounts[i] changed by amounts[i]; the amounts
-- of a row sum to zero, which the CHECKs prove: each array is numbered from 1 and has no NULL, so
-- that what is added up is all there is. The application may add rows and read them, never change
-- or remove one.
CREATE TABLE wallet_ledger (
    brand_id       integer NOT NULL,
    entry_id       uuid NOT NULL,
    player_id      uuid NOT NULL,
    currency       text NOT NULL,
    -- The wallet's version after this entry: the order of a wallet's history.
    version        bigint NOT NULL CHECK (version > 0),
    kind           text NOT NULL CHECK (kind IN
                       ('deposit', 'withdraw_hold', 'withdraw_settle', 'withdraw_release', 'bet', 'settle', 'rollback',
                        'transfer', 'grant', 'convert', 'forfeit', 'expire', 'adjust', 'tip', 'jackpot_win', 'promo_win')),
    -- Who asked, and under which id: provider:hub88 + transaction_uuid, player:<id> + Idempotency-Key.
    source         text NOT NULL,
    transaction_id text NOT NULL,
    reference_id   text,
    round_id       text,
    game_id        text,
    -- The command's amount, never negative; direction is the kind's.
    amount         bigint NOT NULL CHECK (amount >= 0),
    accounts       text[] NOT NULL,
    amounts        bigint[] NOT NULL,
    -- The player's total (available + held) after this entry.
    balance        bigint NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (brand_id, entry_id),
    CONSTRAINT wallet_ledger_once UNIQUE (brand_id, player_id, currency, version),
    FOREIGN KEY (brand_id, player_id, currency) REFERENCES wallet_account (brand_id, player_id, currency),
    CHECK (cardinality(accounts) = cardinality(amounts) AND cardinality(amounts) BETWEEN 0 AND 16),
    CHECK (coalesce(array_ndims(accounts), 1) = 1 AND coalesce(array_lower(accounts, 1), 1) = 1
       AND array_position(accounts, NULL) IS NULL),
    CHECK (coalesce(array_ndims(amounts), 1) = 1 AND coalesce(array_lower(amounts, 1), 1) = 1
       AND array_position(amounts, NULL) IS NULL),
    CONSTRAINT wallet_ledger_sums_to_zero CHECK (
        coalesce(amounts[1], 0) + coalesce(amounts[2], 0) + coalesce(amounts[3], 0) + coalesce(amounts[4], 0)
      + coalesce(amounts[5], 0) + coalesce(amounts[6], 0) + coalesce(amounts[7], 0) + coalesce(amounts[8], 0)
      + coalesce(amounts[9], 0) + coalesce(amounts[10], 0) + coalesce(amounts[11], 0) + coalesce(amounts[12], 0)
      + coalesce(amounts[13], 0) + coalesce(amounts[14], 0) + coalesce(amounts[15], 0) + coalesce(amounts[16], 0) = 0)
);
ALTER TABLE wallet_ledger ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_ledger FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_ledger
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT ON wallet_ledger TO croupier_app;
CREATE POLICY operations_read ON wallet_ledger FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_ledger TO croupier_operations;

-- The journal in normal form, a line for each posting. It runs with its reader's rights.
CREATE VIEW wallet_posting WITH (security_invoker = true) AS
    SELECT l.brand_id, l.entry_id, l.player_id, l.currency, l.kind, l.at, p.account, p.amount
      FROM wallet_ledger l, unnest(l.accounts, l.amounts) AS p (account, amount);
GRANT SELECT ON wallet_posting TO croupier_app;
GRANT SELECT ON wallet_posting TO croupier_operations;

-- The outcome of each command, rejections included, for as long as providers may repeat themselves
-- (months). The fingerprint is the SHA-256 of everything that must agree.
CREATE TABLE wallet_idempotency (
    brand_id       integer NOT NULL,
    source         text NOT NULL CHECK (char_length(source) BETWEEN 1 AND 80),
    transaction_id text NOT NULL CHECK (char_length(transaction_id) BETWEEN 1 AND 200),
    player_id      uuid NOT NULL,
    fingerprint    bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    outcome        jsonb NOT NULL,
    at             timestamptz NOT NULL,
    CONSTRAINT wallet_idempotency_once PRIMARY KEY (brand_id, source, transaction_id),
    FOREIGN KEY (brand_id, player_id) REFERENCES player (brand_id, player_id)
);
ALTER TABLE wallet_idempotency ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_idempotency FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_idempotency
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT ON wallet_idempotency TO croupier_app;
CREATE POLICY operations_read ON wallet_idempotency FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_idempotency TO croupier_operations;

-- What a transaction of a round did to which bucket, so that reversing it restores the very parts:
-- a bet, a settle (win), and what has become of each.
CREATE TABLE wallet_bet_authorization (
    brand_id       integer NOT NULL,
    source         text NOT NULL,
    transaction_id text NOT NULL,
    player_id      uuid NOT NULL,
    currency       text NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('bet', 'settle')),
    round_id       text NOT NULL,
    game_id        text NOT NULL,
    amount         bigint NOT NULL CHECK (amount >= 0),
    -- amount split over the topology's buckets, by position
    parts          bigint[] NOT NULL CHECK (0 <= ALL (parts)),
    -- 'settled': a bet that at least one settle stands on
    state          text NOT NULL CHECK (state IN ('open', 'settled', 'rolled_back')),
    -- of a settle: the bet it stands on
    bet_id         text,
    -- of a bet: how many settles stand on it; rolling them all back opens it again
    settles        integer NOT NULL CHECK (settles >= 0),
    at             timestamptz NOT NULL,
    PRIMARY KEY (brand_id, source, transaction_id),
    FOREIGN KEY (brand_id, player_id, currency) REFERENCES wallet_account (brand_id, player_id, currency),
    CHECK (kind = 'bet' OR (settles = 0 AND state <> 'settled')),
    CHECK (kind = 'settle' OR bet_id IS NULL),
    CHECK (state = 'rolled_back' OR (state = 'settled') = (settles > 0)),
    CHECK (array_ndims(parts) = 1 AND array_lower(parts, 1) = 1 AND array_position(parts, NULL) IS NULL
       AND cardinality(parts) BETWEEN 1 AND 8),
    CONSTRAINT wallet_bet_authorization_parts CHECK (
        parts[1] + coalesce(parts[2], 0) + coalesce(parts[3], 0) + coalesce(parts[4], 0)
      + coalesce(parts[5], 0) + coalesce(parts[6], 0) + coalesce(parts[7], 0) + coalesce(parts[8], 0) = amount)
);
CREATE INDEX wallet_bet_authorization_round ON wallet_bet_authorization (brand_id, source, round_id);
ALTER TABLE wallet_bet_authorization ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_bet_authorization FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_bet_authorization
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, UPDATE (state, settles) ON wallet_bet_authorization TO croupier_app;
CREATE POLICY operations_read ON wallet_bet_authorization FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_bet_authorization TO croupier_operations;

-- A rollback that came before the bet or settle it names: that, when it comes, moves no money (a
-- rollback of that id is none of the two: no rollback undoes another, in either order). It holds for one
-- wallet, so that a rollback of one player never touches another's transaction of the same id; that
-- the two do not miss each other is kept by the lock on the wallet's row.
CREATE TABLE wallet_tombstone (
    brand_id       integer NOT NULL,
    player_id      uuid NOT NULL,
    currency       text NOT NULL,
    source         text NOT NULL,
    transaction_id text NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (brand_id, player_id, currency, source, transaction_id),
    FOREIGN KEY (brand_id, player_id, currency) REFERENCES wallet_account (brand_id, player_id, currency)
);
ALTER TABLE wallet_tombstone ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_tombstone FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_tombstone
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT ON wallet_tombstone TO croupier_app;
CREATE POLICY operations_read ON wallet_tombstone FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_tombstone TO croupier_operations;

-- A sum set aside until it is paid out (settled) or given back (released).
CREATE TABLE wallet_hold (
    brand_id   integer NOT NULL,
    hold_id    uuid NOT NULL,
    player_id  uuid NOT NULL,
    currency   text NOT NULL,
    amount     bigint NOT NULL CHECK (amount > 0),
    parts      bigint[] NOT NULL CHECK (0 <= ALL (parts)),
    state      text NOT NULL CHECK (state IN ('held', 'settled', 'released')),
    at         timestamptz NOT NULL,
    PRIMARY KEY (brand_id, hold_id),
    FOREIGN KEY (brand_id, player_id, currency) REFERENCES wallet_account (brand_id, player_id, currency),
    CHECK (array_ndims(parts) = 1 AND array_lower(parts, 1) = 1 AND array_position(parts, NULL) IS NULL
       AND cardinality(parts) BETWEEN 1 AND 8),
    CONSTRAINT wallet_hold_parts CHECK (
        parts[1] + coalesce(parts[2], 0) + coalesce(parts[3], 0) + coalesce(parts[4], 0)
      + coalesce(parts[5], 0) + coalesce(parts[6], 0) + coalesce(parts[7], 0) + coalesce(parts[8], 0) = amount)
);
ALTER TABLE wallet_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_hold FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_hold
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, UPDATE (state) ON wallet_hold TO croupier_app;
CREATE POLICY operations_read ON wallet_hold FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_hold TO croupier_operations;

RESET ROLE;
