//! Sessions: signing in, refreshing, signing out.
//!
//! A refresh token is good once. Of two concurrent uses one wins; any later use of it means that two
//! parties hold it, and nobody can tell which is the thief, so the whole session ends (RFC 9700,
//! 4.14.2). That end is committed although the answer is a refusal, and neither it nor a sign-out
//! stops half way when the client hangs up.

use std::fmt;

use croupier_brand::{
    scope::BrandScope,
    throttle::TooMany,
    token::{Audience, PlayerClaims, PlayerId, Revocations, SessionId},
};
use time::OffsetDateTime;

use crate::{
    account::{AccountName, PresentedPassword},
    error::{PlayerError, Refusal},
    limits::SessionLimits,
    password::Verdict,
    players::PlayerStatus,
    refresh_token::RefreshToken,
    repo::{HeldSession, PlayerReads, PlayerRepo, SpentToken},
    service::PlayerService,
};

/// What a sign-in or a refresh gives. `Debug` does not show the tokens.
pub struct TokenPair {
    /// The access token: a JWT.
    pub access_token: String,
    /// What renews it, once.
    pub refresh_token: RefreshToken,
    /// Seconds the access token is good for.
    pub expires_in: i64,
}

impl fmt::Debug for TokenPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenPair")
            .field("expires_in", &self.expires_in)
            .finish_non_exhaustive()
    }
}

/// A pair to be given out, with what the database must know of it first.
struct Issued {
    pair: TokenPair,
    refresh_end: OffsetDateTime,
}

impl PlayerService {
    /// Signs a player in. No account (none that can be) is refused like an unknown one.
    ///
    /// Refused with [`Refusal::InvalidCredentials`] after the same work whether the account or the
    /// password was wrong, and with [`Refusal::TooManyAttempts`], whatever the password, once that was so too
    /// often; with [`Refusal::Blocked`] or [`Refusal::Closed`] only when both were right.
    ///
    /// # Errors
    /// [`PlayerError`].
    pub async fn login(
        &self,
        scope: &BrandScope,
        account: Option<AccountName>,
        password: PresentedPassword,
    ) -> Result<Result<TokenPair, Refusal>, PlayerError> {
        let outcome = self.sign_in(scope, account, password).await?;
        Self::count("player_sign_ins_total", scope, label(&outcome));
        Ok(outcome)
    }

    async fn sign_in(
        &self,
        scope: &BrandScope,
        account: Option<AccountName>,
        password: PresentedPassword,
    ) -> Result<Result<TokenPair, Refusal>, PlayerError> {
        let attempted = account.as_ref().map_or("", AccountName::as_str);
        let attempt = match self.parts().sign_ins.attempt(scope, attempted).await {
            Ok(attempt) => attempt,
            Err(TooMany { retry_after }) => {
                let retry_after = u32::try_from(retry_after.as_secs()).unwrap_or(u32::MAX);
                return Ok(Err(Refusal::TooManyAttempts { retry_after }));
            }
        };
        // No connection is held while the hash is made.
        let found = PlayerReads::open(&self.parts().pool, scope)
            .await?
            .credentials(account.as_ref())
            .await?;

        let verdict = self
            .passwords()
            .verify(
                scope.id(),
                password,
                found.as_ref().map(|found| found.password_hash.clone()),
            )
            .await
            .inspect_err(|fault| Self::count_busy(scope, fault))?;
        let (Some(found), Verdict::Right { renewed }) = (found, verdict) else {
            attempt.failed().await;
            return Ok(Err(Refusal::InvalidCredentials));
        };
        attempt.succeeded().await;

        let now = self.parts().clock.now();
        let (session, session_end) = (
            SessionId(self.parts().clock.new_id()),
            self.parts().limits.session_end(now),
        );
        let issued = self.issue(scope, found.player, session, session_end, now)?;

        let mut repo = PlayerRepo::open(&self.parts().pool, scope).await?;
        // Before the player is held: two sign-ins that both held would wait for each other here.
        if let Some(renewed) = renewed {
            repo.renew_hash(found.player, &found.password_hash, &renewed)
                .await?;
        }
        let status = repo.hold_player(found.player).await?;
        if let Err(refusal) = status
            .ok_or(Refusal::InvalidCredentials)
            .and_then(PlayerStatus::may_sign_in)
        {
            repo.commit().await?;
            return Ok(Err(refusal));
        }
        repo.insert_session(session, found.player, now, session_end)
            .await?;
        repo.insert_refresh_token(&issued.pair.refresh_token.digest(), session, issued.refresh_end)
            .await?;
        repo.commit().await?;
        Ok(Ok(issued.pair))
    }

