//! Every call of every provider, said once: what its driver says, and what only the operator's set-up is for.

use croupier_game::{
    conformance::{Driver, Message, Say, Seat, Undoes},
    provider::{Protocol, form},
};
use serde_json::json;

/// What a round is made of, under ids that begin with `prefix`: a balance, three bets, a win, one that is undone, what
/// is given away, an end.
pub fn round(prefix: &str) -> Vec<Say> {
    let (id, round) = (|name: &str| format!("{prefix}{name}"), format!("{prefix}r"));
    let bet = |name: &str, amount| Say::Bet {
        id: id(name),
        round: round.clone(),
        amount,
    };
    vec![
        Say::Balance,
        bet("b1", 400),
        bet("b1", 400),
        bet("b2", 200),
        Say::FreeBet {
            id: id("f"),
            round: round.clone(),
            amount: 100,
        },
        Say::Win {
            id: id("w"),
            bet: id("b1"),
            round: round.clone(),
            amount: 150,
        },
        Say::Rollback {
            id: id("x"),
            of: id("b2"),
            round: round.clone(),
            undoes: Undoes::Bet,
            amount: 200,
        },
        Say::PromoWin {
            id: id("p"),
            round: round.clone(),
            amount: 300,
        },
        Say::EndRound { round },
    ]
}

/// The same as an operator has it: a promotion that operators issue is named by them, beginning with whose it is.
pub fn issued(driver: &dyn Driver, seat: &Seat, say: &Say) -> Say {
    match say.clone() {
        Say::PromoWin { id, round, amount } if driver.promotions_are_issued() => Say::PromoWin {
            id: format!("{}:{id}", seat.user),
            round,
            amount,
        },
        say => say,
    }
}

/// The calls that nothing which a provider says of a round is made with.
pub fn besides(protocol: &Protocol, seat: &Seat) -> Vec<Message> {
    besides_under(protocol, seat, "extra", "51")
}

/// The same, under ids that begin with `prefix`, of this round.
pub fn besides_under(protocol: &Protocol, seat: &Seat, prefix: &str, round: &str) -> Vec<Message> {
    let documents = |all: Vec<(&str, serde_json::Value)>| {
        let message = |(path, document): (&str, serde_json::Value)| Message::json(path, &document);
        all.into_iter().map(message).collect()
    };
    match protocol.spec.name {
        "hub88" => {
            let user = json!({ "user": seat.user, "request_uuid": "q" });
            documents(vec![("/user/info", user)])
        }
        "spribe" => {
            let token = json!({
                "user_token": seat.token, "session_token": "s", "platform": "desktop", "currency": seat.currency,
            });
            documents(vec![("/auth", token)])
        }
        "evolution" => {
            let player = json!({ "sid": seat.token, "userId": seat.user, "uuid": "q" });
            documents(vec![("/check", player.clone()), ("/sid", player)])
        }
        "pragmatic" => {
            let (user, game) = (("userId", seat.user.as_str()), ("gameId", seat.game.as_str()));
            let [first, second, third] = [1, 2, 3].map(|number| format!("{prefix}-{number}"));
            let of = |reference| {
                [
                    user,
                    game,
                    ("roundId", round),
                    ("amount", "1.00"),
                    ("reference", reference),
                ]
            };
            let with = |reference, more| of(reference).into_iter().chain([more]).collect();
            let calls: [(&str, Vec<(&str, &str)>); 4] = [
                ("authenticate", vec![("token", seat.token.as_str())]),
                ("bonusWin", with(&first, ("bonusCode", "free-rounds"))),
                ("jackpotWin", with(&second, ("jackpotId", "77"))),
                ("adjustment", of(&third).to_vec()),
            ];
            let message = |(call, parameters): (&str, Vec<(&str, &str)>)| Message {
                path: format!("/{call}.html"),
                headers: Vec::new(),
                body: form::write(parameters).into_bytes(),
            };
            calls.into_iter().map(message).collect()
        }
        _ => Vec::new(),
    }
}
