//! One wallet: what each bucket has available and held.

/// The most a wallet may hold, available and held together, in minor units: 2^53 - 1, the largest
/// whole number that every JSON reader holds exactly. Scaled by a provider's 1000 it still fits an
/// `i64`.
pub const MAX_BALANCE: i64 = 9_007_199_254_740_991;
