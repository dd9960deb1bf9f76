use croupier_brand::{http::authenticate::AuthenticatedPlayer, token::{PlayerId, SessionId}};

fn forge(id: PlayerId, session: SessionId) -> AuthenticatedPlayer {
    AuthenticatedPlayer { id, session }
}

fn main() {}
