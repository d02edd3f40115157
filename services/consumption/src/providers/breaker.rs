//! Circuit breaker of one host: after too many failures it is left alone for a while, then one call tries it.

use std::time::{Duration, Instant};

/// Calls that are looked at, how many must have been made, and the share of failures that opens.
const WINDOW: usize = 20;
const AT_LEAST: usize = 5;
const FAILURES_PERCENT: usize = 50;
pub const OPEN_FOR: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy)]
enum State {
    Closed,
    Open {
        until: Instant,
    },
    /// One call is trying. Were it lost without an answer, another may try after the same time.
    Trying {
        until: Instant,
    },
}

#[derive(Debug)]
pub struct Breaker {
    state: State,
    /// The last outcomes, true for a failure.
    outcomes: Vec<bool>,
    next: usize,
}

impl Default for Breaker {
    fn default() -> Self {
        Self { state: State::Closed, outcomes: Vec::with_capacity(WINDOW), next: 0 }
    }
}

impl Breaker {
    /// May a call be made? Else after how long to ask again.
    pub fn enter(&mut self, now: Instant) -> Result<(), Duration> {
        match self.state {
            State::Closed => Ok(()),
            State::Open { until } | State::Trying { until } if now < until => Err(until - now),
            State::Open { .. } | State::Trying { .. } => {
                self.state = State::Trying { until: now + OPEN_FOR };
                Ok(())
            }
        }
    }

    pub fn leave(&mut self, failed: bool, now: Instant) {
        match self.state {
            State::Trying { .. } if failed => self.state = State::Open { until: now + OPEN_FOR },
            State::Trying { .. } => *self = Self::default(),
            // The answer of a call from before it opened changes nothing.
            State::Open { .. } => {}
            State::Closed => {
                self.count(failed);
                if self.failing() {
                    *self = Self { state: State::Open { until: now + OPEN_FOR }, ..Self::default() };
                }
            }
        }
    }

    pub fn is_open(&self) -> bool {
        !matches!(self.state, State::Closed)
    }

    fn count(&mut self, failed: bool) {
        if self.outcomes.len() < WINDOW {
            self.outcomes.push(failed);
        } else {
            self.outcomes[self.next] = failed;
        }
        self.next = (self.next + 1) % WINDOW;
    }

    fn failing(&self) -> bool {
        let failures = self.outcomes.iter().filter(|failed| **failed).count();
        self.outcomes.len() >= AT_LEAST && failures * 100 >= self.outcomes.len() * FAILURES_PERCENT
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(now: Instant) -> Breaker {
        let mut breaker = Breaker::default();
        (0..AT_LEAST).for_each(|_| breaker.leave(true, now));
        breaker
    }

    #[test]
    fn a_host_that_fails_is_left_alone_and_then_tried_by_one_call() {
        let now = Instant::now();
        let mut breaker = opened(now);
        assert_eq!(breaker.enter(now), Err(OPEN_FOR));
        let later = now + OPEN_FOR;
        assert_eq!(breaker.enter(later), Ok(()));
        assert!(breaker.enter(later).is_err(), "only one call tries");
        breaker.leave(false, later);
        assert!(!breaker.is_open());
        assert_eq!(breaker.enter(later), Ok(()));
    }

    #[test]
    fn a_failed_try_opens_again_and_a_lost_one_does_not_close_for_ever() {
        let now = Instant::now();
        let mut breaker = opened(now);
        let later = now + OPEN_FOR;
        breaker.enter(later).expect("a try");
        breaker.leave(true, later);
        assert!(breaker.enter(later).is_err());
        breaker.enter(later + OPEN_FOR).expect("a second try, of which no answer comes");
        assert!(breaker.enter(later + OPEN_FOR * 2).is_ok());
    }

    #[test]
    fn few_failures_among_many_answers_do_not_open() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        (0..100).for_each(|index| breaker.leave(index % 3 == 2, now));
        assert!(!breaker.is_open());
        let mut young = Breaker::default();
        (0..AT_LEAST - 1).for_each(|_| young.leave(true, now));
        assert!(!young.is_open());
    }
}
