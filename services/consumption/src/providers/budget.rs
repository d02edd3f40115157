//! Retries are paid from a budget that calls fill: at most one retry in ten calls, so that a provider in trouble is
//! not hit by several times its load.

/// Tenths of a retry: a call earns one, a retry costs ten.
const RETRY_COST: u32 = 10;
const MOST: u32 = 100;

#[derive(Debug)]
pub struct Budget {
    tenths: u32,
}

impl Default for Budget {
    /// A few retries at once, for a host that was just started.
    fn default() -> Self {
        Self { tenths: 3 * RETRY_COST }
    }
}

impl Budget {
    pub fn earn(&mut self) {
        self.tenths = (self.tenths + 1).min(MOST);
    }

    pub fn spend(&mut self) -> bool {
        match self.tenths.checked_sub(RETRY_COST) {
            Some(left) => {
                self.tenths = left;
                true
            }
            None => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_the_long_run_one_call_in_ten_is_retried() {
        let mut budget = Budget::default();
        let retries = (0..1_000).filter(|_| {
            budget.earn();
            budget.spend()
        });
        assert_eq!(retries.count(), 103);
    }

    #[test]
    fn what_is_saved_is_bounded() {
        let mut budget = Budget::default();
        (0..10_000).for_each(|_| budget.earn());
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
    }
}
