//! The table: a line for every route.

use croupier_game::hub88::simulator::{Bet, Launch, Rollback, Win, bet_body, rollback_body, win_body};
use http::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    estate::{Ids, Visitor},
    expectations::{Expectation, INVALID, NO_TOKEN, RS_OK, RS_TOKEN, Said},
    heard::Call,
};
use crate::harness::EUR;

const OK: Said = (200, "");
const CREATED: Said = (201, "");
const WRONG_PASSWORD: Said = (401, "invalid_credentials");
const WRONG_REFRESH: Said = (401, "invalid_refresh_token");
const NO_GAME: Said = (404, "unknown_game");

/// What is to be expected of every route at the edge.
pub fn edge() -> Vec<Expectation> {
    [house(), brand(), players(), wallet(), games(), hub88()]
        .into_iter()
        .flatten()
        .collect()
}

fn house() -> Vec<Expectation> {
    vec![
        Expectation::public("/health", OK, |_| Call::get("/health")),
        Expectation::public("/health/live", (204, ""), |_| Call::get("/health/live")),
        Expectation {
            restless: true,
            // Behind a proxy nobody knows who reads them.
            claims_in_headers: (404, "not_found"),
            ..Expectation::public("/metrics", OK, |_| Call::get("/metrics"))
        },
        Expectation::public("/openapi.json", OK, |_| Call::get("/openapi.json")),
        Expectation::public("/sandbox/launch", OK, |_| Call::get("/sandbox/launch")).probe(
            "another's launch",
            OK,
            |_, ids| Call::get("/sandbox/launch").asking("token", &ids.launch),
        ),
        Expectation::public("/.well-known/jwks.json", OK, |_| {
            Call::get("/.well-known/jwks.json")
        }),
    ]
}

fn brand() -> Vec<Expectation> {
    vec![Expectation::brand(Method::GET, "/api/v1/brand", OK, |_| {
        Call::get("/api/v1/brand")
    })]
}

fn players() -> Vec<Expectation> {
    vec![
        Expectation {
            claims_in_body: Some(INVALID),
            generated: &["player_id"],
            ..Expectation::brand(Method::POST, "/api/v1/players", CREATED, |visitor| {
                let account = format!("{}.new", visitor.account);
                Call::post("/api/v1/players", credentials(&account, "correct horse battery"))
            })
        }
        .probe("another's account", CREATED, |_, ids| {
            Call::post("/api/v1/players", credentials(&ids.friend, &ids.password))
        }),
        Expectation {
            elsewhere: WRONG_PASSWORD,
            claims_in_body: Some(INVALID),
            generated: &["access_token", "refresh_token"],
            ..Expectation::brand(Method::POST, "/api/v1/sessions", CREATED, |visitor| {
                Call::post(
                    "/api/v1/sessions",
                    credentials(&visitor.account, &visitor.guest.password),
                )
            })
        }
        .probe("another's account and password", WRONG_PASSWORD, |_, ids| {
            Call::post("/api/v1/sessions", credentials(&ids.account, &ids.password))
        }),
        Expectation {
            elsewhere: WRONG_REFRESH,
            claims_in_body: Some(INVALID),
            generated: &["access_token", "refresh_token"],
            ..Expectation::brand(Method::POST, "/api/v1/sessions/refresh", CREATED, |visitor| {
                refresh(&visitor.guest.refresh)
            })
        }
        .probe("another's refresh token", WRONG_REFRESH, |_, ids| {
            refresh(&ids.refresh)
        })
        // One that came back would end its session.
        .probe("another's spent refresh token", WRONG_REFRESH, |_, ids| {
            refresh(&ids.spent)
        })
        .probe("another's access token", WRONG_REFRESH, |_, ids| {
            refresh(&ids.access)
        })
        .probe("another's session", WRONG_REFRESH, |_, ids| refresh(&ids.session)),
        Expectation {
            strange_session: Some(NO_TOKEN),
            ..Expectation::player(Method::DELETE, "/api/v1/sessions/current", (204, ""), |_| {
                Call::new(Method::DELETE, "/api/v1/sessions/current")
            })
        },
        Expectation::player(Method::GET, "/api/v1/me", OK, |_| Call::get("/api/v1/me")),
        Expectation {
            claims_in_body: Some(INVALID),
            generated: &["until"],
            ..Expectation::player(Method::POST, "/api/v1/me/exclusions", CREATED, |_| {
                keep_out(json!({ "kind": "time_out", "length": "1d" }))
            })
        }
        .probe("another player", INVALID, |_, ids| {
            keep_out(json!({ "kind": "time_out", "length": "1d", "player_id": ids.player }))
        })
        .probe("another's account", INVALID, |_, ids| {
            keep_out(json!({ "kind": "time_out", "length": "1d", "account": ids.account }))
        }),
    ]
}

