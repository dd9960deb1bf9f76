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
//! | `driver` | one provider's side of one protocol |
//! | `key` | what it signs with |
//! | `kit` | a provider that plays one case: says, hears, remembers |
//! | [`cases`] | **the edge cases**, in neutral words |

pub mod cases;
mod driver;
mod heard;
mod key;
mod kit;
mod say;

pub use driver::{Driver, Message};
pub use heard::{Class, Heard, Point};
pub use key::{KeyFault, ProviderKey};
pub use kit::{Exchange, Finding, Hand, Kit, Step, Stop, expect};
pub use say::{Odd, Say, Seat, Undoes};
