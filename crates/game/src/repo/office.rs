//! What operators ask of launches and of a brand's games, and how they change them.

use croupier_brand::{Currency, brand_query, brand_read, brand_read_as, token::PlayerId};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{GameReads, GameRepo};
use crate::{
    catalogue::GameId,
    error::GameError,
    launches::{Launch, LaunchId, Whose},
    offers::Offer,
    session::SessionToken,
};

struct LaunchRow {
    brand_id: i32,
    token: Uuid,
    provider: String,
    game_id: String,
    provider_account: String,
    currency: String,
    created_at: OffsetDateTime,
    expires_at: OffsetDateTime,
}

impl LaunchRow {
    fn read(self) -> Result<Launch, GameError> {
        let token = SessionToken(self.token);
        Ok(Launch {
            id: LaunchId::of(token),
            token,
            provider: self.provider,
            game: GameId::parse(&self.game_id).ok_or(GameError::Unreadable("game id"))?,
            account: self.provider_account,
            currency: Currency::parse(&self.currency).map_err(|_| GameError::Unreadable("currency"))?,
            created_at: self.created_at,
            expires_at: self.expires_at,
        })
    }
}

impl GameReads {
    /// Launches that take bets, the newest first.
    pub(crate) async fn live_launches(
        &mut self,
        whose: &Whose,
        now: OffsetDateTime,
        limit: i64,
    ) -> Result<Vec<Launch>, GameError> {
        let launches = brand_read_as!(
            LaunchRow,
            self.0,
            "SELECT brand_id, token, provider, game_id, provider_account, currency, created_at, expires_at
               FROM game_session
              WHERE brand_id = $1 AND ended_at IS NULL AND expires_at > $2
                AND ($3::uuid IS NULL OR player_id = $3) AND ($4::text IS NULL OR game_id = $4)
              ORDER BY created_at DESC LIMIT $5",
            now,
            whose.player.map(|player| player.0),
            whose.game.as_ref().map(GameId::as_str),
            limit
        );
        let rows = launches.fetch_all(self.0.conn()).await?;
        rows.into_iter().map(LaunchRow::read).collect()
    }

    /// A player's newest thousand launches, those that are over included.
    pub(crate) async fn launches_of(&mut self, player: PlayerId) -> Result<Vec<Launch>, GameError> {
        let launches = brand_read_as!(
            LaunchRow,
            self.0,
            "SELECT brand_id, token, provider, game_id, provider_account, currency, created_at, expires_at
               FROM game_session
              WHERE brand_id = $1 AND player_id = $2
              ORDER BY created_at DESC LIMIT 1000",
            player.0
        );
        let rows = launches.fetch_all(self.0.conn()).await?;
        rows.into_iter().map(LaunchRow::read).collect()
    }
}

impl GameReads {
    /// The brand's games, in the order of its lobby, on or off.
    pub(crate) async fn offers(&mut self) -> Result<Vec<Offer>, GameError> {
        let offers = brand_read!(
            self.0,
            r#"SELECT bg.brand_id, bg.position, bg.enabled, g.status = 'active' AS "active!",
                      g.game_id, g.provider, g.game_code, g.name
                 FROM brand_game bg JOIN game g ON g.game_id = bg.game_id
                WHERE bg.brand_id = $1"#
        );
        let mut rows = offers.fetch_all(self.0.conn()).await?;
        rows.sort_by(|a, b| (a.position, &a.game_id).cmp(&(b.position, &b.game_id)));
        let offers = rows.into_iter().map(|row| {
            Ok(Offer {
                game: GameId::parse(&row.game_id).ok_or(GameError::Unreadable("game id"))?,
                provider: row.provider,
                game_code: row.game_code,
                name: row.name,
                enabled: row.enabled,
                active: row.active,
            })
        });
        offers.collect()
    }
}

impl GameRepo {
    /// Whether the brand has a game on; none where it does not have it.
    pub(crate) async fn is_enabled(&mut self, game: &GameId) -> Result<Option<bool>, GameError> {
        let enabled = brand_query!(
            self.tx,
            "SELECT brand_id, enabled FROM brand_game WHERE brand_id = $1 AND game_id = $2",
            game.as_str()
        );
        let row = enabled.fetch_optional(self.tx.conn()).await?;
        Ok(row.map(|row| row.enabled))
    }

    pub(crate) async fn set_enabled(&mut self, game: &GameId, on: bool) -> Result<(), GameError> {
        let set = brand_query!(
            self.tx,
            "UPDATE brand_game SET enabled = $3 WHERE brand_id = $1 AND game_id = $2",
            game.as_str(),
            on
        );
        set.execute(self.tx.conn()).await?;
        Ok(())
    }

    /// Puts a game into the brand's list, if the catalogue has it and the brand does not.
    pub(crate) async fn offer(&mut self, game: &GameId) -> Result<(), GameError> {
        let offer = brand_query!(
            self.tx,
            "INSERT INTO brand_game (brand_id, game_id, position)
             SELECT $1, g.game_id, g.position FROM game g WHERE g.game_id = $2
             ON CONFLICT (brand_id, game_id) DO NOTHING",
            game.as_str()
        );
        offer.execute(self.tx.conn()).await?;
        Ok(())
    }

    /// Ends launches that are not over at `now`, and gives how many. Naming nobody's would be all of the brand's.
    pub(crate) async fn end_launches(
        &mut self,
        whose: &Whose,
        only: Option<SessionToken>,
        now: OffsetDateTime,
    ) -> Result<u64, GameError> {
        let end = brand_query!(
            self.tx,
            "UPDATE game_session SET ended_at = $2
              WHERE brand_id = $1 AND ended_at IS NULL AND expires_at > $3
                AND ($4::uuid IS NULL OR player_id = $4) AND ($5::text IS NULL OR game_id = $5)
                AND ($6::uuid IS NULL OR token = $6)",
            now,
            now,
            whose.player.map(|player| player.0),
            whose.game.as_ref().map(GameId::as_str),
            only.map(|token| token.0)
        );
        Ok(end.execute(self.tx.conn()).await?.rows_affected())
    }
}