    /// Spends a refresh token for a new pair. No token (none that can be) is refused like an unknown one,
    /// and so is another brand's.
    ///
    /// Refused with [`Refusal::InvalidRefreshToken`]; with [`Refusal::Blocked`] or [`Refusal::Closed`]
    /// the token stays good for the day the player may come back.
    ///
    /// # Errors
    /// [`PlayerError`].
    pub async fn refresh(
        &self,
        scope: &BrandScope,
        token: Option<RefreshToken>,
    ) -> Result<Result<TokenPair, Refusal>, PlayerError> {
        let outcome = match token {
            Some(token) => {
                let service = self.clone();
                let renewed = scope.spawn(async move |brand| service.renew(&brand, token).await);
                renewed.await.map_err(|_| PlayerError::Task)??
            }
            None => Err(Refusal::InvalidRefreshToken),
        };
        Self::count("player_refreshes_total", scope, label(&outcome));
        Ok(outcome)
    }

    async fn renew(
        &self,
        scope: &BrandScope,
        token: RefreshToken,
    ) -> Result<Result<TokenPair, Refusal>, PlayerError> {
        let (now, digest) = (self.parts().clock.now(), token.digest());
        let mut repo = PlayerRepo::open(&self.parts().pool, scope).await?;
        let Some(spent) = repo.spend_token(&digest, now).await? else {
            return self.refuse_spent(scope, repo, &digest).await.map(Err);
        };
        let player = repo
            .hold_player_of(spent.session)
            .await?
            .ok_or(PlayerError::Unreadable("session without a player"))?;
        let session = repo
            .hold_session(spent.session)
            .await?
            .ok_or(PlayerError::Unreadable("token without a session"))?;
        if let Err(refusal) = may_renew(&spent, &session, player.status, now) {
            repo.rollback().await?;
            return Ok(Err(refusal));
        }
        let issued = self.issue(scope, player.id, spent.session, session.expires_at, now)?;
        repo.insert_refresh_token(
            &issued.pair.refresh_token.digest(),
            spent.session,
            issued.refresh_end,
        )
        .await?;
        repo.commit().await?;
        Ok(Ok(issued.pair))
    }

    /// A token that cannot be spent: unknown, or spent before and thereby the end of its session.
    async fn refuse_spent(
        &self,
        scope: &BrandScope,
        mut repo: PlayerRepo,
        digest: &[u8; 32],
    ) -> Result<Refusal, PlayerError> {
        match repo.session_of_spent_token(digest).await? {
            None => repo.rollback().await?,
            Some(session) => {
                tracing::warn!(brand = %scope.code(), session_id = %session, "a spent refresh token came back; its session is ended");
                Self::count("player_sessions_revoked_total", scope, "refresh_token_reused");
                self.end_session(scope, repo, session).await?;
            }
        }
        Ok(Refusal::InvalidRefreshToken)
    }

    /// Signs out: the session's access and refresh tokens are good no longer. Doing it twice is doing it once.
    ///
    /// Refused with [`Refusal::Unauthenticated`] when the brand has no such session.
    ///
    /// # Errors
    /// [`PlayerError`]; the session may or may not have ended then.
    pub async fn logout(
        &self,
        scope: &BrandScope,
        session: SessionId,
    ) -> Result<Result<(), Refusal>, PlayerError> {
        let service = self.clone();
        let ended = scope.spawn(async move |brand| {
            let repo = PlayerRepo::open(&service.parts().pool, &brand).await?;
            service.end_session(&brand, repo, session).await
        });
        if !ended.await.map_err(|_| PlayerError::Task)?? {
            return Ok(Err(Refusal::Unauthenticated));
        }
        Self::count("player_sessions_revoked_total", scope, "signed_out");
        Ok(Ok(()))
    }

