-- Money. Amounts are minor units of the row's currency (cents of EUR, satoshi of BTC).

SET LOCAL ROLE croupier_owner;

-- What a row's texts and arrays have to be. PostgreSQL reads and plans a table's CHECKs anew in every statement that
-- writes to it, and a domain's once a session: spelt out at the tables they were a third of what a bet of its own
-- costs the server. So the tables' CHECKs are casts, and what is long stands here. The columns stay of the plain types.
--
-- Arrays of PostgreSQL may begin at any number, have several dimensions and hold NULLs; a CHECK that finds nothing at
-- [1], or compares with NULL, is passed. These may not. cardinality() of a cast is NULL, and passed, where a column is.

-- Minor units, a number for each of a topology's buckets.
CREATE DOMAIN wallet_amounts AS bigint[] CHECK (
    array_ndims(VALUE) = 1 AND array_lower(VALUE, 1) = 1 AND array_position(VALUE, NULL) IS NULL
    AND cardinality(VALUE) BETWEEN 1 AND 8);
CREATE DOMAIN wallet_parts AS wallet_amounts CHECK (0 <= ALL (VALUE));
-- An amount, split over a topology's buckets.
CREATE TYPE wallet_sum AS (amount bigint, parts bigint[]);
CREATE DOMAIN wallet_split AS wallet_sum CONSTRAINT wallet_split_adds_up CHECK (
    (VALUE).parts IS NULL OR
    (VALUE).amount = (VALUE).parts[1] + coalesce((VALUE).parts[2], 0) + coalesce((VALUE).parts[3], 0)
                   + coalesce((VALUE).parts[4], 0) + coalesce((VALUE).parts[5], 0) + coalesce((VALUE).parts[6], 0)
                   + coalesce((VALUE).parts[7], 0) + coalesce((VALUE).parts[8], 0));
-- The two halves of an entry's postings: where to, and how much.
CREATE DOMAIN wallet_posted_to AS text[] CHECK (
    coalesce(array_ndims(VALUE), 1) = 1 AND coalesce(array_lower(VALUE, 1), 1) = 1 AND array_position(VALUE, NULL) IS NULL
    AND cardinality(VALUE) BETWEEN 0 AND 16);
CREATE DOMAIN wallet_posted AS bigint[]
    CHECK (coalesce(array_ndims(VALUE), 1) = 1 AND coalesce(array_lower(VALUE, 1), 1) = 1 AND array_position(VALUE, NULL) IS NULL
       AND cardinality(VALUE) BETWEEN 0 AND 16)
    CONSTRAINT wallet_ledger_sums_to_zero CHECK (
        coalesce(VALUE[1], 0) + coalesce(VALUE[2], 0) + coalesce(VALUE[3], 0) + coalesce(VALUE[4], 0)
      + coalesce(VALUE[5], 0) + coalesce(VALUE[6], 0) + coalesce(VALUE[7], 0) + coalesce(VALUE[8], 0)
      + coalesce(VALUE[9], 0) + coalesce(VALUE[10], 0) + coalesce(VALUE[11], 0) + coalesce(VALUE[12], 0)
      + coalesce(VALUE[13], 0) + coalesce(VALUE[14], 0) + coalesce(VALUE[15], 0) + coalesce(VALUE[16], 0) = 0);
CREATE DOMAIN wallet_kind AS text CHECK (VALUE IN
    ('deposit', 'withdraw_hold', 'withdraw_settle', 'withdraw_release', 'bet', 'settle', 'rollback',
     'transfer', 'grant', 'convert', 'forfeit', 'expire', 'adjust', 'tip', 'jackpot_win', 'promo_win'));
CREATE DOMAIN wallet_verdict AS text CHECK (VALUE IN
    ('applied', 'neutralised', 'missing_reference', 'already_settled', 'insufficient_funds', 'rejected'));
-- What has become of a play: 'settled' is a bet that at least one settle stands on.
CREATE DOMAIN wallet_play_state AS text CHECK (VALUE IN ('open', 'settled', 'rolled_back'));

-- What a batch's statements are given: an array of rows, not an array a column. PostgreSQL calls a function and fills a
-- store of its own for every array that a statement unnests, so fifty arrays were most of what a small batch cost.
CREATE TYPE wallet_order_item AS (
    player_id uuid, currency text COLLATE "C", source text COLLATE "C", transaction_id text COLLATE "C",
    reference_id text COLLATE "C", asks boolean);
