//! Every statement of this crate, each on one brand's rows.
//!
//! Locks are taken in one order: refresh token, player, session. A decision about a player (blocking,
//! say) locks the player before the player's sessions and so waits for sign-ins and refreshes under
//! way, whose sessions it then sees. The lock is the one that keeps nobody from referring to the player: a wallet's first
//! row is written meanwhile (`FOR NO KEY UPDATE`).
//!
//! What is removed of what has ended is in [`prune`].

pub(crate) mod prune;

use croupier_brand::{
    BatchLine, BrandPool, BrandRead, BrandTx, brand_query, brand_read, brand_set_read,
    exclusion::{Exclusion, ExclusionKind},
    scope::BrandScope,
    token::{PlayerId, SessionId},
    tx::SetRead,
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    account::{AccountName, Email},
    error::PlayerError,
    exclusion::{AskedBy, Given},
    players::{PlayerStatus, PlayerSummary},
};

/// The players and sessions of one brand, in one transaction.
pub(crate) struct PlayerRepo(BrandTx);

/// A player to be.
pub(crate) struct NewPlayer<'a> {
    pub(crate) id: PlayerId,
    pub(crate) account: &'a AccountName,
    pub(crate) email: Option<&'a Email>,
    pub(crate) password_hash: &'a str,
}

/// What a sign-in is judged by.
pub(crate) struct Credentials {
    pub(crate) player: PlayerId,
    pub(crate) password_hash: String,
}

/// A refresh token that was good until this moment.
pub(crate) struct SpentToken {
    pub(crate) session: SessionId,
    pub(crate) expires_at: OffsetDateTime,
}

/// A session as it stands, and stays until the transaction ends.
pub(crate) struct HeldSession {
    pub(crate) expires_at: OffsetDateTime,
    pub(crate) revoked_at: Option<OffsetDateTime>,
}

/// Players by their accounts, of many requests at once.
pub(crate) struct ByAccount;

impl SetRead for ByAccount {
    type Question = AccountName;
    type Answer = Option<PlayerSummary>;
    type Error = PlayerError;

    async fn read(
        line: &mut BatchLine,
        asked: &[(BrandScope, AccountName)],
    ) -> Result<Vec<Option<PlayerSummary>>, PlayerError> {
        let brands = line.brands(asked.iter().map(|(scope, _)| scope));
        let brands = brands.map_err(|_| PlayerError::Unreadable("brand of no question"))?;
        let accounts: Vec<_> = asked.iter().map(|(_, account)| account.as_str()).collect();
        let query = brand_set_read!(
            line,
            brands,
            r#"SELECT item.n AS "n!", player.brand_id AS "brand_id!", player.player_id AS "player_id!", player.account AS "account!",
                      player.status AS "status!", player.exclusion, player.excluded_until
                 FROM unnest($1::int[], $2::text[]) WITH ORDINALITY AS item (brand_id, account, n)
                 JOIN player ON player.brand_id = item.brand_id AND player.account = item.account"#,
            &accounts as &[&str],
        );
        let mut found: Vec<_> = asked.iter().map(|_| None).collect();
        for row in query.fetch_all(line.conn()).await? {
            let at = usize::try_from(row.n - 1).unwrap_or(usize::MAX);
            let ours = asked
                .get(at)
                .is_some_and(|(scope, _)| scope.id().get() == row.brand_id);
            let place = found.get_mut(at).filter(|_| ours);
            let place = place.ok_or(PlayerError::Unreadable("row of no question"))?;
            *place = Some(summary(
                row.player_id,
                &row.account,
                &row.status,
                (row.exclusion, row.excluded_until),
            )?);
        }
        Ok(found)
    }
}

/// Single reads of one brand's players.
pub(crate) struct PlayerReads(BrandRead);

impl PlayerReads {
    pub(crate) async fn open(pool: &BrandPool, scope: &BrandScope) -> Result<Self, PlayerError> {
        Ok(Self(BrandRead::open(pool, scope).await?))
    }

    pub(crate) async fn player(&mut self, player: PlayerId) -> Result<Option<PlayerSummary>, PlayerError> {
        let query = brand_read!(
            self.0,
            "SELECT brand_id, player_id, account, status, exclusion, excluded_until FROM player WHERE brand_id = $1 AND player_id = $2",
            player.0
        );
        let row = query.fetch_optional(self.0.conn()).await?;
        row.map(|row| {
            summary(
                row.player_id,
                &row.account,
                &row.status,
                (row.exclusion, row.excluded_until),
            )
        })
        .transpose()
    }

