//! Every provider's callbacks with another brand's accounts, launches, rounds and transactions.
//!
//! A provider's key is good for all brands: these calls are signed as they must be. What they name of another brand is to
//! be nothing: the answer is the one that nobody's id of the same form gets, and no row of the other brand moves. What is
//! to be expected of each is in [`EXPECTED`]; a call without a line there fails, and so does a line without its call.

use std::{collections::BTreeSet, fmt::Write};

use croupier_brand::http::routes::Access;
use croupier_game::{
    conformance::{Class, Message, Say, Seat, Undoes},
    provider::{PROTOCOLS, Protocol},
};
use uuid::Uuid;

use super::{
    expected::{self, EXPECTED},
    heard::Call,
    watched::Walk,
};
use crate::{
    books,
    harness::{Guest, House},
    providers::{
        brands::{like, said, seat},
        every_call::{besides_under, issued},
    },
};

/// Fields that are made for an answer, in any protocol.
const GENERATED: [&str; 5] = [
    "processed_at",
    "tx_id",
    "operator_tx_id",
    "transaction_id",
    "transactionId",
];

/// Somebody at a provider's game, and what they played there.
#[derive(Clone, Debug)]
struct Player {
    /// The account, as the brand knows it.
    account: String,
    /// The brand's code.
    code: &'static str,
    seat: Seat,
    /// A round, with an open bet of 1.00.
    round: String,
    open: String,
    /// A bet that was won, and its win.
    bet: String,
    win: String,
    /// What was rolled back before it came.
    stone: String,
    promotion: String,
}

/// What one call names.
#[derive(Clone)]
struct Named {
    seat: Seat,
    /// What begins here.
    id: String,
    /// The bet or win that it is about.
    of: String,
    round: String,
    /// A promotion, as its operator issued it.
    promotion: Option<String>,
}

/// What is named of another brand in place of what is one's own. The third is the same as the second, or nobody.
type Attack = fn(&Player, &Player, Named) -> Named;

const ATTACKS: [(&str, Attack); 12] = [
    (expected::LAUNCH, |_, other, mut named| {
        named.seat.token = other.seat.token.clone();
        named
    }),
    (expected::LAUNCH_HERE, |mine, other, mut named| {
        if let Some(bare) = other.seat.token.strip_prefix(other.code) {
            named.seat.token = format!("{}{bare}", mine.code);
        }
        named
    }),
    (expected::ACCOUNT_HERE, |mine, other, mut named| {
        named.seat.user = format!("{}{}", mine.code, other.account);
        named
    }),
    (expected::BOTH_HERE, |mine, other, mut named| {
        named.seat.user = format!("{}{}", mine.code, other.account);
        named.seat.token = other.seat.token.clone();
        named
    }),
    (expected::ROUND, |_, other, mut named| {
        named.round = other.round.clone();
        named
    }),
    (expected::BET_ID, |_, other, mut named| {
        named.id = other.bet.clone();
        named
    }),
    (expected::WIN_ID, |_, other, mut named| {
        named.id = other.win.clone();
        named
    }),
    (expected::STONE_ID, |_, other, mut named| {
        named.id = other.stone.clone();
        named
    }),
    (expected::OPEN_BET, |_, other, mut named| {
        named.of = other.open.clone();
        named
    }),
    (expected::OPEN_ROUND, |_, other, mut named| {
        named.of = other.open.clone();
        named.round = other.round.clone();
        named
    }),
    (expected::WIN, |_, other, mut named| {
        named.of = other.win.clone();
        named.round = other.round.clone();
        named
    }),
    (expected::PROMOTION, |mine, other, mut named| {
        // Where it is the operator's its name begins with whose it is.
        named.promotion = Some(other.promotion.replacen(&other.seat.user, &mine.seat.user, 1));
        named
    }),
];