CREATE TYPE wallet_key_item AS (source text COLLATE "C", transaction_id text COLLATE "C");
CREATE TYPE wallet_account_item AS (
    player_id uuid, currency text COLLATE "C", revision bigint, version bigint, available bigint[], held bigint[],
    chain bytea, grants jsonb, limits jsonb, rules integer);
CREATE TYPE wallet_ledger_item AS (
    player_id uuid, currency text COLLATE "C", version bigint, at timestamptz, entry_id uuid, n integer, kind text,
    source text COLLATE "C", transaction_id text COLLATE "C", reference_id text, round_id text, game_id text,
    amount bigint, accounts text[], amounts bigint[], balance bigint, hash bytea);
CREATE TYPE wallet_command_item AS (
    source text COLLATE "C", transaction_id text COLLATE "C", player_id uuid, currency text COLLATE "C", kind text,
    fingerprint bytea, verdict text, detail text, entry_id uuid, available bigint, held bigint, stakeable bigint,
    usable bigint, at timestamptz, state text, amount bigint, round_id text, game_id text, parts bigint[],
    reversed bigint[], rules integer, grant_id uuid, progress bigint, bet_id text, settles integer);
CREATE TYPE wallet_play_item AS (
    source text COLLATE "C", transaction_id text COLLATE "C", player_id uuid, state text, settles integer,
    reversed bigint[], progress bigint);
CREATE TYPE wallet_hold_item AS (
    hold_id uuid, player_id uuid, currency text COLLATE "C", amount bigint, parts bigint[], state text, at timestamptz);
CREATE TYPE wallet_grant_item AS (
    grant_id uuid, player_id uuid, currency text COLLATE "C", state text, given jsonb, ended_at timestamptz);
CREATE TYPE wallet_tombstone_item AS (
    player_id uuid, currency text COLLATE "C", source text COLLATE "C", transaction_id text COLLATE "C", at timestamptz);

-- Texts in keys are compared byte by byte (COLLATE "C"): no language's order is asked of them, an index does not depend
-- on the C library's idea of one, and a comparison costs a fraction.

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
-- Operators alone add one, over the owner's connection.
GRANT SELECT ON wallet_topology TO croupier_app;
CREATE POLICY operations_read ON wallet_topology FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_topology TO croupier_operations;

-- A player's wallet in one currency: one wide row, so that one check of its revision covers every
-- bucket. available[i] and held[i] belong to the topology's bucket i; buckets are only ever appended
-- to a topology, so a position never changes its meaning.
--
-- Writers do not lock: they read, decide, and write where the revision is still the one they read. So
-- whatever is written for a wallet (a refusal, a tombstone, a hold) raises its revision, and two
-- processes, or one that was thought dead, can never both decide on the same state.
CREATE TABLE wallet_account (
    brand_id   integer NOT NULL,
    player_id  uuid NOT NULL,
    currency   text COLLATE "C" NOT NULL,
    -- How many entries its history has.
    version    bigint NOT NULL CHECK (version >= 0),
    -- How often something was written for it: once a batch, however many entries of it the batch had.
    revision   bigint NOT NULL CHECK (revision > 0 OR (revision = 0 AND version = 0)),
    available  bigint[] NOT NULL CHECK (cardinality(available::wallet_amounts) = cardinality(held)),
    held       bigint[] NOT NULL CHECK (cardinality(held::wallet_parts) > 0),
    -- Open grants and what was wagered for them; NULL where there are none.
    grants     jsonb CHECK (jsonb_typeof(grants) = 'array'),
    -- What its player allows themselves to stake and to lose, with what counts to it; NULL where there is nothing.
    limits     jsonb CHECK (jsonb_typeof(limits) = 'array'),
    -- The hash of its newest entry; 32 zeros before the first.
    chain      bytea NOT NULL CHECK (octet_length(chain) = 32),
    created_at timestamptz NOT NULL,
    PRIMARY KEY (brand_id, player_id, currency),
    CONSTRAINT wallet_account_player FOREIGN KEY (brand_id, player_id) REFERENCES player (brand_id, player_id)
-- Room for the new version of a row beside the old one, so that no index has to know of a change (HOT).
) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.05);
ALTER TABLE wallet_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_account FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_account
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, UPDATE (version, revision, available, held, grants, limits, chain) ON wallet_account TO croupier_app;
CREATE POLICY operations_read ON wallet_account FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_account TO croupier_operations;

