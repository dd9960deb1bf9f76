//! The providers' sides, and what an operator's wallet must do about what they say.
//!
//! A [`Driver`] phrases neutral [`Say`]ings in its provider's protocol, signs them and understands the
//! answers. The cases are told in neutral words once and run for every driver: against this house by
//! the tests, and against any operator's wallet, which needs no more than its URL and a key.
//!
//! | file | holds |
//! |---|---|
//! | `say` | what a provider can say |
//! | `heard` | what it can be told |
//! | `telling` | what an answer tells beside its word |
//! | `driver` | one provider's side of one protocol |
//! | `basis` | where an expectation comes from |
//! | `key` | what it signs with |
//! | `wire` | HTTP, and hanging up |
//! | `hand` | what only the operator can do |
//! | `blot` | what nobody may see, blotted out of what is shown |
//! | `exchange` | what was said and what came back |
//! | `kit` | a provider that plays one case: says, hears, remembers |
//! | `open` | the bets of a case that nothing has settled yet |
//! | [`cases`] | **the edge cases**, in neutral words |
//! | `suite` | all of them against one operator |
//! | [`report`] | what came of it: for programs, for people, for build servers |

mod basis;
mod blot;
pub mod cases;
mod driver;
mod exchange;
mod hand;
mod heard;
mod key;
mod kit;
mod open;
pub mod report;
mod say;
mod suite;
mod telling;
mod wire;

pub use basis::{Basis, Rule, Source};
pub(crate) use blot::Blot;
pub use driver::{Driver, Message};
pub use exchange::{Exchange, Expectation, Finding};
pub use hand::{Hand, Need, Step, Stop};
pub use heard::{Class, Heard, Point};
pub use key::{KeyFault, ProviderKey, authorities};
pub use kit::{Kit, Manner, expect};
pub use say::{Odd, Say, Seat, Undoes};
pub use suite::{ENDED_EARLY, Ended, LEFT_OUT, Progress, Suite, Verdict};
pub(crate) use telling::Telling;
pub(crate) use wire::Wire;
pub use wire::{HangUp, root_cause};