fn wallet() -> Vec<Expectation> {
    vec![
        Expectation {
            // Who is not known has nothing.
            strange_player: Some(OK),
            ..Expectation::player(Method::GET, "/api/v1/wallet", OK, |_| Call::get("/api/v1/wallet"))
        },
        Expectation {
            strange_player: Some(OK),
            claims_in_query: INVALID,
            generated: &["entry_id", "at", "next_cursor"],
            ..Expectation::player(Method::GET, "/api/v1/wallet/entries", OK, |_| {
                Call::get("/api/v1/wallet/entries?limit=1")
            })
        }
        .probe("another's page", INVALID, |_, ids| {
            Call::get("/api/v1/wallet/entries").asking("cursor", &ids.cursor)
        })
        .probe("another's entry", INVALID, |_, ids| {
            Call::get("/api/v1/wallet/entries").asking("cursor", &ids.hold)
        })
        .probe("another player", INVALID, |_, ids| {
            Call::get("/api/v1/wallet/entries").asking("player_id", &ids.player)
        }),
        Expectation {
            claims_in_body: Some(INVALID),
            generated: &["deposit_id"],
            ..Expectation::player(Method::POST, "/api/v1/wallet/deposits", CREATED, |_| {
                deposit("walk")
            })
        }
        .probe("another's key", CREATED, |_, ids| deposit(&ids.deposit))
        .probe("another's key of a withdrawal", CREATED, |_, ids| {
            deposit(&ids.withdrawal)
        })
        .probe("another's bet as the key", CREATED, |_, ids| deposit(&ids.bet)),
        Expectation {
            claims_in_body: Some(INVALID),
            generated: &["withdrawal_id"],
            ..Expectation::player(Method::POST, "/api/v1/wallet/withdrawals", CREATED, |_| {
                withdrawal("walk")
            })
        }
        .probe("another's key", CREATED, |_, ids| withdrawal(&ids.withdrawal))
        .probe("another's key of a deposit", CREATED, |_, ids| {
            withdrawal(&ids.deposit)
        })
        .probe("another's withdrawal as the key", CREATED, |_, ids| {
            withdrawal(&ids.hold)
        }),
        Expectation {
            // Who is not known has none.
            strange_player: Some(OK),
            ..Expectation::player(Method::GET, "/api/v1/wallet/limits", OK, |_| {
                Call::get("/api/v1/wallet/limits")
            })
        },
        Expectation {
            claims_in_body: Some(INVALID),
            ..Expectation::player(Method::PUT, "/api/v1/wallet/limits", OK, |_| {
                limit("period", "week".into())
            })
        }
        .probe("another player", INVALID, |_, ids| {
            limit("player_id", ids.player.as_str().into())
        })
        .probe("another's account", INVALID, |_, ids| {
            limit("account", ids.account.as_str().into())
        }),
    ]
}

fn games() -> Vec<Expectation> {
    vec![
        Expectation::brand(Method::GET, "/api/v1/games", OK, |_| Call::get("/api/v1/games")),
        Expectation {
            generated: &["token", "launch_url"],
            ..Expectation::player(Method::POST, "/api/v1/games/{game}/sessions", CREATED, |_| {
                open("northern-lights")
            })
        }
        .probe("another's game", NO_GAME, |_, ids| open(&ids.game))
        .probe("another's game by the provider's name", NO_GAME, |_, ids| {
            open(&ids.game_code)
        })
        .probe("another's launch", NO_GAME, |_, ids| open(&ids.launch)),
    ]
}

