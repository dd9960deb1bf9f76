//! The calls.

use super::{Fault, Status};
use crate::provider::json::Object;

/// What every request says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hub88) struct Envelope {
    pub(in crate::hub88) request_uuid: String,
    pub(in crate::hub88) user: String,
}

/// `/user/balance`. `game_code` is there for statistics and is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hub88) struct BalanceRequest {
    pub(in crate::hub88) envelope: Envelope,
    pub(in crate::hub88) token: String,
}

/// What `/transaction/bet` and `/transaction/win` have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hub88) struct Movement {
    pub(in crate::hub88) envelope: Envelope,
    pub(in crate::hub88) token: String,
    pub(in crate::hub88) transaction_uuid: String,
    pub(in crate::hub88) round: Option<String>,
    pub(in crate::hub88) game_code: String,
    /// × 100 000, never negative.
    pub(in crate::hub88) amount: i64,
    pub(in crate::hub88) currency: String,
    pub(in crate::hub88) is_free: bool,
    pub(in crate::hub88) is_supplier_promo: bool,
    /// Of a bet: nothing more of its round is to come.
    pub(in crate::hub88) round_closed: bool,
}

/// `/transaction/bet`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hub88) struct BetRequest {
    pub(in crate::hub88) movement: Movement,
}

/// `/transaction/win`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hub88) struct WinRequest {
    pub(in crate::hub88) movement: Movement,
    /// Only a supplier's promotion goes without.
    pub(in crate::hub88) reference_transaction_uuid: Option<String>,
}

/// `/transaction/rollback`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::hub88) struct RollbackRequest {
    pub(in crate::hub88) envelope: Envelope,
    pub(in crate::hub88) token: String,
    pub(in crate::hub88) transaction_uuid: String,
    pub(in crate::hub88) reference_transaction_uuid: String,
    pub(in crate::hub88) round: Option<String>,
    pub(in crate::hub88) game_code: Option<String>,
}

/// A request that is read from a verified body.
pub(in crate::hub88) trait Request: Sized {
    fn read(fields: &Object<'_>) -> Result<Self, Status>;

    fn envelope(&self) -> &Envelope;

    /// Reads a verified body.
    fn parse(body: &[u8]) -> Result<Self, Fault> {
        let object = Object::parse(body).map_err(|fault| Fault {
            status: fault.into(),
            request_uuid: None,
        })?;
        let request_uuid = object.peek_text("request_uuid");
        let read = object
            .once()
            .map_err(Status::from)
            .and_then(|()| Self::read(&object));
        read.map_err(|status| Fault { status, request_uuid })
    }
}

impl Request for Envelope {
    fn read(fields: &Object<'_>) -> Result<Self, Status> {
        Ok(Self {
            request_uuid: fields.text("request_uuid")?,
            user: fields.text("user")?,
        })
    }

    fn envelope(&self) -> &Envelope {
        self
    }
}

impl Request for BalanceRequest {
    fn read(fields: &Object<'_>) -> Result<Self, Status> {
        Ok(Self {
            envelope: Envelope::read(fields)?,
            token: fields.text("token")?,
        })
    }

    fn envelope(&self) -> &Envelope {
        &self.envelope
    }
}

impl Movement {
    fn read(fields: &Object<'_>) -> Result<Self, Status> {
        // Told for statistics; what is not of its type is still a fault of the call.
        fields.flag("is_aggregated")?;
        fields.optional_text("reward_uuid")?;
        Ok(Self {
            round_closed: fields.flag("round_closed")?,
            envelope: Envelope::read(fields)?,
            token: fields.text("token")?,
            transaction_uuid: fields.text("transaction_uuid")?,
            round: fields.optional_text("round")?,
            game_code: fields.text("game_code")?,
            amount: fields.amount("amount")?,
            currency: fields.text("currency")?,
            is_free: fields.flag("is_free")?,
            is_supplier_promo: fields.flag("is_supplier_promo")?,
        })
    }
}

impl Request for BetRequest {
    fn read(fields: &Object<'_>) -> Result<Self, Status> {
        Ok(Self {
            movement: Movement::read(fields)?,
        })
    }

    fn envelope(&self) -> &Envelope {
        &self.movement.envelope
    }
}

impl Request for WinRequest {
    fn read(fields: &Object<'_>) -> Result<Self, Status> {
        let movement = Movement::read(fields)?;
        let reference_transaction_uuid = fields.optional_text("reference_transaction_uuid")?;
        if reference_transaction_uuid.is_none() && !movement.is_supplier_promo {
            return Err(Status::WrongSyntax);
        }
        Ok(Self {
            movement,
            reference_transaction_uuid,
        })
    }