-- The journal: one row for each accepted command. accounts[i] changed by amounts[i]; the amounts
-- of a row sum to zero, which the CHECKs prove: each array is numbered from 1 and has no NULL, so
-- that what is added up is all there is. The application may add rows and read them, never change
-- or remove one.
--
-- It is the outbox too. (xid, n) is its order: `xid` is the transaction that wrote the row and n its place
-- in that transaction. A writer has read a wallet, or written it, before it begins to write, so what it
-- builds on has a smaller xid. A reader takes what is below pg_snapshot_xmin(pg_current_snapshot()): no transaction down
-- there is still under way, so nothing can appear behind a reader's back.
--
-- Parts are months, by `at`. A part that is old enough is archived and dropped. There are no foreign keys:
-- a row is written in the statement that changes its wallet's row, so there is nothing to look up.
CREATE TABLE wallet_ledger (
    brand_id       integer NOT NULL,
    player_id      uuid NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    -- The wallet's version after this entry: the order of a wallet's history.
    version        bigint NOT NULL CHECK (version > 0),
    at             timestamptz NOT NULL,
    entry_id       uuid NOT NULL,
    xid            xid8 NOT NULL DEFAULT pg_current_xact_id(),
    n              integer NOT NULL CHECK (n >= 0),
    kind           text NOT NULL CHECK (kind::wallet_kind IS NOT NULL),
    -- Who asked, and under which id: provider:hub88 + transaction_uuid, player:<id> + Idempotency-Key.
    source         text COLLATE "C" NOT NULL,
    transaction_id text COLLATE "C" NOT NULL,
    reference_id   text,
    round_id       text,
    game_id        text,
    -- The command's amount, never negative; direction is the kind's.
    amount         bigint NOT NULL CHECK (amount >= 0),
    accounts       text[] NOT NULL CHECK (cardinality(accounts::wallet_posted_to) = cardinality(amounts)),
    amounts        bigint[] NOT NULL CHECK (amounts::wallet_posted IS NOT NULL),
    -- The player's total (available + held) after this entry.
    balance        bigint NOT NULL,
    -- SHA-256 of the hash of the wallet's entry before and of this entry (croupier-wallet, engine/chain.rs).
    hash           bytea NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (brand_id, player_id, currency, version, at)
) PARTITION BY RANGE (at);
CREATE INDEX wallet_ledger_order ON wallet_ledger (xid, n);
ALTER TABLE wallet_ledger ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_ledger FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_ledger
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT ON wallet_ledger TO croupier_app;
CREATE POLICY operations_read ON wallet_ledger FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_ledger TO croupier_operations;

-- What no month was made for goes here, so that a forgotten month stops nobody (croupier journal partition).
CREATE TABLE wallet_ledger_rest PARTITION OF wallet_ledger DEFAULT;
ALTER TABLE wallet_ledger_rest ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_ledger_rest FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_ledger_rest
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);

-- The journal in normal form, a line for each posting. It runs with its reader's rights.
CREATE VIEW wallet_posting WITH (security_invoker = true) AS
    SELECT l.brand_id, l.entry_id, l.player_id, l.currency, l.kind, l.at, p.account, p.amount
      FROM wallet_ledger l, unnest(l.accounts, l.amounts) AS p (account, amount);
GRANT SELECT ON wallet_posting TO croupier_operations;

