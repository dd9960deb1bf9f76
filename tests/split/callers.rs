//! Who may call whom, and what a caller that may not makes a service do: nothing.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::*;

/// A house that knows a token of every caller.
async fn with_every_token(change: impl Fn(&mut croupier::config::Config)) -> House {
    House::composed(Composition::Apart, |config| {
        for caller in Caller::ALL {
            config.service_tokens.insert(caller, token_of(caller));
        }
        change(config);
    })
    .await
}

fn token_of(caller: Caller) -> Secret {
    Secret::new(caller.as_str().repeat(16)).unwrap()
}

/// Signs as `caller`, with the token of `owner`.
fn signer_as(house: &House, caller: Caller, owner: Caller) -> BrandSigner {
    let token = token_of(owner);
    signer_of(
        house,
        caller.as_str(),
        None,
        Some(token.expose()),
        Clock::system(),
    )
}

/// A call of each role's.
fn call_of(role: Role) -> Call {
    Call::get(match role {
        Role::Player => "/api/v1/me",
        Role::Wallet => "/api/v1/wallet",
        _ => "/api/v1/games",
    })
}

#[tokio::test]
async fn iso_34_each_role_answers_the_callers_it_names_and_no_others() {
    use Caller::{Gateway, Player, Wallet};
    let by_default: [(Role, &[Caller]); 3] = [
        (Role::Player, &[Gateway]),
        (Role::Wallet, &[Gateway, Caller::Game]),
        (Role::Game, &[Gateway]),
    ];
    let changed: [(Role, &[Caller]); 3] = [
        (Role::Player, &[Gateway, Wallet]),
        (Role::Wallet, &[Gateway]),
        (Role::Game, &[Gateway, Player, Caller::Game]),
    ];
    for (answered, set) in [(by_default, false), (changed, true)] {
        let counted = Counted::here();
        let house = with_every_token(|config| {
            if set {
                let internal = &mut config.internal;
                for (role, callers) in changed {
                    let list = match role {
                        Role::Player => &mut internal.player_callers,
                        Role::Wallet => &mut internal.wallet_callers,
                        _ => &mut internal.game_callers,
                    };
                    *list = callers.to_vec();
                }
            }
        })
        .await;
        let a = house.guest(&house.aurora, "alice").await;
        for (role, callers) in answered {
            let (service, mut refusals) = (house.service(role), 0);
            for caller in Caller::ALL {
                let what = format!("{caller} calls {role}");
                let call = call_of(role)
                    .by(&a.token)
                    .signed(&signer_as(&house, caller, caller), 1);
                let answer = call.to(service).await;
                if callers.contains(&caller) {
                    assert_eq!(answer.status, 200, "{what}: {answer:?}");
                } else {
                    refusals += 1;
                    assert_eq!(refused(&answer), (403, "caller_not_allowed"), "{what}");
                }
                // One caller's token speaks for no other.
                for other in Caller::ALL.into_iter().filter(|other| *other != caller) {
                    let call = call_of(role)
                        .by(&a.token)
                        .signed(&signer_as(&house, caller, other), 1);
                    assert_eq!(
                        refused(&call.to(service).await),
                        (403, "caller_not_allowed"),
                        "{what} with the token of {other}"
                    );
                    refusals += 1;
                }
            }
            assert_eq!(
                counted.failed("caller_not_allowed", role.as_str()),
                refusals,
                "{role}"
            );
        }
        // Routes of no brand ask the same of a caller.
        let introduced = |path: &str, caller| Call::get(path).introduced(&signer_as(&house, caller, caller));
        for (caller, allowed) in [
            (Gateway, true),
            (Wallet, set),
            (Player, false),
            (Caller::Game, false),
        ] {
            let keys = introduced("/.well-known/jwks.json", caller)
                .to(house.service(Role::Player))
                .await;
            assert_eq!(keys.status, if allowed { 200 } else { 403 }, "{caller}: {keys:?}");
            let mut callback = introduced("/callbacks/hub88/transaction/bet", caller);
            callback.method = Method::POST;
            let answer = callback.to(house.service(Role::Game)).await;
            let allowed = changed[2].1.contains(&caller) && set || caller == Gateway;
            assert_eq!(
                answer.code() == "caller_not_allowed",
                !allowed,
                "{caller}: {answer:?}"
            );
        }
    }
}

