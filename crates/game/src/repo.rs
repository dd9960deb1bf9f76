//! The statements on `brand_game` and `game_session`, and on `game` where one of them ties it to a
//! brand. What operators ask and change is in [`office`], what is removed of launches that are over in [`prune`].

pub(crate) mod office;
pub(crate) mod prune;

use croupier_brand::{
    BatchLine, BrandPool, BrandRead, BrandScope, BrandTx, Currency, brand_query, brand_read_as,
    brand_set_read, eligibility::GameStanding, token::PlayerId, tx::SetRead,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    catalogue::{Category, Game, GameId},
    error::GameError,
    session::{GameSession, RoundContext, SessionToken},
};

/// Games and launches of one brand, in one transaction.
pub(crate) struct GameRepo {
    tx: BrandTx,
}

struct GameRow {
    brand_id: i32,
    position: i32,
    game_id: String,
    provider: String,
    game_code: String,
    name: String,
    category: String,
}

struct ContextRow {
    brand_id: i32,
    player_id: Uuid,
    currency: String,
    expires_at: OffsetDateTime,
    ended_at: Option<OffsetDateTime>,
    game_id: Option<String>,
    offered: Option<bool>,
}

/// The session of a token that a provider shows, with the game that the callback names: one look, because
/// every callback needs both, and one for all that come at once. The game need not be the one the session was opened with.
pub(crate) struct ByToken;

/// What [`ByToken`] is asked.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) provider: &'static str,
    pub(crate) token: Uuid,
    pub(crate) game_code: Option<String>,
}

impl SetRead for ByToken {
    type Question = Shown;
    type Answer = Option<RoundContext>;
    type Error = GameError;

    async fn read(
        line: &mut BatchLine,
        asked: &[(BrandScope, Shown)],
    ) -> Result<Vec<Option<RoundContext>>, GameError> {
        let brands = line.brands(asked.iter().map(|(scope, _)| scope));
        let brands = brands.map_err(|_| GameError::Unreadable("brand of no question"))?;
        let tokens: Vec<_> = asked.iter().map(|(_, shown)| shown.token).collect();
        let providers: Vec<_> = asked.iter().map(|(_, shown)| shown.provider).collect();
        let codes: Vec<_> = asked
            .iter()
            .map(|(_, shown)| shown.game_code.as_deref())
            .collect();
        let query = brand_set_read!(
            line,
            brands,
            r#"SELECT item.n AS "n!", s.brand_id AS "brand_id!", s.player_id AS "player_id!", s.currency AS "currency!",
                      s.expires_at AS "expires_at!", s.ended_at, bg.brand_id AS "game_brand_id?", bg.game_id AS "game_id?",
                      bg.enabled AND g.status = 'active' AS "offered?"
                 FROM unnest($1::int[], $2::uuid[], $3::text[], $4::text[]) WITH ORDINALITY AS item (brand_id, token, provider, game_code, n)
                 JOIN game_session AS s ON s.brand_id = item.brand_id AND s.token = item.token AND s.provider = item.provider
                 LEFT JOIN game AS g ON g.provider = item.provider AND g.game_code = item.game_code
                 LEFT JOIN brand_game AS bg ON bg.brand_id = item.brand_id AND bg.game_id = g.game_id"#,
            &tokens,
            &providers as &[&str],
            &codes as &[Option<&str>],
        );
        let mut found: Vec<_> = asked.iter().map(|_| None).collect();
        for row in query.fetch_all(line.conn()).await? {
            let at = usize::try_from(row.n - 1).unwrap_or(usize::MAX);
            let ours = asked
                .get(at)
                .is_some_and(|(scope, _)| scope.id().get() == row.brand_id);
            let place = found.get_mut(at).filter(|_| ours);
            let place = place.ok_or(GameError::Unreadable("row of no question"))?;
            let row = ContextRow {
                brand_id: row.brand_id,
                player_id: row.player_id,
                currency: row.currency,
                expires_at: row.expires_at,
                ended_at: row.ended_at,
                game_id: row.game_id,
                offered: row.offered,
            };
            *place = Some(row.read()?);
        }
        Ok(found)
    }
}

/// Single reads of one brand's games and launches.
pub(crate) struct GameReads(BrandRead);

impl GameReads {
    pub(crate) async fn open(pool: &BrandPool, scope: &BrandScope) -> Result<Self, GameError> {
        Ok(Self(BrandRead::open(pool, scope).await?))
    }

    /// In the order of the lobby.
    pub(crate) async fn offered(&mut self) -> Result<Vec<Game>, GameError> {
        let games = brand_read_as!(
            GameRow,
            self.0,
            "SELECT bg.brand_id, bg.position, g.game_id, g.provider, g.game_code, g.name, g.category
               FROM brand_game bg JOIN game g ON g.game_id = bg.game_id
              WHERE bg.brand_id = $1 AND bg.enabled AND g.status = 'active'"
        );
        let mut rows = games.fetch_all(self.0.conn()).await?;
        rows.sort_by(|a, b| (a.position, &a.game_id).cmp(&(b.position, &b.game_id)));
        rows.into_iter().map(GameRow::read).collect()
    }