    pub(crate) async fn player_of_account(
        &mut self,
        account: &AccountName,
    ) -> Result<Option<PlayerSummary>, PlayerError> {
        let query = brand_read!(
            self.0,
            "SELECT brand_id, player_id, account, status, exclusion, excluded_until FROM player WHERE brand_id = $1 AND account = $2",
            account.as_str()
        );
        let row = query.fetch_optional(self.0.conn()).await?;
        row.map(|row| {
            summary(
                row.player_id,
                &row.account,
                &row.status,
                (row.exclusion, row.excluded_until),
            )
        })
        .transpose()
    }

    /// No account (one that cannot be) is asked for all the same, so that it takes the same time.
    pub(crate) async fn credentials(
        &mut self,
        account: Option<&AccountName>,
    ) -> Result<Option<Credentials>, PlayerError> {
        let query = brand_read!(
            self.0,
            "SELECT brand_id, player_id, password_hash FROM player WHERE brand_id = $1 AND account = $2",
            account.map_or("", AccountName::as_str)
        );
        let Some(row) = query.fetch_optional(self.0.conn()).await? else {
            return Ok(None);
        };
        Ok(Some(Credentials {
            player: PlayerId(row.player_id),
            password_hash: row.password_hash,
        }))
    }
}

impl PlayerRepo {
    pub(crate) async fn open(pool: &BrandPool, scope: &BrandScope) -> Result<Self, PlayerError> {
        Ok(Self(BrandTx::open(pool, scope).await?))
    }

    pub(crate) async fn commit(self) -> Result<(), PlayerError> {
        Ok(self.0.commit().await?)
    }

    pub(crate) async fn rollback(self) -> Result<(), PlayerError> {
        Ok(self.0.rollback().await?)
    }

    /// The transaction, for what another crate writes in it.
    pub(crate) fn tx(&mut self) -> &mut BrandTx {
        &mut self.0
    }

    /// False when the account is another player's; the transaction can then only be rolled back.
    pub(crate) async fn insert_player(
        &mut self,
        player: &NewPlayer<'_>,
        at: OffsetDateTime,
    ) -> Result<bool, PlayerError> {
        let insert = brand_query!(
            self.0,
            "INSERT INTO player (brand_id, player_id, account, email, password_hash, created_at) VALUES ($1, $2, $3, $4, $5, $6)",
            player.id.0,
            player.account.as_str(),
            player.email.map(Email::as_str),
            player.password_hash,
            at
        );
        match insert.execute(self.0.conn()).await {
            Ok(_) => Ok(true),
            Err(sqlx::Error::Database(fault)) if fault.constraint() == Some("player_account_taken") => {
                Ok(false)
            }
            Err(fault) => Err(fault.into()),
        }
    }

    /// Replaces a hash, unless it was replaced meanwhile.
    pub(crate) async fn renew_hash(
        &mut self,
        player: PlayerId,
        old: &str,
        new: &str,
    ) -> Result<(), PlayerError> {
        let update = brand_query!(
            self.0,
            "UPDATE player SET password_hash = $4 WHERE brand_id = $1 AND player_id = $2 AND password_hash = $3",
            player.0,
            old,
            new
        );
        update.execute(self.0.conn()).await?;
        Ok(())
    }

    /// A player's status, which stays until the transaction ends.
    pub(crate) async fn hold_player(
        &mut self,
        player: PlayerId,
    ) -> Result<Option<PlayerStatus>, PlayerError> {
        let read = brand_query!(
            self.0,
            "SELECT brand_id, player_id, account, status, exclusion, excluded_until FROM player WHERE brand_id = $1 AND player_id = $2 FOR SHARE",
            player.0
        );
        let Some(row) = read.fetch_optional(self.0.conn()).await? else {
            return Ok(None);
        };
        PlayerStatus::parse(&row.status)
            .ok_or(PlayerError::Unreadable("player's status"))
            .map(Some)
    }

    /// The player of a session, whose status stays until the transaction ends.
    pub(crate) async fn hold_player_of(
        &mut self,
        session: SessionId,
    ) -> Result<Option<PlayerSummary>, PlayerError> {
        let read = brand_query!(
            self.0,
            "SELECT p.brand_id, p.player_id, p.account, p.status, p.exclusion, p.excluded_until
               FROM player p JOIN player_session s ON s.brand_id = p.brand_id AND s.player_id = p.player_id
              WHERE p.brand_id = $1 AND s.brand_id = $1 AND s.session_id = $2
                FOR SHARE OF p",
            session.0
        );
        let row = read.fetch_optional(self.0.conn()).await?;
        row.map(|row| {
            summary(
                row.player_id,
                &row.account,
                &row.status,
                (row.exclusion, row.excluded_until),
            )
        })
        .transpose()
    }

