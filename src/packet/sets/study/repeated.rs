//! Rules whose packets would fare the same with the rules behind them.

use super::{Fate, MOST_COMPARED, Study, is_stateful};
use crate::logic::Formula;
use crate::packet::program::{Jump, Ruling, Translation};
use crate::packet::sets::bounds::Point;
use crate::packet::sets::idle::Why;

impl Study<'_, '_> {
    /// Whether rules behind this one would do the same, and nothing else, with its packets, of which `point` is one.
    pub(super) fn repeated(&mut self, at: usize, point: &Point, fates: &[Fate]) -> Option<Why> {
        if self.rules.len() > MOST_COMPARED || !self.is_plain(at) {
            return None;
        }
        let behind = at + 1..self.rules.len();
        self.nearby.at(point, behind, &self.work.looks).find(|other| self.does_as(*other, at))?;
        let others = self.meeting(at, 0..at).into_iter().filter(|other| self.takes(*other, fates));
        let others: Vec<usize> = others.collect();
        let mut rest = self.own(at);
        for other in others {
            let gone = self.gone(other);
            rest = self.space().f.and_not(rest, gone);
        }
        self.repeated_by(at, rest, fates)
    }

    fn repeated_by(&mut self, at: usize, mut rest: Formula, fates: &[Fate]) -> Option<Why> {
        let mut by = Vec::new();
        for other in self.meeting(at, at + 1..self.rules.len()) {
            let own = self.own(other);
            let both = self.space().f.and(rest, own);
            if both == Formula::UNDECIDED {
                return None;
            }
            let passes = matches!(self.rules[other].jump, Jump::Next) && self.is_plain(other);
            if both.is_false() || passes {
                continue;
            }
            if !self.does_as(other, at) {
                return None;
            }
            // A rule to which no packet comes may be gone before this one is.
            if matches!(fates[other], Fate::Idle(_)) {
                continue;
            }
            by.push(self.rules[other].place);
            rest = self.space().f.and_not(rest, both);
            if rest.is_false() {
                return Some(Why::Repeated { by });
            }
        }
        None
    }

    /// Whether the rule does nothing but decide, and for the same packets each time.
    fn is_plain(&self, at: usize) -> bool {
        let rule = &self.rules[at];
        let stateful = rule.conditions.iter().any(|own| is_stateful(self.all.program, own.unknown));
        rule.actions.is_empty() && !rule.many && !stateful
    }

    fn does_as(&self, other: usize, at: usize) -> bool {
        let (Jump::Rule(own), Jump::Rule(next)) = (&self.rules[at].jump, &self.rules[other].jump) else { return false };
        // Two addresses that are not known need not be the same.
        let known = !matches!(own, Ruling::Translate(Translation::Lost(_)) | Ruling::Redirect(None));
        known && own == next && self.is_plain(other)
    }
}