-- Every command that was decided, refusals included, for as long as senders may repeat themselves
-- (months), in one row: what was decided, which never changes, and of a bet, settle or the like (a play)
-- the very parts it moved and what has become of it.
CREATE TABLE wallet_command (
    brand_id       integer NOT NULL,
    source         text COLLATE "C" NOT NULL CHECK (char_length(source) BETWEEN 1 AND 80),
    transaction_id text COLLATE "C" NOT NULL CHECK (char_length(transaction_id) BETWEEN 1 AND 200),
    player_id      uuid NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    kind           text NOT NULL,
    -- SHA-256 of everything that a repeat must say again.
    fingerprint    bytea NOT NULL CHECK (octet_length(fingerprint) = 32),
    verdict        text NOT NULL CHECK (verdict::wallet_verdict IS NOT NULL),
    -- Why it was neutralised or rejected.
    detail         text,
    -- What the sender was given; of an applied command, its journal entry.
    entry_id       uuid,
    -- The wallet after it.
    available      bigint NOT NULL,
    held           bigint NOT NULL,
    stakeable      bigint NOT NULL,
    -- Of insufficient_funds: how much there was for it.
    usable         bigint,
    at             timestamptz NOT NULL,
    -- Of a play, and NULL otherwise:
    state          text CHECK (state IS NULL OR state::wallet_play_state IS NOT NULL),
    amount         bigint CHECK (amount >= 0),
    round_id       text,
    game_id        text,
    -- amount split over the topology's buckets, by position
    parts          bigint[] CHECK (cardinality(parts::wallet_parts) > 0),
    -- how much of each part was given back or taken back since; NULL where none was
    reversed       bigint[] CHECK (cardinality(reversed::wallet_parts) > 0),
    -- the version of the brand's topology it was made under, 0 being the standard one
    rules          integer CHECK (rules >= 0),
    -- of a bet: the grant it counts for, and how much of it counts
    grant_id       uuid,
    progress       bigint CHECK (progress >= 0),
    -- of a settle: the bet it stands on
    bet_id         text,
    -- of a bet: how many settles stand on it; rolling them all back opens it again
    settles        integer CHECK (settles >= 0),
    CONSTRAINT wallet_command_once PRIMARY KEY (brand_id, source, transaction_id),
    CHECK ((verdict IN ('applied', 'neutralised')) = (entry_id IS NOT NULL)),
    CHECK ((verdict = 'insufficient_funds') = (usable IS NOT NULL)),
    CHECK (settles IS NULL OR kind = 'bet' OR (settles = 0 AND state <> 'settled')),
    CHECK (state IS NULL OR (verdict = 'applied' AND amount IS NOT NULL AND parts IS NOT NULL AND settles IS NOT NULL AND rules IS NOT NULL
       AND (state = 'rolled_back' OR (state = 'settled') = (settles > 0)))),
    CHECK (ROW(amount, parts)::wallet_split IS NOT NULL OR parts IS NULL)
-- Most bets are settled within the minute: room for that beside the bet, so that no index has to know.
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05);
ALTER TABLE wallet_command ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_command FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_command
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, UPDATE (state, settles, reversed, progress) ON wallet_command TO croupier_app;
CREATE POLICY operations_read ON wallet_command FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_command TO croupier_operations;

-- A rollback that came before the bet or settle it names: that, when it comes, moves no money (a
-- rollback of that id is none of the two: no rollback undoes another, in either order). It holds for one
-- wallet, so that a rollback of one player never touches another's transaction of the same id; that
-- the two do not miss each other is kept by the lock on the wallet's row.
CREATE TABLE wallet_tombstone (
    brand_id       integer NOT NULL,
    player_id      uuid NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    source         text COLLATE "C" NOT NULL,
    transaction_id text COLLATE "C" NOT NULL,
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
    currency   text COLLATE "C" NOT NULL,
    amount     bigint NOT NULL CHECK (amount > 0),
    parts      bigint[] NOT NULL CHECK (cardinality(parts::wallet_parts) > 0),
    state      text NOT NULL CHECK (state IN ('held', 'settled', 'released')),
    at         timestamptz NOT NULL,
    PRIMARY KEY (brand_id, hold_id),
    FOREIGN KEY (brand_id, player_id, currency) REFERENCES wallet_account (brand_id, player_id, currency),
    CHECK (ROW(amount, parts)::wallet_split IS NOT NULL)
);
ALTER TABLE wallet_hold ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_hold FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_hold
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, UPDATE (state) ON wallet_hold TO croupier_app;
CREATE POLICY operations_read ON wallet_hold FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_hold TO croupier_operations;

-- Bonuses and coupons, from the day they are given. How far an open one has come is in its wallet's row,
-- which changes with every bet anyway; it is written here when the grant ends.
CREATE TABLE wallet_grant (
    brand_id    integer NOT NULL,
    -- The entry that gave it.
    grant_id    uuid NOT NULL,
    player_id   uuid NOT NULL,
    currency    text COLLATE "C" NOT NULL,
    state       text NOT NULL CHECK (state IN ('open', 'converted', 'forfeited', 'expired')),
    -- What was given, under which conditions (croupier-wallet, engine/grants.rs).
    given       jsonb NOT NULL CHECK (jsonb_typeof(given) = 'object'),
    ended_at    timestamptz,
    PRIMARY KEY (brand_id, grant_id),
    FOREIGN KEY (brand_id, player_id, currency) REFERENCES wallet_account (brand_id, player_id, currency),
    CHECK ((state = 'open') = (ended_at IS NULL))
);
-- A wallet's grants, the newest first, for operators.
CREATE INDEX wallet_grant_of_wallet ON wallet_grant (brand_id, player_id, currency, grant_id DESC);
ALTER TABLE wallet_grant ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_grant FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_grant
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, UPDATE (state, given, ended_at) ON wallet_grant TO croupier_app;
CREATE POLICY operations_read ON wallet_grant FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_grant TO croupier_operations;