impl Player {
    /// A new one, with nothing played.
    async fn new(walk: &Walk, side: usize, protocol: &'static Protocol, kind: &str) -> (Guest, Self) {
        let account = format!("{kind}{}", &Uuid::new_v4().simple().to_string()[..9]);
        let (guest, _) = walk
            .estate
            .house
            .player(walk.door(side), &account, "900.00")
            .await;
        let seat = seat(&guest, protocol).await;
        let none = String::new;
        let player = Self {
            account,
            code: walk.estate.sides[side].brand.code,
            seat,
            round: none(),
            open: none(),
            bet: none(),
            win: none(),
            stone: none(),
            promotion: none(),
        };
        (guest, player)
    }

    /// The same with names that were never used.
    fn renamed(&self, protocol: &Protocol) -> Self {
        let (driver, run) = (protocol.driver(), Uuid::new_v4().simple().to_string());
        let id = |name: &str| driver.id(&run[..12], name);
        let promotion = Say::PromoWin {
            id: id("p"),
            round: String::new(),
            amount: 0,
        };
        let promotion = match issued(&*driver, &self.seat, &promotion) {
            Say::PromoWin { id, .. } => id,
            _ => String::new(),
        };
        Self {
            round: driver.round(&run[..12], "r"),
            open: id("o"),
            bet: id("b"),
            win: id("w"),
            stone: id("s"),
            promotion,
            ..self.clone()
        }
    }

    /// Somebody of the same brand whom nobody is, with names of the same form.
    fn nobody(&self, protocol: &Protocol) -> Self {
        let account = format!("n{}", &Uuid::new_v4().simple().to_string()[..9]);
        let seat = Seat {
            user: format!("{}{account}", self.code),
            token: like(&self.seat.token),
            ..self.seat.clone()
        };
        Self {
            account,
            seat,
            ..self.clone()
        }
        .renamed(protocol)
    }

    fn bets(&self, id: &str) -> Say {
        Say::Bet {
            id: id.to_owned(),
            round: self.round.clone(),
            amount: 100,
        }
    }

    /// Leaves an open bet.
    async fn opens(&self, house: &House, protocol: &'static Protocol) {
        self.says(house, protocol, &self.bets(&self.open)).await;
    }

    /// Does all that there is to be referred to.
    async fn lives(&self, house: &House, protocol: &'static Protocol) {
        let round = &self.round;
        self.says(house, protocol, &self.bets(&self.bet)).await;
        let win = Say::Win {
            id: self.win.clone(),
            bet: self.bet.clone(),
            round: round.clone(),
            amount: 300,
        };
        self.says(house, protocol, &win).await;
        self.opens(house, protocol).await;
        let undone = Say::Rollback {
            id: format!("{}x", self.stone),
            of: self.stone.clone(),
            round: round.clone(),
            undoes: Undoes::Bet,
            amount: 100,
        };
        // Where the unknown is not rolled back there is no stone, and its id is nobody's.
        said(house, protocol, &self.seat, &undone).await;
        let given = Say::PromoWin {
            id: self.promotion.clone(),
            round: round.clone(),
            amount: 100,
        };
        let message = protocol.driver().phrase(&self.seat, &given).unwrap();
        let came = crate::providers::brands::sent(house, protocol, &self.seat, message).await;
        done(protocol, &self.seat, &came);
    }

    async fn says(&self, house: &House, protocol: &'static Protocol, say: &Say) {
        let came = said(house, protocol, &self.seat, say).await.unwrap();
        done(protocol, &self.seat, &came);
    }