/// Begins a request whose body is not sent, and gives the connection.
async fn begin(service: SocketAddr, call: &Call, length: usize) -> TcpStream {
    let mut stream = TcpStream::connect(service).await.unwrap();
    let mut head = format!(
        "{} {} HTTP/1.1\r\nHost: service\r\nConnection: close\r\nContent-Length: {length}\r\n",
        call.method, call.path
    );
    for (name, value) in &call.headers {
        head += &format!("{name}: {}\r\n", value.to_str().unwrap());
    }
    stream.write_all((head + "\r\n").as_bytes()).await.unwrap();
    stream
}

async fn answer_of(stream: &mut TcpStream) -> String {
    let mut answer = vec![0; 4096];
    let count = timeout(crate::kills::house::LONG, stream.read(&mut answer))
        .await
        .expect("an answer")
        .unwrap();
    String::from_utf8_lossy(&answer[..count]).into_owned()
}

#[tokio::test]
async fn iso_34_no_body_is_read_of_a_caller_that_may_not_call() {
    let house = apart(Mode::Enforce, None).await;
    let a = house.guest(&house.aurora, "alice").await;
    let wallet = house.service(Role::Wallet);
    let deposit = Call::deposit("k", "5.00").by(&a.token);
    let strangers = [
        ("nobody", deposit.clone(), "missing_brand_header"),
        (
            "a wrong token",
            deposit.clone().signed(
                &signer_of(&house, "gateway", None, Some(&"x".repeat(64)), Clock::system()),
                1,
            ),
            "caller_not_allowed",
        ),
        (
            "another caller",
            deposit
                .clone()
                .signed(&signer_of(&house, "player", None, None, Clock::system()), 1),
            "caller_not_allowed",
        ),
        (
            "no signature",
            deposit.clone().introduced(&gateway(&house)),
            "missing_brand_header",
        ),
    ];
    for (what, call, code) in strangers {
        // All of the body is announced and none of it sent: who waits for it does not answer.
        let mut stream = begin(wallet, &call, 60_000).await;
        let answer = answer_of(&mut stream).await;
        assert!(
            answer.starts_with("HTTP/1.1 403") && answer.contains(code),
            "{what}: {answer}"
        );
    }
    // Whose token is good is listened to: the signature binds the body.
    let signed = deposit.signed(&gateway(&house), 1);
    let mut stream = begin(wallet, &signed, signed.body.len()).await;
    stream.write_all(&signed.body).await.unwrap();
    let answer = answer_of(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    assert_eq!(a.total().await, "5.00");
}

#[tokio::test]
async fn a_role_takes_bodies_as_large_as_the_edge_does_and_no_larger() {
    for limit in [1_000, 3 << 20] {
        let house = House::composed(Composition::Apart, |config| config.edge.max_body = limit).await;
        let a = house.guest(&house.aurora, "alice").await;
        let deposit = |length: usize| {
            let mut call = Call::deposit("k", "5.00").by(&a.token);
            call.body = b"{\"amount\":\"5.00\",\"currency\":\"EUR\"".to_vec();
            // White space between tokens means nothing (RFC 8259, 2).
            call.body.resize(length - 1, b' ');
            call.body.push(b'}');
            call
        };
        let wallet = house.service(Role::Wallet);
        for (length, status) in [(limit, 201), (limit + 1, 413)] {
            let straight = deposit(length).signed(&gateway(&house), 1).to(wallet).await;
            assert_eq!(straight.status, status, "{length} of {limit}: {straight:?}");
            let call = deposit(length);
            let request = house
                .aurora
                .request(Method::POST, &call.path)
                .headers(call.headers)
                .body(call.body);
            let through = house.aurora.send(request).await.unwrap();
            assert_eq!(through.status, status, "{length} of {limit}: {through:?}");
            if status == 413 {
                assert_eq!(
                    (straight.code(), through.code()),
                    ("body_too_large", "body_too_large")
                );
            }
        }
        assert_eq!(a.total().await, "5.00");
    }
}
