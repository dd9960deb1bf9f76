-- Games, what each brand offers of them, and launches.

SET LOCAL ROLE croupier_owner;

-- Global: a provider's catalogue is the provider's, the same for every brand.
CREATE TABLE game (
    game_id   text PRIMARY KEY CHECK (game_id ~ '^[a-z0-9][a-z0-9-]{1,63}$'),
    provider  text NOT NULL CHECK (provider ~ '^[a-z0-9]{2,20}$'),
    -- The provider's own name for the game, as its callbacks send it.
    game_code text NOT NULL,
    name      text NOT NULL,
    category  text NOT NULL CHECK (category IN ('slot', 'table', 'live', 'crash')),
    status    text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled')),
    -- Where a lobby shows the game until its brand decides otherwise.
    position  integer NOT NULL,
    UNIQUE (provider, game_code)
);
GRANT SELECT ON game TO croupier_app, croupier_operations;
INSERT INTO game (position, game_id, provider, game_code, name, category) VALUES
    (10, 'northern-lights',  'hub88', 'clt_northernlights', 'Northern Lights',  'slot'),
    (20, 'harbour-roulette', 'hub88', 'clt_harbourroulette', 'Harbour Roulette', 'table'),
    (30, 'paper-lanterns',   'hub88', 'clt_paperlanterns',  'Paper Lanterns',   'slot'),
    (40, 'studio-blackjack', 'hub88', 'clt_studioblackjack', 'Studio Blackjack', 'live');

-- The games a brand offers, in the order its lobby shows them.
CREATE TABLE brand_game (
    brand_id integer NOT NULL REFERENCES brand (id),
    game_id  text NOT NULL REFERENCES game (game_id),
    position integer NOT NULL,
    enabled  boolean NOT NULL DEFAULT true,
    PRIMARY KEY (brand_id, game_id)
);
ALTER TABLE brand_game ENABLE ROW LEVEL SECURITY;
ALTER TABLE brand_game FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON brand_game
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
-- Operators alone change it, over the owner's connection.
GRANT SELECT ON brand_game TO croupier_app;
CREATE POLICY operations_read ON brand_game FOR SELECT TO croupier_operations USING (true);
GRANT SELECT ON brand_game TO croupier_operations;

-- A launch: the token the provider shows us with every callback. Wins and rollbacks are taken
-- with an expired token too, never with one that was not issued.
CREATE TABLE game_session (
    brand_id         integer NOT NULL,
    token            uuid NOT NULL,
    player_id        uuid NOT NULL,
    provider         text NOT NULL,
    game_id          text NOT NULL REFERENCES game (game_id),
    -- brand code + account, as sent to the provider
    provider_account text NOT NULL,
    currency         text NOT NULL,
    created_at       timestamptz NOT NULL,
    expires_at       timestamptz NOT NULL,
    -- When an operator ended it, if one did: it takes no bets then, whatever expires_at says.
    ended_at         timestamptz,
    PRIMARY KEY (brand_id, token),
    FOREIGN KEY (brand_id, player_id) REFERENCES player (brand_id, player_id)
);
-- A player's newest launch of a provider: some show no token of ours with their callbacks.
CREATE INDEX game_session_newest ON game_session (brand_id, player_id, provider, created_at DESC);
ALTER TABLE game_session ENABLE ROW LEVEL SECURITY;
ALTER TABLE game_session FORCE ROW LEVEL SECURITY;
CREATE POLICY brand_scope ON game_session
    USING (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0)
    WITH CHECK (strpos(current_setting('croupier.brand_ids', true), ',' || brand_id || ',') > 0);
-- Operators alone end one, over the owner's connection.
GRANT SELECT, INSERT ON game_session TO croupier_app;
CREATE POLICY operations_read ON game_session FOR SELECT TO croupier_operations USING (true);
-- Not the token.
GRANT SELECT (brand_id, player_id, provider, game_id, currency, created_at, expires_at, ended_at) ON game_session TO croupier_operations;

RESET ROLE;