    /// Ends a session: in the database first, then wherever tokens are verified. False: no such session.
    async fn end_session(
        &self,
        scope: &BrandScope,
        mut repo: PlayerRepo,
        session: SessionId,
    ) -> Result<bool, PlayerError> {
        let now = self.parts().clock.now();
        let Some(session_end) = repo.revoke_session(session, now).await? else {
            repo.rollback().await?;
            return Ok(false);
        };
        let revoked = vec![(session, SessionLimits::revoked_until(now, session_end))];
        Revocations::record(repo.tx(), &revoked).await?;
        repo.commit().await?;
        self.parts().revocations.publish(scope, revoked).await;
        Ok(true)
    }

    fn issue(
        &self,
        scope: &BrandScope,
        player: PlayerId,
        session: SessionId,
        session_end: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<Issued, PlayerError> {
        let parts = self.parts();
        let (issued_at, ends_at) = (
            now.unix_timestamp(),
            parts.limits.access_end(now, session_end).unix_timestamp(),
        );
        let claims = PlayerClaims {
            iss: parts.issuer.clone(),
            aud: PlayerClaims::AUDIENCE.to_owned(),
            sub: player,
            brand_id: Some(scope.id()),
            sid: session,
            jti: parts.clock.new_id(),
            iat: issued_at,
            exp: ends_at,
        };
        let pair = TokenPair {
            access_token: parts.keys.sign(&claims)?,
            refresh_token: RefreshToken::generate(&mut rand::rng()),
            expires_in: ends_at - issued_at,
        };
        Ok(Issued {
            pair,
            refresh_end: parts.limits.refresh_end(now, session_end),
        })
    }
}

/// Whether a token that was good once more is good for a new pair.
fn may_renew(
    spent: &SpentToken,
    session: &HeldSession,
    status: PlayerStatus,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    if spent.expires_at <= now || session.expires_at <= now || session.revoked_at.is_some() {
        return Err(Refusal::InvalidRefreshToken);
    }
    status.may_sign_in()
}

fn label<T>(outcome: &Result<T, Refusal>) -> &'static str {
    outcome
        .as_ref()
        .map_or_else(|refusal| refusal.code(), |_| "granted")
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn judge(token_left: i64, session_left: i64, revoked: bool, status: PlayerStatus) -> Result<(), Refusal> {
        let token = SpentToken {
            session: SessionId(Uuid::from_u128(1)),
            expires_at: NOW + Duration::seconds(token_left),
        };
        let session = HeldSession {
            expires_at: NOW + Duration::seconds(session_left),
            revoked_at: revoked.then_some(NOW),
        };
        may_renew(&token, &session, status, NOW)
    }

    #[test]
    fn a_refresh_needs_token_session_and_player_to_be_good() {
        assert_eq!(judge(1, 1, false, PlayerStatus::Active), Ok(()));
        for (token, session, revoked) in [(0, 1, false), (1, 0, false), (-1, 9, false), (1, 1, true)] {
            for status in [PlayerStatus::Active, PlayerStatus::Blocked] {
                assert_eq!(
                    judge(token, session, revoked, status),
                    Err(Refusal::InvalidRefreshToken)
                );
            }
        }
        assert_eq!(judge(1, 1, false, PlayerStatus::Blocked), Err(Refusal::Blocked));
        assert_eq!(judge(1, 1, false, PlayerStatus::Closed), Err(Refusal::Closed));
    }

    #[test]
    fn a_pair_shows_no_token() {
        let refresh_token = RefreshToken::generate(&mut rand::rng());
        let secret = refresh_token.reveal();
        let pair = TokenPair {
            access_token: "header.claims.signature".to_owned(),
            refresh_token,
            expires_in: 900,
        };
        let shown = format!("{pair:?} {pair:#?}");
        assert!(
            shown.contains("900") && !shown.contains("signature") && !shown.contains(secret.as_str()),
            "{shown}"
        );
    }
}