fn hub88() -> Vec<Expectation> {
    let no_reference = (200, "RS_ERROR_TRANSACTION_DOES_NOT_EXIST");
    let no_game = (200, "RS_ERROR_INVALID_GAME");
    vec![
        Expectation::provider("/callbacks/hub88/user/info", |visitor| info(&visitor.launch.user)).probe(
            "another's account",
            RS_TOKEN,
            |visitor, ids| info(&format!("{}{}", visitor.code, ids.account)),
        ),
        Expectation::provider("/callbacks/hub88/user/balance", |visitor| {
            balance(&visitor.launch)
        })
        .probe("another's launch", RS_TOKEN, |visitor, ids| {
            balance(&of_launch(visitor, ids))
        })
        .probe("another's account and launch", RS_TOKEN, |visitor, ids| {
            balance(&of_account(visitor, ids))
        })
        // No game is needed to have a balance.
        .probe("another's game", RS_OK, |visitor, ids| {
            balance(&of_game(visitor, ids))
        }),
        Expectation {
            suspended: (200, "RS_ERROR_INVALID_PARTNER"),
            ..Expectation::provider("/callbacks/hub88/transaction/bet", |visitor| {
                bet(&visitor.launch, &new_bet())
            })
        }
        .probe("another's launch", RS_TOKEN, |visitor, ids| {
            bet(&of_launch(visitor, ids), &new_bet())
        })
        .probe("another's account and launch", RS_TOKEN, |visitor, ids| {
            bet(&of_account(visitor, ids), &new_bet())
        })
        .probe("another's game", no_game, |visitor, ids| {
            bet(&of_game(visitor, ids), &new_bet())
        })
        .probe("another's transaction", RS_OK, |visitor, ids| {
            bet(
                &visitor.launch,
                &Bet {
                    transaction: ids.bet.clone(),
                    ..new_bet()
                },
            )
        })
        // It would be told that it was undone before it came.
        .probe("what was rolled back at another's", RS_OK, |visitor, ids| {
            bet(
                &visitor.launch,
                &Bet {
                    transaction: ids.stone.clone(),
                    ..new_bet()
                },
            )
        })
        .probe("another's round", RS_OK, |visitor, ids| {
            bet(
                &visitor.launch,
                &Bet {
                    round: ids.round.clone(),
                    ..new_bet()
                },
            )
        }),
        Expectation::provider("/callbacks/hub88/transaction/win", |visitor| {
            win(&visitor.launch, &Win::of(&visitor.bet, EUR))
        })
        .probe("another's launch", RS_TOKEN, |visitor, ids| {
            win(&of_launch(visitor, ids), &Win::of(&visitor.bet, EUR))
        })
        .probe("another's account and launch", RS_TOKEN, |visitor, ids| {
            win(&of_account(visitor, ids), &Win::of(&visitor.bet, EUR))
        })
        .probe("another's game", no_game, |visitor, ids| {
            win(&of_game(visitor, ids), &Win::of(&visitor.bet, EUR))
        })
        .probe("another's open bet", no_reference, |visitor, ids| {
            let of = Bet {
                transaction: ids.open_bet.clone(),
                ..visitor.bet.clone()
            };
            win(&visitor.launch, &Win::of(&of, EUR))
        })
        .probe("another's bet and round", no_reference, |visitor, ids| {
            let of = Bet {
                transaction: ids.bet.clone(),
                round: ids.round.clone(),
                ..visitor.bet.clone()
            };
            win(&visitor.launch, &Win::of(&of, EUR))
        })
        .probe("another's win", RS_OK, |visitor, ids| {
            let win_of = Win {
                transaction: ids.win.clone(),
                ..Win::of(&visitor.bet, EUR)
            };
            win(&visitor.launch, &win_of)
        })
        .probe("what was rolled back at another's", RS_OK, |visitor, ids| {
            let win_of = Win {
                transaction: ids.stone.clone(),
                ..Win::of(&visitor.bet, EUR)
            };
            win(&visitor.launch, &win_of)
        }),
        Expectation::provider("/callbacks/hub88/transaction/rollback", |visitor| {
            rollback(
                &visitor.launch,
                &Rollback::of(&visitor.bet.transaction, &visitor.bet.round),
            )
        })
        .probe("another's launch", RS_TOKEN, |visitor, ids| {
            rollback(
                &of_launch(visitor, ids),
                &Rollback::of(&visitor.bet.transaction, &visitor.bet.round),
            )
        })
        .probe("another's account and launch", RS_TOKEN, |visitor, ids| {
            rollback(&of_account(visitor, ids), &Rollback::of(&ids.bet, &ids.round))
        })
        // What is not found is rolled back in advance, for this brand.
        .probe("another's open bet", RS_OK, |visitor, ids| {
            rollback(&visitor.launch, &Rollback::of(&ids.open_bet, &ids.round))
        })
        .probe("another's win", RS_OK, |visitor, ids| {
            rollback(&visitor.launch, &Rollback::of(&ids.win, &ids.round))
        })
        .probe("another's rollback", RS_OK, |visitor, ids| {
            rollback(&visitor.launch, &Rollback::of(&ids.stone, &ids.round))
        })
        .probe("another's transaction", RS_OK, |visitor, ids| {
            let undo = Rollback {
                transaction: ids.bet.clone(),
                ..Rollback::of(&visitor.bet.transaction, &visitor.bet.round)
            };
            rollback(&visitor.launch, &undo)
        }),
    ]
}