    pub(crate) async fn insert_session(
        &mut self,
        session: SessionId,
        player: PlayerId,
        at: OffsetDateTime,
        expires_at: OffsetDateTime,
    ) -> Result<(), PlayerError> {
        let insert = brand_query!(
            self.0,
            "INSERT INTO player_session (brand_id, session_id, player_id, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)",
            session.0,
            player.0,
            at,
            expires_at
        );
        insert.execute(self.0.conn()).await?;
        Ok(())
    }

    /// A session, which cannot be revoked until the transaction ends.
    pub(crate) async fn hold_session(
        &mut self,
        session: SessionId,
    ) -> Result<Option<HeldSession>, PlayerError> {
        let read = brand_query!(
            self.0,
            "SELECT brand_id, expires_at, revoked_at FROM player_session WHERE brand_id = $1 AND session_id = $2 FOR SHARE",
            session.0
        );
        let Some(row) = read.fetch_optional(self.0.conn()).await? else {
            return Ok(None);
        };
        Ok(Some(HeldSession {
            expires_at: row.expires_at,
            revoked_at: row.revoked_at,
        }))
    }

    /// A player, nobody else's to change, to sign in or to take money from until the transaction ends.
    pub(crate) async fn lock_player_of_account(
        &mut self,
        account: &AccountName,
    ) -> Result<Option<PlayerSummary>, PlayerError> {
        let read = brand_query!(
            self.0,
            "SELECT brand_id, player_id, account, status, exclusion, excluded_until FROM player WHERE brand_id = $1 AND account = $2 FOR NO KEY UPDATE",
            account.as_str()
        );
        let row = read.fetch_optional(self.0.conn()).await?;
        row.map(|row| {
            summary(
                row.player_id,
                &row.account,
                &row.status,
                (row.exclusion, row.excluded_until),
            )
        })
        .transpose()
    }

    /// The same of the player of an id.
    pub(crate) async fn lock_player(
        &mut self,
        player: PlayerId,
    ) -> Result<Option<PlayerSummary>, PlayerError> {
        let read = brand_query!(
            self.0,
            "SELECT brand_id, player_id, account, status, exclusion, excluded_until FROM player WHERE brand_id = $1 AND player_id = $2 FOR NO KEY UPDATE",
            player.0
        );
        let row = read.fetch_optional(self.0.conn()).await?;
        row.map(|row| {
            summary(
                row.player_id,
                &row.account,
                &row.status,
                (row.exclusion, row.excluded_until),
            )
        })
        .transpose()
    }

    /// Keeps a player out, and notes who asked for it.
    pub(crate) async fn exclude(
        &mut self,
        player: PlayerId,
        exclusion: Exclusion,
        (id, asked_by, at): (Uuid, AskedBy, OffsetDateTime),
    ) -> Result<(), PlayerError> {
        let insert = brand_query!(
            self.0,
            "INSERT INTO player_exclusion (brand_id, player_id, exclusion_id, kind, until, asked_by, at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
            player.0,
            id,
            exclusion.kind.as_str(),
            exclusion.until,
            asked_by.as_str(),
            at
        );
        insert.execute(self.0.conn()).await?;
        let update = brand_query!(
            self.0,
            "UPDATE player SET exclusion = $3, excluded_until = $4 WHERE brand_id = $1 AND player_id = $2",
            player.0,
            exclusion.kind.as_str(),
            exclusion.until
        );
        update.execute(self.0.conn()).await?;
        Ok(())
    }

    /// Every exclusion that a player was given, the first first.
    pub(crate) async fn exclusions(&mut self, player: PlayerId) -> Result<Vec<Given>, PlayerError> {
        let query = brand_query!(
            self.0,
            "SELECT brand_id, exclusion_id, kind, until, asked_by, at FROM player_exclusion WHERE brand_id = $1 AND player_id = $2",
            player.0
        );
        let mut rows = query.fetch_all(self.0.conn()).await?;
        rows.sort_by_key(|row| (row.at, row.exclusion_id));
        rows.into_iter()
            .map(|row| {
                let kind =
                    ExclusionKind::parse(&row.kind).ok_or(PlayerError::Unreadable("exclusion's kind"))?;
                Ok(Given {
                    at: row.at,
                    asked_by: AskedBy::parse(&row.asked_by)
                        .ok_or(PlayerError::Unreadable("who asked for an exclusion"))?,
                    exclusion: Exclusion {
                        kind,
                        until: row.until,
                    },
                })
            })
            .collect()
    }