-- What a player allows themselves, a row for each thing and period (croupier-wallet, personal.rs). What they loosen
-- waits: `amount` holds until pending_from, then what is pending, which is no limit where it is NULL.
CREATE TABLE wallet_limit (
    brand_id       integer NOT NULL,
    player_id      uuid NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('deposit')),
    period         text NOT NULL CHECK (period IN ('day', 'week', 'month')),
    amount         bigint NOT NULL CHECK (amount >= 0),
    pending_amount bigint CHECK (pending_amount > amount),
    pending_from   timestamptz,
    set_at         timestamptz NOT NULL,
    PRIMARY KEY (brand_id, player_id, currency, kind, period),
    FOREIGN KEY (brand_id, player_id) REFERENCES player (brand_id, player_id),
    CHECK (pending_amount IS NULL OR pending_from IS NOT NULL)
);
ALTER TABLE wallet_limit ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_limit FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_limit
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, UPDATE (amount, pending_amount, pending_from, set_at) ON wallet_limit TO croupier_app;
CREATE POLICY operations_read ON wallet_limit FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_limit TO croupier_operations;

-- Every change of a limit, as it was asked for and what it came to: what the row of wallet_limit has come from. Never changed.
CREATE TABLE wallet_limit_change (
    brand_id       integer NOT NULL,
    player_id      uuid NOT NULL,
    change_id      uuid NOT NULL,
    currency       text COLLATE "C" NOT NULL,
    kind           text NOT NULL CHECK (kind IN ('deposit', 'stake', 'loss')),
    period         text NOT NULL CHECK (period IN ('day', 'week', 'month')),
    -- NULL: no limit
    wanted         bigint CHECK (wanted >= 0),
    amount         bigint NOT NULL CHECK (amount >= 0),
    pending_amount bigint CHECK (pending_amount > amount),
    pending_from   timestamptz CHECK (pending_from > at),
    -- So far a player's own limits are set by the player alone.
    asked_by       text NOT NULL CHECK (asked_by IN ('player')),
    at             timestamptz NOT NULL,
    PRIMARY KEY (brand_id, player_id, change_id),
    FOREIGN KEY (brand_id, player_id) REFERENCES player (brand_id, player_id),
    CHECK (pending_amount IS NULL OR pending_from IS NOT NULL)
);
ALTER TABLE wallet_limit_change ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_limit_change FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_limit_change
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT ON wallet_limit_change TO croupier_app;
CREATE POLICY operations_read ON wallet_limit_change FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_limit_change TO croupier_operations;

-- What players ask the cashier for, by their key, from before anything is done about it: the key is for one
-- request, whoever asks at once. Of a deposit also how far it has come. It is written down before the payment gateway is
-- asked, so that one which was charged is booked whatever happens in between (croupier-wallet, cashier/mod.rs).
CREATE TABLE wallet_request (
    brand_id  integer NOT NULL,
    player_id uuid NOT NULL,
    -- The player's Idempotency-Key, and the transaction id of the command that is made of it.
    key       text COLLATE "C" NOT NULL CHECK (char_length(key) BETWEEN 1 AND 120),
    kind      text NOT NULL CHECK (kind IN ('deposit', 'withdrawal')),
    currency  text COLLATE "C" NOT NULL,
    amount    bigint NOT NULL CHECK (amount > 0),
    -- Of a deposit: begun, charged (the money is taken and not booked), credited, or refused.
    state     text CHECK (state IN ('begun', 'charged', 'credited', 'refused')),
    -- Of a deposit that was not charged and was asked for again: when that was.
    begun_at  timestamptz NOT NULL,
    -- When it was last looked after.
    tried_at  timestamptz NOT NULL,
    PRIMARY KEY (brand_id, player_id, key),
    CONSTRAINT wallet_request_player FOREIGN KEY (brand_id, player_id) REFERENCES player (brand_id, player_id),
    CHECK ((kind = 'deposit') = (state IS NOT NULL))
);
-- What is not over, the longest untouched first.
CREATE INDEX wallet_request_waiting ON wallet_request (tried_at) WHERE state IN ('begun', 'charged');
-- What counts to a player's limits.
CREATE INDEX wallet_request_deposited ON wallet_request (brand_id, player_id, tried_at) WHERE kind = 'deposit';
ALTER TABLE wallet_request ENABLE ROW LEVEL SECURITY;
ALTER TABLE wallet_request FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON wallet_request
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT, UPDATE (state, begun_at, tried_at) ON wallet_request TO croupier_app;
CREATE POLICY operations_read ON wallet_request FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON wallet_request TO croupier_operations;

RESET ROLE;