fn credentials(account: &str, password: &str) -> Value {
    json!({ "account": account, "password": password })
}

fn keep_out(body: Value) -> Call {
    Call::post("/api/v1/me/exclusions", body)
}

fn refresh(token: &str) -> Call {
    Call::post("/api/v1/sessions/refresh", json!({ "refresh_token": token }))
}

fn deposit(key: &str) -> Call {
    transfer("deposits", key)
}

fn withdrawal(key: &str) -> Call {
    transfer("withdrawals", key)
}

fn transfer(what: &str, key: &str) -> Call {
    let body = json!({ "amount": "1.00", "currency": "EUR" });
    Call::post(&format!("/api/v1/wallet/{what}"), body).with("idempotency-key", key)
}

fn limit(field: &str, value: Value) -> Call {
    let mut body = json!({ "kind": "deposit", "period": "day", "amount": "500.00", "currency": "EUR" });
    body[field] = value;
    Call::put("/api/v1/wallet/limits", body)
}

fn open(game: &str) -> Call {
    Call::post(&format!("/api/v1/games/{game}/sessions"), json!({}))
}

fn new_bet() -> Bet {
    Bet::new(&Uuid::new_v4().to_string(), EUR)
}

/// The visitor with a launch of another brand's.
fn of_launch(visitor: &Visitor, ids: &Ids) -> Launch {
    Launch {
        token: ids.launch.clone(),
        ..visitor.launch.clone()
    }
}

/// Who has that account there, as if it were here.
fn of_account(visitor: &Visitor, ids: &Ids) -> Launch {
    Launch {
        user: format!("{}{}", visitor.code, ids.account),
        ..of_launch(visitor, ids)
    }
}

/// The visitor in a game of another brand's.
fn of_game(visitor: &Visitor, ids: &Ids) -> Launch {
    Launch {
        game_code: ids.game_code.clone(),
        ..visitor.launch.clone()
    }
}

fn info(user: &str) -> Call {
    call("user/info", json!({ "user": user }))
}

fn balance(launch: &Launch) -> Call {
    call(
        "user/balance",
        json!({ "user": launch.user, "token": launch.token, "game_code": launch.game_code }),
    )
}

fn bet(launch: &Launch, bet: &Bet) -> Call {
    call("transaction/bet", bet_body(launch, bet))
}

fn win(launch: &Launch, win: &Win) -> Call {
    call("transaction/win", win_body(launch, win))
}

fn rollback(launch: &Launch, rollback: &Rollback) -> Call {
    call("transaction/rollback", rollback_body(launch, rollback))
}

/// The request's own id is echoed, so it is always the same.
fn call(path: &str, mut body: Value) -> Call {
    body["request_uuid"] = "q".into();
    Call::post(&format!("/callbacks/hub88/{path}"), body)
}