    fn envelope(&self) -> &Envelope {
        &self.movement.envelope
    }
}

impl Request for RollbackRequest {
    fn read(fields: &Object<'_>) -> Result<Self, Status> {
        Ok(Self {
            envelope: Envelope::read(fields)?,
            token: fields.text("token")?,
            transaction_uuid: fields.text("transaction_uuid")?,
            reference_transaction_uuid: fields.text("reference_transaction_uuid")?,
            round: fields.optional_text("round")?,
            game_code: fields.optional_text("game_code")?,
        })
    }

    fn envelope(&self) -> &Envelope {
        &self.envelope
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::provider::json::MAX_TEXT;

    fn bet() -> Value {
        json!({
            "user": "auroraalice", "game_code": "clt_northernlights", "token": "55b7518e-b89e-41e7-81be-58404eea6d16",
            "request_uuid": "583c985f-fee6-4c0e-bbf5-308aad6265af", "transaction_uuid": "16d2dcfe-b89e-11e7-854a-58404eea6d16",
            "supplier_transaction_id": "41ecc3ad-b181-4235-bf9d-acf0a7ad9730", "round": "rNEMwgzJAOZ6eR3V", "round_closed": true,
            "amount": 356_000, "currency": "EUR", "is_free": false, "is_supplier_promo": false, "is_aggregated": false,
            "reward_uuid": null, "bet": "zero", "meta": {"selection": "home_team", "odds": 1.5},
        })
    }

    fn with(mut body: Value, field: &str, value: &str) -> Vec<u8> {
        body.as_object_mut().unwrap().remove(field);
        let text = body.to_string();
        format!("{},\"{field}\":{value}}}", &text[..text.len() - 1]).into_bytes()
    }

    fn without(mut body: Value, field: &str) -> Vec<u8> {
        body.as_object_mut().unwrap().remove(field);
        body.to_string().into_bytes()
    }

    fn fault_of(body: &[u8]) -> Status {
        BetRequest::parse(body).unwrap_err().status
    }

    #[test]
    fn a_documented_bet_is_read() {
        let request = BetRequest::parse(bet().to_string().as_bytes()).unwrap().movement;
        assert_eq!(request.envelope.user, "auroraalice");
        assert_eq!((request.amount, request.currency.as_str()), (356_000, "EUR"));
        assert_eq!(request.round.as_deref(), Some("rNEMwgzJAOZ6eR3V"));
        assert!(!request.is_free && !request.is_supplier_promo);
    }

    #[test]
    fn fields_that_are_not_known_are_tolerated_and_nulls_are_absent() {
        for (field, value) in [
            ("new_field", "{\"deep\":[1,2]}"),
            ("round", "null"),
            ("is_free", "null"),
            ("meta", "1e400"),
        ] {
            assert!(BetRequest::parse(&with(bet(), field, value)).is_ok(), "{field}");
        }
        for field in [
            "round",
            "is_free",
            "is_supplier_promo",
            "meta",
            "bet",
            "supplier_transaction_id",
            "round_closed",
        ] {
            assert!(BetRequest::parse(&without(bet(), field)).is_ok(), "{field}");
        }
    }

    #[test]
    fn amounts_are_whole_numbers_that_int64_holds() {
        for (text, amount) in [("0", 0), ("1", 1), ("9223372036854775807", i64::MAX), ("-0", 0)] {
            assert_eq!(
                BetRequest::parse(&with(bet(), "amount", text))
                    .unwrap()
                    .movement
                    .amount,
                amount,
                "{text}"
            );
        }
        for text in [
            "1.0",
            "1.5",
            "1e2",
            "1e400",
            "-1e400",
            "9223372036854775808",
            "\"100\"",
            "null",
            "true",
            "[1]",
            "{}",
        ] {
            assert_eq!(
                fault_of(&with(bet(), "amount", text)),
                Status::WrongTypes,
                "{text}"
            );
        }
        for text in ["-1", "-9223372036854775808"] {
            assert_eq!(
                fault_of(&with(bet(), "amount", text)),
                Status::WrongSyntax,
                "{text}"
            );
        }
        for text in ["NaN", "Infinity", "0x10", "01", "+1", ".5", ""] {
            assert_eq!(
                fault_of(&with(bet(), "amount", text)),
                Status::WrongSyntax,
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_missing_or_of_another_type_has_its_own_answer() {
        for field in [
            "user",
            "token",
            "request_uuid",
            "transaction_uuid",
            "game_code",
            "currency",
            "amount",
        ] {
            assert_eq!(fault_of(&without(bet(), field)), Status::WrongSyntax, "{field}");
            assert_eq!(
                fault_of(&with(bet(), field, "true")),
                Status::WrongTypes,
                "{field}"
            );
        }
        for field in [
            "user",
            "token",
            "request_uuid",
            "transaction_uuid",
            "game_code",
            "currency",
        ] {
            assert_eq!(fault_of(&with(bet(), field, "5")), Status::WrongTypes, "{field}");
            assert_eq!(
                fault_of(&with(bet(), field, "\"\"")),
                Status::WrongSyntax,
                "{field}"
            );
            assert_eq!(
                fault_of(&with(bet(), field, "\"a\\u0000b\"")),
                Status::WrongSyntax,
                "{field}"
            );
            assert_eq!(
                fault_of(&with(bet(), field, "\"\\ud800\"")),
                Status::WrongSyntax,
                "{field}"
            );
            assert_eq!(
                fault_of(&with(bet(), field, &format!("\"{}\"", "a".repeat(MAX_TEXT + 1)))),
                Status::WrongSyntax,
                "{field}"
            );
        }
        for field in ["is_free", "is_supplier_promo", "is_aggregated", "round_closed"] {
            assert_eq!(
                fault_of(&with(bet(), field, "\"true\"")),
                Status::WrongTypes,
                "{field}"
            );
            assert_eq!(fault_of(&with(bet(), field, "1")), Status::WrongTypes, "{field}");
        }
    }

    #[test]
    fn what_is_not_one_object_is_wrong_syntax() {
        for body in [
            "",
            " ",
            "null",
            "[]",
            "5",
            "\"text\"",
            "{",
            "{}{}",
            "{\"a\":1,}",
            "{'a':1}",
            "\u{feff}{}",
        ] {
            assert_eq!(
                Envelope::parse(body.as_bytes()).unwrap_err(),
                Fault {
                    status: Status::WrongSyntax,
                    request_uuid: None
                },
                "{body}"
            );
        }
        assert_eq!(
            Envelope::parse(b"{\"user\":\"\xff\"}").unwrap_err().status,
            Status::WrongSyntax
        );
        assert!(Envelope::parse("[".repeat(100_000).as_bytes()).is_err());
    }

    #[test]
    fn a_key_that_comes_twice_is_refused_even_if_it_says_the_same() {
        let text = bet().to_string();
        for field in [
            "\"amount\":356000",
            "\"amount\":1",
            "\"new_field\":1,\"new_field\":1",
        ] {
            let body = format!("{},{field}}}", &text[..text.len() - 1]);
            assert_eq!(
                BetRequest::parse(body.as_bytes()).unwrap_err().status,
                Status::WrongSyntax,
                "{field}"
            );
        }
    }

    #[test]
    fn the_request_id_is_echoed_whenever_it_could_be_read() {
        let id = Some("583c985f-fee6-4c0e-bbf5-308aad6265af".to_owned());
        assert_eq!(
            BetRequest::parse(&with(bet(), "amount", "1e400"))
                .unwrap_err()
                .request_uuid,
            id
        );
        assert_eq!(
            BetRequest::parse(&without(bet(), "user"))
                .unwrap_err()
                .request_uuid,
            id
        );
        assert_eq!(
            BetRequest::parse(&with(bet(), "request_uuid", "7"))
                .unwrap_err()
                .request_uuid,
            None
        );
    }

    #[test]
    fn a_win_needs_its_bet_unless_the_supplier_gives_it_away() {
        let promo = |flag: &str| with(bet(), "is_supplier_promo", flag);
        assert_eq!(
            WinRequest::parse(&promo("false")).unwrap_err().status,
            Status::WrongSyntax
        );
        assert_eq!(
            WinRequest::parse(&promo("true"))
                .unwrap()
                .reference_transaction_uuid,
            None
        );
        let win = WinRequest::parse(&with(bet(), "reference_transaction_uuid", "\"b1\"")).unwrap();
        assert_eq!(win.reference_transaction_uuid.as_deref(), Some("b1"));
    }

    #[test]
    fn a_rollback_names_what_it_undoes_and_neither_amount_nor_currency() {
        let body = json!({"user": "auroraalice", "token": "t", "request_uuid": "r", "transaction_uuid": "x", "reference_transaction_uuid": "b"});
        assert!(RollbackRequest::parse(body.to_string().as_bytes()).is_ok());
        for field in [
            "user",
            "token",
            "request_uuid",
            "transaction_uuid",
            "reference_transaction_uuid",
        ] {
            assert_eq!(
                RollbackRequest::parse(&without(body.clone(), field))
                    .unwrap_err()
                    .status,
                Status::WrongSyntax,
                "{field}"
            );
        }
    }

    #[test]
    fn ids_are_taken_as_they_are() {
        let request = BetRequest::parse(&with(bet(), "transaction_uuid", "\" 16D2dcfe \\u00e9\"")).unwrap();
        assert_eq!(request.movement.transaction_uuid, " 16D2dcfe é");
    }

    proptest! {
        #[test]
        fn no_body_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = (Envelope::parse(&body), BetRequest::parse(&body), WinRequest::parse(&body), RollbackRequest::parse(&body));
        }

        #[test]
        fn no_value_of_a_field_panics(value in "\\PC{0,30}", field in 0_usize..6) {
            let field = ["amount", "user", "is_free", "round", "token", "request_uuid"][field];
            let _ = BetRequest::parse(&with(bet(), field, &value));
        }
    }
}