    fn names(&self) -> [(&'static str, &str); 9] {
        [
            ("account", &self.account),
            ("user", &self.seat.user),
            ("launch", &self.seat.token),
            ("round", &self.round),
            ("open", &self.open),
            ("bet", &self.bet),
            ("win", &self.win),
            ("stone", &self.stone),
            ("promotion", &self.promotion),
        ]
    }
}

fn done(protocol: &Protocol, seat: &Seat, came: &str) {
    let (status, body) = came.split_once(' ').unwrap();
    let heard = protocol
        .driver()
        .hear(status.parse().unwrap(), body.as_bytes(), seat);
    assert_eq!(heard.class, Class::Done, "{protocol:?}: {came}");
}

/// Everything that a provider says, naming this.
fn calls(protocol: &'static Protocol, named: &Named) -> Vec<(String, Message)> {
    let driver = protocol.driver();
    let (id, of, round, amount) = (
        || named.id.clone(),
        || named.of.clone(),
        || named.round.clone(),
        100,
    );
    let undo = |undoes| Say::Rollback {
        id: id(),
        of: of(),
        round: round(),
        undoes,
        amount,
    };
    let promotion = Say::PromoWin {
        id: id(),
        round: round(),
        amount,
    };
    let promotion = match (&named.promotion, issued(&*driver, &named.seat, &promotion)) {
        (Some(issued), Say::PromoWin { round, amount, .. }) => Say::PromoWin {
            id: issued.clone(),
            round,
            amount,
        },
        (_, own) => own,
    };
    let bet = Say::Bet {
        id: id(),
        round: round(),
        amount,
    };
    let free = Say::FreeBet {
        id: id(),
        round: round(),
        amount,
    };
    let win = Say::Win {
        id: id(),
        bet: of(),
        round: round(),
        amount,
    };
    let says = [
        ("balance", Say::Balance),
        ("bet", bet),
        ("free bet", free),
        ("win", win),
        ("promotion", promotion),
        ("rollback of a bet", undo(Undoes::Bet)),
        ("rollback of a win", undo(Undoes::Win)),
        ("end", Say::EndRound { round: round() }),
    ];
    let phrased = says.iter().filter_map(|(kind, say)| {
        let message = driver.phrase(&named.seat, say).ok()?;
        Some(((*kind).to_owned(), message))
    });
    let besides = besides_under(protocol, &named.seat, &named.id, &named.round)
        .into_iter()
        .map(|message| ("besides".to_owned(), message));
    phrased
        .chain(besides)
        .map(|(kind, message)| (kind, still(message)))
        .collect()
}

/// The message with the same id of the call itself every time: it is echoed.
fn still(message: Message) -> Message {
    let mut body = String::from_utf8(message.body).unwrap();
    for field in [r#""uuid":""#, r#""request_uuid":""#] {
        if let Some(at) = body.find(field) {
            let from = at + field.len();
            let to = from + body[from..].find('"').unwrap();
            body.replace_range(from..to, "q");
        }
    }
    Message {
        body: body.into_bytes(),
        ..message
    }
}

/// Whether a message says this.
fn says(message: &Message, text: &str) -> bool {
    String::from_utf8_lossy(&message.body).contains(text)
}

/// The two calls of an attack: with another's names, and with nobody's; none where they are one and the same.
fn pair(
    protocol: &'static Protocol,
    (at, attack): (usize, usize),
    [mine, again]: [&Player; 2],
    [theirs, nobodys]: [&Player; 2],
) -> Option<[Message; 2]> {
    let named = |attack: usize, player: &Player, other: &Player| {
        let own = Named {
            seat: player.seat.clone(),
            id: protocol.driver().id("new", &player.round),
            of: player.open.clone(),
            round: player.round.clone(),
            promotion: None,
        };
        let (_, change) = ATTACKS[attack];
        calls(protocol, &change(player, other, own)).swap_remove(at).1
    };
    let attacked = named(attack, mine, theirs);
    // What names nothing of another's, or what an attack before this one named already.
    if attacked == named(attack, mine, nobodys)
        || (0..attack).any(|before| named(before, mine, theirs) == attacked)
    {
        return None;
    }
    // A call that names nobody of this brand is the other's own.
    says(&attacked, mine.code).then(|| [attacked, named(attack, again, nobodys)])
}

/// Tries all of it, and gives a line for each.
async fn try_all(
    walk: &Walk,
    protocol: &'static Protocol,
    wrong: &mut String,
) -> BTreeSet<(String, String, &'static str, &'static str)> {
    let house = &walk.estate.house;
    let (_, theirs) = Player::new(walk, 1, protocol, "t").await;
    let (guest, mine) = Player::new(walk, 0, protocol, "v").await;
    let (_, again) = Player::new(walk, 0, protocol, "v").await;
    let blank = Named {
        seat: mine.seat.clone(),
        id: String::new(),
        of: String::new(),
        round: String::new(),
        promotion: None,
    };
    let kinds = calls(protocol, &blank);
    let mut lines = BTreeSet::new();
    for (at, (kind, message)) in kinds.iter().enumerate() {
        let path = format!("/callbacks/{}{}", protocol.spec.name, message.path);
        if kinds[..at].iter().any(|(_, before)| before == message) {
            continue;
        }
        for (attack, (name, _)) in ATTACKS.into_iter().enumerate() {
            let [theirs, mine, again] = [&theirs, &mine, &again].map(|player| player.renamed(protocol));
            let nobodys = theirs.nobody(protocol);
            let Some([attacked, control]) =
                pair(protocol, (at, attack), [&mine, &again], [&theirs, &nobodys])
            else {
                continue;
            };
            theirs.lives(house, protocol).await;
            for player in [&mine, &again] {
                player.opens(house, protocol).await;
            }
            let mut told = Vec::new();
            for (message, own, other, whose) in [
                (attacked, &mine, &theirs, "another's"),
                (control, &again, &nobodys, "nobody's"),
            ] {
                let what = format!("{path}, {kind}: {name}, {whose}");
                let call = Call::of_provider(house, protocol, message);
                let heard = match whose {
                    "another's" => walk.watch(&call, walk.door(0), 0, &what).await,
                    _ => call.to(walk.door(0)).await,
                };
                let others = other.names().map(|(name, text)| (name, text.to_owned()));
                // What was named of the other stands in place of one's own.
                let names = own.names().map(|(name, text)| (name, text.to_owned()));
                let all: Vec<_> = others.into_iter().chain(names).collect();
                let plain = heard.but_for(all.iter().map(|(name, text)| (*name, text.as_str())), &GENERATED);
                told.push((plain, heard.class().unwrap()));
            }
            if told[0] != told[1] {
                writeln!(wrong, "{path}, {kind}: {name}: {told:#?}").unwrap();
            }
            lines.insert((path.clone(), kind.clone(), name, told[0].1.name()));
        }
    }
    assert!(guest.total().await.len() > 3, "{protocol:?}");
    lines
}

fn expected_of(protocol: &Protocol) -> BTreeSet<(String, String, &'static str, &'static str)> {
    let own = format!("/callbacks/{}", protocol.spec.name);
    let of = |path: &str| path == own || path.starts_with(&format!("{own}/"));
    let lines = EXPECTED.iter().filter(|(path, ..)| of(path));
    let mut all = BTreeSet::new();
    for (path, kind, told) in lines {
        for (class, attacks) in *told {
            all.extend(
                attacks
                    .iter()
                    .map(|attack| ((*path).to_owned(), (*kind).to_owned(), *attack, *class)),
            );
        }
    }
    all
}

#[test]
fn every_callback_route_is_expected_to_say_something_to_anothers_ids() {
    let mut routes = croupier::runtime::route_list();
    routes.retain(|route| route.access == Access::Provider);
    let routes: BTreeSet<_> = routes.iter().map(|route| route.path).collect();
    let expected: BTreeSet<_> = EXPECTED.iter().map(|(path, ..)| *path).collect();
    assert_eq!(
        routes, expected,
        "callbacks, and the lines of tests/walk/expected.rs"
    );
}

#[tokio::test]
async fn iso_23_iso_35_iso_41_iso_42_another_brands_ids_are_ids_of_nothing_in_every_providers_callback() {
    let walk = Walk::begin().await;
    let mut wrong = String::new();
    for protocol in &PROTOCOLS {
        let (lines, expected) = (try_all(&walk, protocol, &mut wrong).await, expected_of(protocol));
        for line in lines.difference(&expected) {
            writeln!(wrong, "came, and is not expected: {line:?}").unwrap();
        }
        for line in expected.difference(&lines) {
            writeln!(wrong, "is expected, and did not come: {line:?}").unwrap();
        }
    }
    assert!(wrong.is_empty(), "tests/walk/expected.rs:\n{wrong}");
    books::audit(&walk.estate.house).await;
}
