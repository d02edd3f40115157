//! Tokens and what they cost.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Price of a release in millionths of a dollar.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pricing {
    pub input_usd_micros_per_thousand_tokens: u64,
    pub output_usd_micros_per_thousand_tokens: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenUsage {
    pub input_tokens: u64,
    pub output_tokens: u64,
}

impl TokenUsage {
    pub fn total(self) -> u64 {
        self.input_tokens.saturating_add(self.output_tokens)
    }
}

impl Pricing {
    /// Rounded half up to a whole micro-dollar, once for the call: rounding each direction would add up to a bias.
    pub fn cost_usd_micros(self, usage: TokenUsage) -> u64 {
        let thousandths = u128::from(usage.input_tokens) * u128::from(self.input_usd_micros_per_thousand_tokens)
            + u128::from(usage.output_tokens) * u128::from(self.output_usd_micros_per_thousand_tokens);
        u64::try_from((thousandths + 500) / 1000).unwrap_or(u64::MAX)
    }
}

/// Tokens of a text where nothing better is known: four bytes each, the rule of thumb that providers publish.
/// Admission reserves by it, and providers that report no usage are metered by it.
pub fn estimated_tokens(bytes: usize) -> u64 {
    bytes.div_ceil(4) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PRICING: Pricing =
        Pricing { input_usd_micros_per_thousand_tokens: 150, output_usd_micros_per_thousand_tokens: 600 };

    #[test]
    fn a_call_costs_its_tokens_at_the_price_of_a_thousand() {
        let usage = TokenUsage { input_tokens: 2_000, output_tokens: 1_000 };
        assert_eq!(PRICING.cost_usd_micros(usage), 900);
    }

    #[test]
    fn half_a_micro_dollar_is_rounded_up_and_less_is_dropped() {
        let price = |tokens| {
            Pricing { input_usd_micros_per_thousand_tokens: 1, output_usd_micros_per_thousand_tokens: 0 }
                .cost_usd_micros(TokenUsage { input_tokens: tokens, output_tokens: 0 })
        };
        assert_eq!((price(499), price(500)), (0, 1));
    }

    proptest! {
        #[test]
        fn more_tokens_never_cost_less_and_nothing_overflows(tokens in any::<u64>(), more in any::<u64>(), price in 0_u64..=1_000_000_000) {
            let pricing = Pricing { input_usd_micros_per_thousand_tokens: price, output_usd_micros_per_thousand_tokens: price };
            let less = pricing.cost_usd_micros(TokenUsage { input_tokens: tokens, output_tokens: 0 });
            let both = pricing.cost_usd_micros(TokenUsage { input_tokens: tokens, output_tokens: more });
            prop_assert!(both >= less);
        }
    }
}