    pub(crate) async fn set_status(
        &mut self,
        player: PlayerId,
        status: PlayerStatus,
    ) -> Result<(), PlayerError> {
        let update = brand_query!(
            self.0,
            "UPDATE player SET status = $3 WHERE brand_id = $1 AND player_id = $2",
            player.0,
            status.as_str()
        );
        update.execute(self.0.conn()).await?;
        Ok(())
    }

    /// Ends every session of a player that has not ended, and gives them with their own ends.
    pub(crate) async fn revoke_sessions_of(
        &mut self,
        player: PlayerId,
        at: OffsetDateTime,
    ) -> Result<Vec<(SessionId, OffsetDateTime)>, PlayerError> {
        let update = brand_query!(
            self.0,
            "UPDATE player_session SET revoked_at = $3 WHERE brand_id = $1 AND player_id = $2 AND revoked_at IS NULL AND expires_at > $3
             RETURNING brand_id, session_id, expires_at",
            player.0,
            at
        );
        let rows = update.fetch_all(self.0.conn()).await?;
        Ok(rows
            .into_iter()
            .map(|row| (SessionId(row.session_id), row.expires_at))
            .collect())
    }

    /// Ends a session now, if it was not ended before, and gives its own end. None: no such session.
    pub(crate) async fn revoke_session(
        &mut self,
        session: SessionId,
        at: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, PlayerError> {
        let update = brand_query!(
            self.0,
            "UPDATE player_session SET revoked_at = coalesce(revoked_at, $3) WHERE brand_id = $1 AND session_id = $2 RETURNING brand_id, expires_at",
            session.0,
            at
        );
        let Some(row) = update.fetch_optional(self.0.conn()).await? else {
            return Ok(None);
        };
        Ok(Some(row.expires_at))
    }

    pub(crate) async fn insert_refresh_token(
        &mut self,
        digest: &[u8; 32],
        session: SessionId,
        expires_at: OffsetDateTime,
    ) -> Result<(), PlayerError> {
        let insert = brand_query!(
            self.0,
            "INSERT INTO player_refresh_token (brand_id, token_hash, session_id, expires_at) VALUES ($1, $2, $3, $4)",
            digest.as_slice(),
            session.0,
            expires_at
        );
        insert.execute(self.0.conn()).await?;
        Ok(())
    }

    /// Spends a token. Of two who try, one waits for the other and is then given none.
    pub(crate) async fn spend_token(
        &mut self,
        digest: &[u8; 32],
        at: OffsetDateTime,
    ) -> Result<Option<SpentToken>, PlayerError> {
        let update = brand_query!(
            self.0,
            "UPDATE player_refresh_token SET spent_at = $3 WHERE brand_id = $1 AND token_hash = $2 AND spent_at IS NULL
             RETURNING brand_id, session_id, expires_at",
            digest.as_slice(),
            at
        );
        let Some(row) = update.fetch_optional(self.0.conn()).await? else {
            return Ok(None);
        };
        Ok(Some(SpentToken {
            session: SessionId(row.session_id),
            expires_at: row.expires_at,
        }))
    }

    /// The session of a token that was spent before.
    pub(crate) async fn session_of_spent_token(
        &mut self,
        digest: &[u8; 32],
    ) -> Result<Option<SessionId>, PlayerError> {
        let read = brand_query!(
            self.0,
            "SELECT brand_id, session_id FROM player_refresh_token WHERE brand_id = $1 AND token_hash = $2 AND spent_at IS NOT NULL",
            digest.as_slice()
        );
        let Some(row) = read.fetch_optional(self.0.conn()).await? else {
            return Ok(None);
        };
        Ok(Some(SessionId(row.session_id)))
    }
}

fn summary(
    id: Uuid,
    account: &str,
    status: &str,
    (exclusion, until): (Option<String>, Option<OffsetDateTime>),
) -> Result<PlayerSummary, PlayerError> {
    Ok(PlayerSummary {
        id: PlayerId(id),
        account: AccountName::parse(account).map_err(|_| PlayerError::Unreadable("player's account"))?,
        status: PlayerStatus::parse(status).ok_or(PlayerError::Unreadable("player's status"))?,
        exclusion: Exclusion::of_row(exclusion.as_deref(), until)
            .map_err(|_| PlayerError::Unreadable("player's exclusion"))?,
    })
}
