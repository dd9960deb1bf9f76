//! What must never be found in a brand's books, as queries: a disagreement between what was decided and what was written.

/// What must never be found: what it is, and a query for it that gives a text a row. `$1` is the brand; entries
/// before `$2` are archived.
///
/// What a wallet's entries say by themselves, and what they come to, is [`verify`](crate::journal::verify)'s.
pub(crate) const NEVER: [(&str, &str); 30] = [
    (
        "money_07: a wallet in another currency than its brand's",
        "SELECT a.player_id || ' ' || a.currency FROM wallet_account a JOIN brand b ON b.id = a.brand_id
          WHERE a.brand_id = $1 AND a.currency <> b.currency AND $2 IS NOT NULL",
    ),
    (
        "an entry without the decision that made it, or one that says something else",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l LEFT JOIN wallet_command c
             ON c.brand_id = l.brand_id AND c.source = l.source AND c.transaction_id = l.transaction_id
            AND c.player_id = l.player_id AND c.currency = l.currency
          WHERE l.brand_id = $1 AND $2 IS NOT NULL
            AND (c.verdict, c.entry_id, c.kind, c.available::numeric + c.held, c.at)
                IS DISTINCT FROM ('applied', l.entry_id, l.kind, l.balance::numeric, l.at)",
    ),
    (
        "a decision to do something without exactly one entry",
        "SELECT c.source || ' ' || c.transaction_id FROM wallet_command c
           LEFT JOIN (SELECT source, transaction_id, count(*) AS entries FROM wallet_ledger WHERE brand_id = $1
                       GROUP BY source, transaction_id) l ON l.source = c.source AND l.transaction_id = c.transaction_id
          WHERE c.brand_id = $1 AND c.at >= $2 AND (c.verdict = 'applied')::int <> coalesce(l.entries, 0)",
    ),
    (
        "an entry's id that another has too",
        "SELECT entry_id::text FROM wallet_ledger WHERE brand_id = $1 AND $2 IS NOT NULL GROUP BY entry_id HAVING count(*) > 1",
    ),
    (
        "a decision for no player that there is",
        "SELECT c.source || ' ' || c.transaction_id FROM wallet_command c
          WHERE c.brand_id = $1 AND $2 IS NOT NULL
            AND NOT EXISTS (SELECT FROM player p WHERE p.brand_id = c.brand_id AND p.player_id = c.player_id)",
    ),
    (
        "a play of no wallet that there is",
        "SELECT w.source || ' ' || w.transaction_id FROM wallet_command w
          WHERE w.brand_id = $1 AND w.state IS NOT NULL AND $2 IS NOT NULL
            AND NOT EXISTS (SELECT FROM wallet_account a
                             WHERE a.brand_id = w.brand_id AND a.player_id = w.player_id AND a.currency = w.currency)",
    ),
    (
        "a play that is not the entry it came from",
        "SELECT coalesce(l.source || ' ' || l.transaction_id, w.source || ' ' || w.transaction_id)
           FROM (SELECT * FROM wallet_command WHERE brand_id = $1 AND state IS NOT NULL AND at >= $2) w
           FULL JOIN (SELECT * FROM wallet_ledger WHERE brand_id = $1 AND at >= $2
                                 AND kind IN ('bet', 'settle', 'tip', 'jackpot_win', 'promo_win')) l
             ON l.source = w.source AND l.transaction_id = w.transaction_id
          WHERE (w.player_id, w.currency, w.kind, w.amount) IS DISTINCT FROM (l.player_id, l.currency, l.kind, l.amount)
             OR (w.round_id, w.game_id) IS DISTINCT FROM (l.round_id, l.game_id)
             -- A win may name a bet that there is not, where that is allowed.
             OR w.bet_id <> l.reference_id OR w.kind = 'bet' AND l.reference_id IS NOT NULL",
    ),
    (
        "a play of a kind that is none, or a win that others stand on",
        "SELECT source || ' ' || transaction_id FROM wallet_command
          WHERE brand_id = $1 AND state IS NOT NULL AND $2 IS NOT NULL
            AND (kind NOT IN ('bet', 'settle', 'tip', 'jackpot_win', 'promo_win')
              OR kind <> 'bet' AND (settles > 0 OR state = 'settled'))",
    ),
    (
        "something other than a win that stands on a bet",
        "SELECT source || ' ' || transaction_id FROM wallet_command
          WHERE brand_id = $1 AND $2 IS NOT NULL AND kind NOT IN ('settle', 'jackpot_win') AND bet_id IS NOT NULL",
    ),
    (
        "money_14, money_16: a play that was reversed by more than it moved, or reversed and not marked so",
        "SELECT w.source || ' ' || w.transaction_id FROM wallet_command w
           LEFT JOIN (SELECT source, reference_id, sum(amount) AS sum, count(*) AS count FROM wallet_ledger
                       WHERE brand_id = $1 AND kind = 'rollback' GROUP BY source, reference_id) r
             ON r.source = w.source AND r.reference_id = w.transaction_id
          WHERE w.brand_id = $1 AND w.state IS NOT NULL AND w.at >= $2
            AND ((w.state = 'rolled_back') <> (coalesce(r.count, 0) > 0 AND r.sum = w.amount)
              OR coalesce(r.sum, 0) > w.amount OR w.amount = 0 AND r.count > 1
              OR cardinality(w.reversed) > 0 AND (SELECT sum(x) FROM unnest(w.reversed) x) <> coalesce(r.sum, 0))",
    ),
    (
        "a rollback that gave back another sum, to another player or of another round",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l LEFT JOIN wallet_command w
             ON w.brand_id = l.brand_id AND w.source = l.source AND w.transaction_id = l.reference_id AND w.state IS NOT NULL
          WHERE l.brand_id = $1 AND l.kind = 'rollback' AND $2 IS NOT NULL
            AND ((l.player_id, l.currency) IS DISTINCT FROM (w.player_id, w.currency) OR l.amount > w.amount
              -- Of a play of no round, it may name one.
              OR w.round_id IS DISTINCT FROM coalesce(l.round_id, '') AND w.round_id IS NOT NULL
              OR w.game_id IS DISTINCT FROM coalesce(l.game_id, '') AND w.game_id IS NOT NULL)",
    ),
    (
        "a bet that counts other settles than stand on it",
        "SELECT b.source || ' ' || b.transaction_id FROM wallet_command b
           LEFT JOIN (SELECT source, bet_id, count(*) AS count FROM wallet_command
                       WHERE brand_id = $1 AND kind IN ('settle', 'jackpot_win') AND state <> 'rolled_back' GROUP BY source, bet_id) s
             ON s.source = b.source AND s.bet_id = b.transaction_id
          WHERE b.brand_id = $1 AND b.kind = 'bet' AND b.state IS NOT NULL AND $2 IS NOT NULL
            AND b.settles <> coalesce(s.count, 0)",
    ),
    (
        "money_13: something stands although its rollback came first",
        "SELECT t.source || ' ' || t.transaction_id FROM wallet_tombstone t JOIN wallet_ledger l
             ON l.brand_id = t.brand_id AND l.source = t.source AND l.transaction_id = t.transaction_id
            AND l.player_id = t.player_id AND l.currency = t.currency
          WHERE t.brand_id = $1 AND $2 IS NOT NULL AND l.kind IN ('bet', 'settle', 'tip', 'jackpot_win', 'promo_win')",
    ),
    (
        "held money that is not the sum of the holds",
        "SELECT a.player_id || ' ' || a.currency FROM wallet_account a
           LEFT JOIN (SELECT player_id, currency, sum(amount) AS sum FROM wallet_hold
                       WHERE brand_id = $1 AND state = 'held' GROUP BY player_id, currency) h
             ON h.player_id = a.player_id AND h.currency = a.currency
          WHERE a.brand_id = $1 AND $2 IS NOT NULL AND (SELECT coalesce(sum(x), 0) FROM unnest(a.held) x) <> coalesce(h.sum, 0)",
    ),
    (
        "a hold that began or ended otherwise than its entries say",
        "SELECT h.hold_id::text FROM wallet_hold h
           LEFT JOIN wallet_ledger l ON l.brand_id = h.brand_id AND l.player_id = h.player_id AND l.currency = h.currency
                 AND l.entry_id = h.hold_id AND l.kind = 'withdraw_hold'
           LEFT JOIN (SELECT reference_id, max(kind) AS kind, count(*) AS count FROM wallet_ledger
                       WHERE brand_id = $1 AND kind IN ('withdraw_settle', 'withdraw_release') GROUP BY reference_id) e
             ON e.reference_id = h.hold_id::text
          WHERE h.brand_id = $1 AND h.at >= $2
            AND (l.amount IS DISTINCT FROM h.amount OR coalesce(e.count, 0) <> (h.state <> 'held')::int
              OR e.kind <> 'withdraw_' || CASE h.state WHEN 'settled' THEN 'settle' ELSE 'release' END)",
    ),
    (
        "a grant that ended otherwise than its entries say",
        "SELECT g.grant_id::text FROM wallet_grant g
           LEFT JOIN (SELECT reference_id, max(kind) AS kind, count(*) AS count FROM wallet_ledger
                       WHERE brand_id = $1 AND kind IN ('convert', 'forfeit', 'expire') GROUP BY reference_id) e
             ON e.reference_id = g.grant_id::text
          WHERE g.brand_id = $1 AND (g.ended_at IS NULL OR g.ended_at >= $2)
            AND (coalesce(e.count, 0) <> (g.state <> 'open')::int
              OR e.kind <> CASE g.state WHEN 'converted' THEN 'convert' WHEN 'forfeited' THEN 'forfeit' ELSE 'expire' END)",
    ),
    (
        "money_02: an entry that names the house's account of another kind",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l
           LEFT JOIN wallet_command w ON l.kind = 'rollback' AND w.brand_id = l.brand_id AND w.source = l.source
                 AND w.transaction_id = l.reference_id AND w.state IS NOT NULL
          WHERE l.brand_id = $1 AND $2 IS NOT NULL
            AND EXISTS (SELECT FROM unnest(l.accounts) account WHERE account LIKE 'house:%' AND account IS DISTINCT FROM
                  CASE WHEN coalesce(w.kind, l.kind) IN ('bet', 'settle') THEN 'house:gaming'
                       WHEN l.kind IN ('deposit', 'withdraw_settle') THEN 'house:payments'
                       WHEN l.kind IN ('grant', 'convert', 'forfeit', 'expire') THEN 'house:bonus'
                       WHEN l.kind = 'adjust' THEN 'house:adjustments'
                       WHEN coalesce(w.kind, l.kind) = 'tip' THEN 'house:tips'
                       WHEN coalesce(w.kind, l.kind) = 'jackpot_win' THEN 'house:jackpot'
                       WHEN coalesce(w.kind, l.kind) = 'promo_win' THEN 'house:promotions' END)",
    ),
    (
        "money_02: an entry that does not move its amount the way of its kind",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l
          CROSS JOIN LATERAL (
                SELECT coalesce(sum(amount) FILTER (WHERE account LIKE 'player:%' AND account NOT LIKE '%:held'), 0) AS available,
                       coalesce(sum(amount) FILTER (WHERE account LIKE 'player:%:held'), 0) AS held
                  FROM unnest(l.accounts, l.amounts) AS p (account, amount)) m
           LEFT JOIN wallet_command w ON l.kind = 'rollback' AND w.brand_id = l.brand_id AND w.source = l.source
                 AND w.transaction_id = l.reference_id AND w.state IS NOT NULL
          WHERE l.brand_id = $1 AND $2 IS NOT NULL AND l.kind NOT IN ('convert', 'forfeit', 'expire', 'adjust')
            AND (m.available IS DISTINCT FROM CASE
                  WHEN l.kind IN ('deposit', 'settle', 'withdraw_release', 'grant', 'jackpot_win', 'promo_win') THEN l.amount
                  WHEN l.kind IN ('bet', 'withdraw_hold', 'tip') THEN -l.amount
                  WHEN l.kind IN ('withdraw_settle', 'transfer') THEN 0
                  WHEN w.kind IN ('bet', 'tip') THEN l.amount
                  WHEN w.kind IN ('settle', 'jackpot_win', 'promo_win') THEN -l.amount END
              OR m.held IS DISTINCT FROM CASE
                  WHEN l.kind = 'withdraw_hold' THEN l.amount
                  WHEN l.kind IN ('withdraw_settle', 'withdraw_release') THEN -l.amount
                  ELSE 0 END)",
    ),
    (
        "money_02: a correction of another sum, or a grant's end that took from nobody's bonus",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l
          CROSS JOIN LATERAL (SELECT coalesce(sum(amount), 0) AS change FROM unnest(l.accounts, l.amounts) AS p (account, amount)
                               WHERE account LIKE 'player:%') m
          WHERE l.brand_id = $1 AND $2 IS NOT NULL
            AND (l.kind = 'adjust' AND abs(m.change) <> l.amount OR l.kind = 'convert' AND m.change > 0
              OR l.kind IN ('forfeit', 'expire') AND m.change <> -l.amount)",
    ),
    (
        "a play whose parts are not what its entry moved, or that was reversed by more than a part",
        "SELECT w.source || ' ' || w.transaction_id FROM wallet_command w
           LEFT JOIN wallet_ledger l ON l.brand_id = w.brand_id AND l.source = w.source AND l.transaction_id = w.transaction_id
          WHERE w.brand_id = $1 AND w.state IS NOT NULL AND w.at >= $2
            AND (ARRAY(SELECT part FROM unnest(w.parts) WITH ORDINALITY AS p (part, at) WHERE part <> 0 ORDER BY at)
                 IS DISTINCT FROM ARRAY(SELECT abs(amount) FROM unnest(l.accounts, l.amounts) WITH ORDINALITY AS p (account, amount, at)
                                         WHERE account LIKE 'player:%' ORDER BY at)
              OR EXISTS (SELECT FROM unnest(w.parts, w.reversed) AS p (part, reversed) WHERE reversed > coalesce(part, 0)))",
    ),
    (
        "money_16, money_22: a play of which other parts are marked as reversed than its rollbacks gave back, or to other buckets",
        "SELECT m.source || ' ' || m.transaction_id || ' ' || m.account FROM (
             SELECT w.source, w.transaction_id, e.account,
                    CASE WHEN w.state = 'rolled_back' AND w.reversed IS NULL THEN p.part ELSE coalesce(w.reversed[p.at], 0) END AS reversed
               FROM wallet_command w
               JOIN wallet_ledger l ON l.brand_id = w.brand_id AND l.source = w.source AND l.transaction_id = w.transaction_id
              CROSS JOIN LATERAL (SELECT part, at, row_number() OVER (ORDER BY at) AS k
                                    FROM unnest(w.parts) WITH ORDINALITY AS x (part, at) WHERE part <> 0) p
              CROSS JOIN LATERAL (SELECT account, row_number() OVER (ORDER BY at) AS k
                                    FROM unnest(l.accounts) WITH ORDINALITY AS x (account, at) WHERE account LIKE 'player:%') e
              WHERE w.brand_id = $1 AND w.state IS NOT NULL AND w.at >= $2 AND e.k = p.k) m
           LEFT JOIN (SELECT r.source, r.reference_id, p.account, sum(abs(p.amount)) AS back
                        FROM wallet_ledger r, unnest(r.accounts, r.amounts) AS p (account, amount)
                       WHERE r.brand_id = $1 AND r.kind = 'rollback' AND p.account LIKE 'player:%' GROUP BY 1, 2, 3) u
             ON u.source = m.source AND u.reference_id = m.transaction_id AND u.account = m.account
          WHERE m.reversed <> coalesce(u.back, 0)",
    ),
    (
        "a win on a bet that is gone, or another wallet's",
        "SELECT w.source || ' ' || w.transaction_id FROM wallet_command w
          WHERE w.brand_id = $1 AND $2 IS NOT NULL AND w.bet_id IS NOT NULL
            AND NOT EXISTS (SELECT FROM wallet_command b
                             WHERE b.brand_id = w.brand_id AND b.source = w.source AND b.transaction_id = w.bet_id
                               AND b.kind = 'bet' AND b.state IS NOT NULL AND b.player_id = w.player_id AND b.currency = w.currency)",
    ),
    (
        "a play by a document that the brand never had",
        "SELECT w.source || ' ' || w.transaction_id FROM wallet_command w
          WHERE w.brand_id = $1 AND $2 IS NOT NULL AND w.rules > 0
            AND NOT EXISTS (SELECT FROM wallet_topology t WHERE t.brand_id = w.brand_id AND t.version = w.rules)",
    ),
    (
        "an entry of a withdrawal whose hold there is not, or one of other parts",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l
           LEFT JOIN wallet_hold h ON h.brand_id = l.brand_id AND h.player_id = l.player_id AND h.currency = l.currency
                 AND h.hold_id::text = CASE l.kind WHEN 'withdraw_hold' THEN l.entry_id::text ELSE l.reference_id END
          WHERE l.brand_id = $1 AND $2 IS NOT NULL AND l.kind IN ('withdraw_hold', 'withdraw_settle', 'withdraw_release')
            AND (h.amount IS DISTINCT FROM l.amount
              OR ARRAY(SELECT part FROM unnest(h.parts) WITH ORDINALITY AS p (part, at) WHERE part <> 0 ORDER BY at)
                 IS DISTINCT FROM ARRAY(SELECT abs(amount) FROM unnest(l.accounts, l.amounts) WITH ORDINALITY AS p (account, amount, at)
                                         WHERE account LIKE 'player:%:held' ORDER BY at))",
    ),
    (
        "a withdrawal that ended in other buckets than it was held in",
        "SELECT l.player_id || ' ' || l.currency || ' version ' || l.version FROM wallet_ledger l
           JOIN wallet_ledger b ON b.brand_id = l.brand_id AND b.player_id = l.player_id AND b.currency = l.currency
            AND b.kind = 'withdraw_hold' AND b.entry_id::text = l.reference_id
          WHERE l.brand_id = $1 AND $2 IS NOT NULL AND l.kind IN ('withdraw_settle', 'withdraw_release')
            AND ARRAY(SELECT account || ' ' || -amount FROM unnest(l.accounts, l.amounts) AS p (account, amount)
                       WHERE account LIKE 'player:%' AND (l.kind = 'withdraw_release' OR account LIKE '%:held') ORDER BY 1)
                IS DISTINCT FROM ARRAY(SELECT account || ' ' || amount FROM unnest(b.accounts, b.amounts) AS p (account, amount)
                       WHERE account LIKE 'player:%' AND (l.kind = 'withdraw_release' OR account LIKE '%:held') ORDER BY 1)",
    ),
    (
        "money_23: an open grant that its wallet does not have as it was given, or the other way round",
        "SELECT coalesce(a.id, g.grant_id::text) FROM (
             SELECT w.player_id, w.currency, x.given, x.given ->> 'id' AS id FROM wallet_account w, jsonb_array_elements(w.grants) AS x (given)
              WHERE w.brand_id = $1) a
           FULL JOIN (SELECT * FROM wallet_grant WHERE brand_id = $1 AND state = 'open') g
             ON g.grant_id::text = a.id AND g.player_id = a.player_id AND g.currency = a.currency
          WHERE $2 IS NOT NULL AND (a.given - 'progress') IS DISTINCT FROM (g.given - 'progress')",
    ),
    (
        "money_23: an open grant that has come otherwise than its bets count, or too far",
        "SELECT a.id FROM (
             SELECT x.given ->> 'id' AS id, (x.given ->> 'progress')::numeric AS progress, (x.given ->> 'wager')::numeric AS wager
               FROM wallet_account w, jsonb_array_elements(w.grants) AS x (given) WHERE w.brand_id = $1) a
           LEFT JOIN (SELECT grant_id::text AS id, sum(progress) AS sum FROM wallet_command
                       WHERE brand_id = $1 AND grant_id IS NOT NULL GROUP BY grant_id) b ON b.id = a.id
          WHERE $2 IS NOT NULL AND (a.progress <> coalesce(b.sum, 0) OR a.progress > a.wager)",
    ),
    (
        "a grant without the entry that gave it, or an entry that gave one that there is not",
        "SELECT coalesce(g.grant_id, l.entry_id)::text
           FROM (SELECT * FROM wallet_grant WHERE brand_id = $1 AND (given ->> 'at')::timestamptz >= $2) g
           FULL JOIN (SELECT * FROM wallet_ledger WHERE brand_id = $1 AND kind = 'grant' AND at >= $2) l
             ON l.entry_id = g.grant_id AND l.player_id = g.player_id AND l.currency = g.currency
          WHERE l.amount::text IS DISTINCT FROM g.given ->> 'amount'",
    ),
    (
        "money_26: a grant that was converted before it was wagered, or beyond its cap",
        "SELECT g.grant_id::text FROM wallet_grant g
           LEFT JOIN wallet_ledger l ON l.brand_id = g.brand_id AND l.player_id = g.player_id AND l.currency = g.currency
                 AND l.kind = 'convert' AND l.reference_id = g.grant_id::text
          WHERE g.brand_id = $1 AND g.state = 'converted' AND $2 IS NOT NULL
            AND ((g.given ->> 'progress')::numeric < (g.given ->> 'wager')::numeric OR l.amount > (g.given ->> 'convert_cap')::numeric)",
    ),
    (
        "a deposit that its record says is booked and is not, or is of another sum",
        "SELECT r.player_id || ' ' || r.key FROM wallet_request r
           LEFT JOIN wallet_ledger l ON l.brand_id = r.brand_id AND l.player_id = r.player_id AND l.currency = r.currency
                 AND l.source = 'player:' || r.player_id AND l.transaction_id = r.key
          WHERE r.brand_id = $1 AND r.kind = 'deposit' AND r.begun_at >= $2
            AND CASE r.state WHEN 'credited' THEN (l.kind, l.amount) IS DISTINCT FROM ('deposit', r.amount)
                             WHEN 'refused' THEN l.kind IS NOT NULL
                             ELSE l.kind = 'deposit' AND l.amount <> r.amount END",
    ),
];
