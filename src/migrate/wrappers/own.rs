//! The words that a function puts around those of its callers, and what becomes of both.

use std::collections::BTreeMap;

use super::seam::PASSED;
use crate::migrate::command::Line;
use crate::migrate::outcome::{Outcome, Outcomes};
use crate::migrate::roles::Roles;
use crate::migrate::rule::Token;

/// A call of a command of a function.
pub(super) struct CallOf {
    /// The number under which it is known what becomes of it.
    pub(super) known_as: usize,
    pub(super) call: usize,
    /// How many words it passes on.
    pub(super) passed: usize,
}

/// What stays in a function and in its calls.
#[derive(Default)]
pub(super) struct Kept {
    pub(super) commands: Vec<(usize, Vec<Line>)>,
    pub(super) calls: BTreeMap<usize, Line>,
}

/// The words that a wrapper has of its own.
pub(super) struct Own {
    pub(super) before: usize,
    pub(super) behind: usize,
}

impl Own {
    /// The lines of the wrapper, where its words come to the same in all calls; the line of each call goes to `of_calls`.
    pub(super) fn lines(
        &self,
        outcomes: &Outcomes,
        calls: &[CallOf],
        roles: &Roles,
        of_calls: &mut BTreeMap<usize, Line>,
    ) -> Option<Vec<Line>> {
        let mut wrapper: Option<Vec<Line>> = None;
        for CallOf { known_as, call, passed } in calls {
            let Outcome::Lines(lines) = outcomes.sites.get(known_as)?.outcome.clone().named(roles) else { return None };
            if lines.iter().any(|line| !matches!(line, Line::Filter { .. })) {
                return None;
            }
            let parts: Option<Vec<[Vec<Token>; 3]>> = lines.iter().map(|line| self.parts(line, *passed)).collect();
            let parts = parts.filter(|parts| !parts.is_empty())?;
            let texts = |tokens: &[Token]| tokens.iter().map(|token| token.text.clone()).collect::<Vec<_>>();
            let [_, words, _] = parts.first()?;
            if parts.iter().any(|[_, other, _]| texts(other) != texts(words)) {
                return None;
            }
            let own: Vec<Line> = parts.iter().map(|[before, _, behind]| self.line(before, behind)).collect();
            if wrapper.as_ref().is_some_and(|known| *known != own) {
                return None;
            }
            wrapper = Some(own);
            let line = Line::Filter { tokens: words.clone(), main: true };
            if *of_calls.entry(*call).or_insert_with(|| line.clone()) != line {
                return None;
            }
        }
        wrapper
    }

    /// The tokens of a line that come from the words before those of the call, from these, and from those behind.
    fn parts(&self, line: &Line, passed: usize) -> Option<[Vec<Token>; 3]> {
        let (Line::Filter { tokens, .. } | Line::Flagged { tokens, devices: None, .. }) = line else { return None };
        let part = |token: &Token| match token.anchor {
            at if at < self.before => 0,
            at if at < self.before + passed => 1,
            _ => 2,
        };
        let numbers: Vec<usize> = tokens.iter().map(part).collect();
        let mut parts = [Vec::new(), Vec::new(), Vec::new()];
        for (token, part) in tokens.iter().zip(&numbers) {
            let anchor = match part {
                0 => token.anchor,
                1 => token.anchor - self.before,
                _ => self.before + 1,
            };
            parts[*part].push(Token { anchor, text: token.text.clone() });
        }
        // Words of the call behind which the wrapper's would have to stand in another order are no case for this.
        (numbers.is_sorted() && !(self.behind == 0 && numbers.contains(&2))).then_some(parts)
    }

    /// A line of the wrapper, with the words of the caller between `before` and `behind`.
    pub(super) fn line(&self, before: &[Token], behind: &[Token]) -> Line {
        let passed = Token { anchor: self.before, text: PASSED[0].to_owned() };
        let tokens = before.iter().cloned().chain([passed]).chain(behind.iter().cloned()).collect();
        Line::Filter { tokens, main: true }
    }

    /// What all lines of all calls begin with and end in, of what comes from the wrapper's words; `None` where some
    /// lines are no rules.
    pub(super) fn common(&self, outcomes: &Outcomes, calls: &[CallOf]) -> Option<(Vec<Token>, Vec<Token>)> {
        let mut common: Option<(Vec<Token>, Vec<Token>)> = None;
        for CallOf { known_as, passed, .. } in calls {
            for line in outcomes.sites.get(known_as)?.outcome.lines() {
                let [before, _, behind] = self.parts(line, *passed)?;
                let (known_before, known_behind) = common.get_or_insert_with(|| (before.clone(), behind.clone()));
                let same = known_before.iter().zip(&before).take_while(|(known, own)| known == own).count();
                known_before.truncate(same);
                let pairs = known_behind.iter().rev().zip(behind.iter().rev());
                let same = pairs.take_while(|(known, own)| known == own).count();
                known_behind.drain(..known_behind.len() - same);
            }
        }
        common
    }

    /// Puts the words of a line into the call, but for those that begin it and end it and stay in the wrapper.
    pub(super) fn move_into_call(&self, line: &mut Line, passed: usize, (begin, end): (usize, usize)) {
        let (Line::Filter { tokens, .. }
        | Line::EachDevice { tokens, .. }
        | Line::Flagged { tokens, .. }
        | Line::Rejecting { tokens, .. }
        | Line::Tail(tokens)) = line
        else {
            return;
        };
        tokens.truncate(tokens.len() - end);
        tokens.drain(..begin);
        for token in tokens {
            token.anchor = match token.anchor {
                at if at < self.before => 0,
                at if at < self.before + passed => at - self.before,
                _ => usize::MAX,
            };
        }
    }
}