    pub(crate) async fn find_offered(&mut self, game: &GameId) -> Result<Option<Game>, GameError> {
        let found = brand_read_as!(
            GameRow,
            self.0,
            "SELECT bg.brand_id, bg.position, g.game_id, g.provider, g.game_code, g.name, g.category
               FROM brand_game bg JOIN game g ON g.game_id = bg.game_id
              WHERE bg.brand_id = $1 AND bg.game_id = $2 AND bg.enabled AND g.status = 'active'",
            game.as_str()
        );
        let row = found.fetch_optional(self.0.conn()).await?;
        row.map(GameRow::read).transpose()
    }
}

impl GameReads {
    /// The player's newest launch of `provider`, with the game that a callback names: for providers
    /// that show no token of ours.
    pub(crate) async fn newest_context(
        &mut self,
        provider: &str,
        player: PlayerId,
        game_code: Option<&str>,
    ) -> Result<Option<RoundContext>, GameError> {
        let context = brand_read_as!(
            ContextRow,
            self.0,
            r#"SELECT s.brand_id, s.player_id, s.currency, s.expires_at, s.ended_at,
                      named.game_id AS "game_id?", named.offered AS "offered?"
                 FROM game_session s
                 LEFT JOIN (SELECT bg.game_id, g.provider, bg.enabled AND g.status = 'active' AS offered
                              FROM brand_game bg JOIN game g ON g.game_id = bg.game_id
                             WHERE bg.brand_id = $1 AND g.game_code = $4) named
                        ON named.provider = s.provider
                WHERE s.brand_id = $1 AND s.player_id = $2 AND s.provider = $3
                ORDER BY s.created_at DESC
                LIMIT 1"#,
            player.0,
            provider,
            game_code
        );
        let row = context.fetch_optional(self.0.conn()).await?;
        row.map(ContextRow::read).transpose()
    }

    /// A launch, with the game it was opened with, if the catalogue has no game of this code.
    pub(crate) async fn launched_context(
        &mut self,
        provider: &str,
        token: SessionToken,
        game_code: &str,
    ) -> Result<Option<RoundContext>, GameError> {
        let context = brand_read_as!(
            ContextRow,
            self.0,
            r#"SELECT s.brand_id, s.player_id, s.currency, s.expires_at, s.ended_at,
                      bg.game_id AS "game_id?", bg.enabled AND g.status = 'active' AS "offered?"
                 FROM game_session s
                 JOIN brand_game bg ON bg.brand_id = s.brand_id AND bg.game_id = s.game_id
                 JOIN game g ON g.game_id = bg.game_id
                 LEFT JOIN game named ON named.provider = s.provider AND named.game_code = $4
                WHERE s.brand_id = $1 AND s.token = $2 AND s.provider = $3 AND named.game_id IS NULL"#,
            token.0,
            provider,
            game_code
        );
        let row = context.fetch_optional(self.0.conn()).await?;
        row.map(ContextRow::read).transpose()
    }
}

impl GameRepo {
    pub(crate) async fn open(pool: &BrandPool, scope: &BrandScope) -> Result<Self, GameError> {
        Ok(Self {
            tx: BrandTx::open(pool, scope).await?,
        })
    }

    pub(crate) async fn commit(self) -> Result<(), GameError> {
        Ok(self.tx.commit().await?)
    }

    pub(crate) async fn offer_all(&mut self) -> Result<(), GameError> {
        let offer = brand_query!(
            self.tx,
            "INSERT INTO brand_game (brand_id, game_id, position)
             SELECT $1, g.game_id, g.position FROM game g WHERE g.status = 'active'
             ON CONFLICT (brand_id, game_id) DO NOTHING"
        );
        offer.execute(self.tx.conn()).await?;
        Ok(())
    }

    pub(crate) async fn insert_session(&mut self, session: &GameSession) -> Result<(), GameError> {
        let insert = brand_query!(
            self.tx,
            "INSERT INTO game_session
                    (brand_id, token, player_id, provider, game_id, provider_account, currency, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            session.token.0,
            session.player.0,
            session.provider,
            session.game.as_str(),
            session.account.as_str(),
            session.currency.code(),
            session.created_at,
            session.expires_at
        );
        insert.execute(self.tx.conn()).await?;
        Ok(())
    }
}

impl GameRow {
    fn read(self) -> Result<Game, GameError> {
        Ok(Game {
            game_id: GameId::parse(&self.game_id).ok_or(GameError::Unreadable("game id"))?,
            name: self.name,
            category: Category::parse(&self.category).ok_or(GameError::Unreadable("game category"))?,
            provider: self.provider,
            game_code: self.game_code,
        })
    }
}

impl ContextRow {
    fn read(self) -> Result<RoundContext, GameError> {
        let game = match self.game_id {
            Some(id) => {
                let id = GameId::parse(&id).ok_or(GameError::Unreadable("game id"))?;
                let standing = if self.offered == Some(true) {
                    GameStanding::Offered
                } else {
                    GameStanding::Withdrawn
                };
                Some((id, standing))
            }
            None => None,
        };
        Ok(RoundContext {
            player: PlayerId(self.player_id),
            currency: Currency::parse(&self.currency).map_err(|_| GameError::Unreadable("currency"))?,
            expires_at: self.expires_at,
            ended: self.ended_at.is_some(),
            game,
        })
    }
}
