-- What is kept about the journal (wallet_ledger): its seals, who has read how far, and what was archived.

SET LOCAL ROLE croupier_owner;

-- A brand's journal, sealed piece by piece: each seal has the digest of the hashes of the entries between the
-- seal before it and `below`, in the journal's order, and the hash of the seal before it. So nobody changes,
-- removes or adds a sealed entry without changing every seal since (croupier-wallet, journal/seal.rs).
-- The sealer writes the seals of all brands that moved in one statement; two sealers at once meet here.
CREATE TABLE journal_seal (
    brand_id integer NOT NULL REFERENCES brand (id),
    number   bigint NOT NULL CHECK (number > 0),
    -- Sealed is what transactions below this one wrote.
    below    xid8 NOT NULL,
    -- How many entries that is since the seal before.
    entries  bigint NOT NULL CHECK (entries > 0),
    -- SHA-256 of their hashes, in order.
    digest   bytea NOT NULL CHECK (octet_length(digest) = 32),
    -- The hash of the seal before; 32 zeros before the first.
    previous bytea NOT NULL CHECK (octet_length(previous) = 32),
    hash     bytea NOT NULL CHECK (octet_length(hash) = 32),
    at       timestamptz NOT NULL,
    -- Of the seal that an archive reaches into: entries before this time are in the archive and gone from
    -- here, and of what was sealed up to here some may be (croupier journal archive).
    archived timestamptz,
    PRIMARY KEY (brand_id, number)
);
ALTER TABLE journal_seal ENABLE ROW LEVEL SECURITY;
ALTER TABLE journal_seal FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON journal_seal
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
GRANT SELECT, INSERT ON journal_seal TO croupier_app;
CREATE POLICY operations_read ON journal_seal FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON journal_seal TO croupier_operations;

-- What a wallet's archived entries come to: where its history goes on from.
CREATE TABLE journal_opening (
    brand_id  integer NOT NULL,
    player_id uuid NOT NULL,
    currency  text NOT NULL,
    -- The version, hash and balance of its last archived entry.
    version   bigint NOT NULL CHECK (version > 0),
    hash      bytea NOT NULL CHECK (octet_length(hash) = 32),
    balance   bigint NOT NULL,
    -- accounts[i] was changed by amounts[i] in all, the house's accounts too.
    accounts  text[] NOT NULL,
    amounts   bigint[] NOT NULL CHECK (cardinality(amounts) = cardinality(accounts)),
    PRIMARY KEY (brand_id, player_id, currency),
    FOREIGN KEY (brand_id, player_id, currency) REFERENCES wallet_account (brand_id, player_id, currency)
);
ALTER TABLE journal_opening ENABLE ROW LEVEL SECURITY;
ALTER TABLE journal_opening FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON journal_opening
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
CREATE POLICY operations_read ON journal_opening FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON journal_opening TO croupier_operations;

-- How far each consumer has read the journal as the outbox it is: everything up to (xid, n), of whatever
-- brand. One row a consumer, and nothing of any brand in it.
CREATE TABLE journal_consumer (
    consumer text PRIMARY KEY CHECK (char_length(consumer) BETWEEN 1 AND 60),
    xid      xid8 NOT NULL,
    n        integer NOT NULL,
    at       timestamptz NOT NULL
);
GRANT SELECT, INSERT, UPDATE (xid, n, at) ON journal_consumer TO croupier_app;
GRANT SELECT ON journal_consumer TO croupier_operations;

-- What is added to the cluster's own numbers of transactions. A database that was restored from a dump has a journal
-- numbered by another cluster, and its own cluster counts from the beginning again: `croupier journal adopt` writes
-- here, and into the journal's default, what makes new numbers follow the old. Without a row it is nothing.
CREATE TABLE journal_numbering (
    here  boolean PRIMARY KEY DEFAULT true CHECK (here),
    added bigint NOT NULL CHECK (added > 0),
    at    timestamptz NOT NULL
);
GRANT SELECT ON journal_numbering TO croupier_app, croupier_operations;

RESET ROLE;
