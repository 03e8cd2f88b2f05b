//! Tries out what is not known, both ways, one run after the other.
//!
//! A run asks for each undecided test in turn; the oracle answers no until it is
//! told otherwise, and between runs turns the last no into a yes, so that in the
//! end every combination of answers that can come up has been tried. Where it only matters
//! whether the fate is known, a run in which all answers are yes mostly shows at once that it is not.

use super::program::Program;
use super::{Decision, Outcome, Reason};

/// So many ways are tried for one packet.
const MOST_RUNS: usize = 512;

/// So many rules are asked for one packet in all runs together: more than any ruleset of a person needs.
const MOST_RULES: usize = 2_000_000;

/// So many different outcomes are named.
const MOST_OUTCOMES: usize = 4;

/// The number of an undecided test in [`super::program::Program::unknowns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct UnknownId(pub(super) u32);

/// A run cannot go on.
pub(super) struct Stuck;

/// The answers of one run.
#[derive(Default)]
pub(super) struct Oracle {
    /// What is answered for the first time.
    first: bool,
    answers: Vec<Answered>,
    asked: usize,
    stuck: Option<Reason>,
    runs: usize,
    rules: usize,
}

struct Answered {
    unknown: UnknownId,
    /// Up to which change of the packet the answer holds; never, where it depends on more than the packet.
    holds_in: Option<u32>,
    yes: bool,
}

impl Oracle {
    /// The answer for an undecided test; `holds_in` is the packet's state if the same packet gets the same answer.
    pub(super) fn ask(&mut self, unknown: UnknownId, holds_in: Option<u32>) -> bool {
        let before = self.answers.iter().take(self.asked);
        if holds_in.is_some()
            && let Some(known) = before.rev().find(|own| own.unknown == unknown && own.holds_in == holds_in)
        {
            return known.yes;
        }
        let yes = match self.answers.get(self.asked) {
            Some(answered) => answered.yes,
            None => {
                self.answers.push(Answered { unknown, holds_in, yes: self.first });
                self.first
            }
        };
        self.asked += 1;
        yes
    }

    /// Ends the run for `reason`.
    pub(super) fn stop(&mut self, reason: Reason) -> Stuck {
        self.stuck = Some(reason);
        Stuck
    }

    /// Counts rules that are about to be asked; false where there have been too many.
    pub(super) fn goes_on(&mut self, rules: usize) -> bool {
        self.rules += rules;
        self.rules <= MOST_RULES
    }

    /// Whether this is the first run.
    pub(super) fn is_first_run(&self) -> bool {
        self.runs == 0
    }

    /// Gets ready for the next run; false where all have been.
    fn advance(&mut self) -> bool {
        self.runs += 1;
        self.asked = 0;
        while self.answers.last().is_some_and(|last| last.yes) {
            self.answers.pop();
        }
        match self.answers.last_mut() {
            Some(last) => last.yes = true,
            None => return false,
        }
        self.runs < MOST_RUNS && self.rules <= MOST_RULES
    }

    /// The undecided tests of the present run.
    fn unknowns(&self) -> impl Iterator<Item = UnknownId> {
        self.answers.iter().take(self.asked).map(|answered| answered.unknown)
    }
}

/// Runs `run` for every combination of answers that matters to `program`.
pub(super) fn decide(mut run: impl FnMut(&mut Oracle) -> Result<Outcome, Stuck>, program: &Program) -> Decision {
    let mut oracle = Oracle::default();
    let first = run(&mut oracle);
    if oracle.answers.is_empty()
        && let Ok(outcome) = first
    {
        return Decision::Known(outcome);
    }
    let mut found = Found::default();
    found.take(first, &mut oracle);
    if program.brief {
        // It is no first run, so that it leaves no trace.
        let mut opposite = Oracle { first: true, runs: 1, ..Oracle::default() };
        let last = run(&mut opposite);
        found.take(last, &mut opposite);
        if found.open || found.outcomes.len() > 1 {
            return found.decision(program);
        }
    }
    let most = if program.brief { 2 } else { MOST_OUTCOMES };
    while oracle.advance() && found.outcomes.len() < most {
        let next = run(&mut oracle);
        found.take(next, &mut oracle);
    }
    if oracle.runs >= MOST_RUNS || oracle.rules > MOST_RULES {
        found.stuck.push(Reason::TooMany);
        found.open = true;
    }
    found.decision(program)
}

/// What the runs have come to so far.
#[derive(Default)]
struct Found {
    outcomes: Vec<Outcome>,
    asked: Vec<UnknownId>,
    stuck: Vec<Reason>,
    open: bool,
}

impl Found {
    fn take(&mut self, result: Result<Outcome, Stuck>, oracle: &mut Oracle) {
        for unknown in oracle.unknowns() {
            if !self.asked.contains(&unknown) {
                self.asked.push(unknown);
            }
        }
        self.stuck.extend(oracle.stuck.take());
        match result {
            Ok(outcome) if !self.outcomes.contains(&outcome) => self.outcomes.push(outcome),
            Ok(_) => {}
            Err(Stuck) => self.open = true,
        }
    }

    fn decision(mut self, program: &Program) -> Decision {
        match self.outcomes.pop() {
            Some(only) if self.outcomes.is_empty() && !self.open => Decision::Known(only),
            last => {
                self.outcomes.extend(last);
                let mut reasons: Vec<Reason> = Vec::new();
                for reason in self.asked.into_iter().map(|unknown| program.reason(unknown)).chain(self.stuck) {
                    if !reasons.contains(&reason) {
                        reasons.push(reason);
                    }
                }
                Decision::Depends { reasons, outcomes: self.outcomes }
            }
        }
    }
}
