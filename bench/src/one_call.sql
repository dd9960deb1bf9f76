-- A bet in one call of a stored function: what an operator would write who has one PostgreSQL and no batcher.
--
-- It has the effects of a Croupier bet: the id is looked up and a repeat is told what was decided (a conflict, if it
-- says something else), the wallet pays if it can, cash first and bonus after, the journal gets a row that sums to
-- zero, the command's row keeps what was decided and which parts were staked. Keys and indexes are Croupier's: a
-- wallet's, an entry's by its wallet and version, a command's by its source and id. It is spared row security,
-- foreign keys, the journal's chain, and uuids for players.

CREATE TABLE wallet (
    brand_id  integer NOT NULL,
    player_id bigint NOT NULL,
    currency  text NOT NULL,
    version   bigint NOT NULL,
    cash      bigint NOT NULL CHECK (cash >= 0),
    bonus     bigint NOT NULL CHECK (bonus >= 0),
    PRIMARY KEY (brand_id, player_id, currency)
) WITH (fillfactor = 70);

CREATE TABLE journal (
    brand_id       integer NOT NULL,
    player_id      bigint NOT NULL,
    currency       text NOT NULL,
    version        bigint NOT NULL,
    entry_id       uuid NOT NULL,
    kind           text NOT NULL,
    source         text NOT NULL,
    transaction_id text NOT NULL,
    round_id       text,
    game_id        text,
    amount         bigint NOT NULL CHECK (amount >= 0),
    cash           bigint NOT NULL,
    bonus          bigint NOT NULL,
    house          bigint NOT NULL,
    balance        bigint NOT NULL,
    at             timestamptz NOT NULL,
    PRIMARY KEY (brand_id, player_id, currency, version),
    CHECK (cash + bonus + house = 0)
);

CREATE TABLE command (
    brand_id       integer NOT NULL,
    source         text NOT NULL,
    transaction_id text NOT NULL,
    player_id      bigint NOT NULL,
    currency       text NOT NULL,
    fingerprint    bytea NOT NULL,
    verdict        text NOT NULL,
    entry_id       uuid,
    balance        bigint NOT NULL,
    cash           bigint NOT NULL,
    bonus          bigint NOT NULL,
    state          text,
    at             timestamptz NOT NULL,
    PRIMARY KEY (brand_id, source, transaction_id)
);

-- Two callers with one id at once: the second waits at the wallet, then its command's row is refused as a duplicate
-- and nothing of it stays; it calls again and is told what the first was.
CREATE FUNCTION bet(
    p_brand integer, p_player bigint, p_currency text, p_source text, p_txid text, p_round text, p_game text,
    p_amount bigint, p_fingerprint bytea, OUT verdict text, OUT balance bigint
) LANGUAGE plpgsql AS $$
DECLARE
    known      record;
    version    bigint;
    cash       bigint;
    bonus      bigint;
    from_cash  bigint := p_amount;
    entry      uuid;
BEGIN
    SELECT c.fingerprint, c.verdict, c.balance INTO known FROM command c
     WHERE c.brand_id = p_brand AND c.source = p_source AND c.transaction_id = p_txid;
    IF FOUND THEN
        verdict := CASE WHEN known.fingerprint = p_fingerprint THEN known.verdict ELSE 'conflict' END;
        balance := known.balance;
        RETURN;
    END IF;

    -- Nearly every stake is all cash: that is one statement.
    UPDATE wallet w SET version = w.version + 1, cash = w.cash - p_amount
     WHERE w.brand_id = p_brand AND w.player_id = p_player AND w.currency = p_currency AND w.cash >= p_amount
    RETURNING w.version, w.cash, w.bonus INTO version, cash, bonus;
    IF NOT FOUND THEN
        SELECT w.version, w.cash, w.bonus INTO version, cash, bonus FROM wallet w
         WHERE w.brand_id = p_brand AND w.player_id = p_player AND w.currency = p_currency FOR UPDATE;
        IF NOT FOUND OR cash + bonus < p_amount THEN
            verdict := 'insufficient_funds';
            balance := coalesce(cash + bonus, 0);
            INSERT INTO command VALUES (p_brand, p_source, p_txid, p_player, p_currency, p_fingerprint, verdict, NULL,
                                        balance, 0, 0, NULL, now());
            RETURN;
        END IF;
        from_cash := least(cash, p_amount);
        UPDATE wallet w SET version = w.version + 1, cash = w.cash - from_cash, bonus = w.bonus - (p_amount - from_cash)
         WHERE w.brand_id = p_brand AND w.player_id = p_player AND w.currency = p_currency
        RETURNING w.version, w.cash, w.bonus INTO version, cash, bonus;
    END IF;

    verdict := 'applied';
    balance := cash + bonus;
    entry := gen_random_uuid();
    INSERT INTO journal VALUES (p_brand, p_player, p_currency, version, entry, 'bet', p_source, p_txid, p_round, p_game,
                                p_amount, -from_cash, from_cash - p_amount, p_amount, balance, now());
    INSERT INTO command VALUES (p_brand, p_source, p_txid, p_player, p_currency, p_fingerprint, verdict, entry,
                                balance, from_cash, p_amount - from_cash, 'open', now());
END
$$;

-- The same tables filled by sets: so many bets of different players in one transaction, each of its three writes one
-- statement. It decides nothing, answers nobody, and makes its bets up where they are written, so it is no peer: it is
-- how fast this server takes these rows when nothing is in the way. Clients have brands of their own and do not meet.
CREATE FUNCTION bets(p_count integer, p_client integer, p_clients integer, p_brands integer, p_players integer)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    brands  integer[];
    players bigint[];
    ids     text[];
    wrote   bigint;
BEGIN
    -- A step of 7 919, a prime, visits every player before it visits one again.
    SELECT array_agg(1 + p_client + p_clients * (n % (p_brands / p_clients))),
           array_agg(1 + (start + n::bigint * 7919) % p_players), array_agg(gen_random_uuid()::text)
      INTO brands, players, ids
      FROM (SELECT (random() * p_players)::bigint AS start) AS s, generate_series(0, p_count - 1) AS n;
    PERFORM FROM unnest(brands, ids) AS u (brand, id)
      JOIN command c ON c.brand_id = u.brand AND c.source = 'hub88' AND c.transaction_id = u.id;
    WITH paid AS (
        UPDATE wallet w SET version = w.version + 1, cash = w.cash - 1
          FROM unnest(brands, players, ids) AS u (brand, player, id)
         WHERE w.brand_id = u.brand AND w.player_id = u.player AND w.currency = 'EUR' AND w.cash >= 1
        RETURNING w.brand_id, w.player_id, w.version, w.cash + w.bonus AS balance, u.id, gen_random_uuid() AS entry
    ), journaled AS (
        INSERT INTO journal
        SELECT brand_id, player_id, 'EUR', version, entry, 'bet', 'hub88', id, id, 'northern-lights', 1, -1, 0, 1, balance, now()
          FROM paid
    )
    INSERT INTO command
    SELECT brand_id, 'hub88', id, player_id, 'EUR',
           '\x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff', 'applied', entry, balance, 1, 0, 'open', now()
      FROM paid;
    GET DIAGNOSTICS wrote = ROW_COUNT;
    RETURN wrote;
END
$$;
