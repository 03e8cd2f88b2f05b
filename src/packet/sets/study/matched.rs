//! The sets of packets that a rule matches, and of those for which its chain ends with it.

use std::rc::Rc;

use super::{MOST_RULES, Moment, Study, is_stateful};
use crate::logic::Formula;
use crate::packet::Path;
use crate::packet::check::{Check, Condition};
use crate::packet::program::{Action, Jump, Rule};
use crate::packet::sets::bounds::Bounds;
use crate::packet::sets::idle::{Chains, DEEPEST, any_states, callee};
use crate::packet::sets::space::Space;
use crate::packet::sets::test::Looks;
use crate::packet::sets::view::View;

impl<'p> Study<'_, 'p> {
    /// Whether the packet may be another one behind the rule.
    pub(super) fn may_change(&self, at: usize) -> bool {
        let rule = &self.rules[at];
        let called = callee(rule).is_some_and(|chain| self.all.restless[chain]);
        called || rule.actions.iter().any(|action| *action != Action::Log)
    }

    /// The moment after a change, at which what rules may change is not known any more.
    pub(super) fn change(&mut self) -> Moment {
        self.latest.0 += 1;
        self.latest
    }

    /// The packets as a test sees them: what it does not look at is as it was at first.
    fn view(&mut self, check: &Check, moment: Moment) -> Rc<View> {
        if moment == Moment::default() || !check.looks_at_changes() {
            return Rc::clone(&self.all.view);
        }
        if let Some(known) = self.views.get(&moment) {
            return Rc::clone(known);
        }
        let mut view = View::clone(&self.all.view);
        forget(self.space(), &mut view);
        Rc::clone(self.views.entry(moment).or_insert(Rc::new(view)))
    }

    /// The packets that the rule matches.
    pub(super) fn own(&mut self, at: usize) -> Formula {
        if let Some(known) = self.own[at] {
            return known;
        }
        let matching = self.matching(&self.rules[at], self.moments[at]);
        let space = self.space();
        let own = space.f.and(matching, space.domain);
        *self.own[at].insert(own)
    }

    fn matching(&mut self, rule: &Rule, moment: Moment) -> Formula {
        let mut all = Formula::TRUE;
        for condition in rule.conditions.iter().rev() {
            let own = self.condition(condition, moment);
            all = self.space().f.and(own, all);
        }
        all
    }

    pub(super) fn condition(&mut self, condition: &Condition, moment: Moment) -> Formula {
        let Chains { program, names, .. } = self.all;
        let view = self.view(&condition.check, moment);
        let space = self.space();
        if is_stateful(program, condition.unknown) {
            // It may come out otherwise each time.
            return space.alone("a test");
        }
        // Sent packets are those of whose destination the way tells nothing.
        Looks { space, view: &view, path: Path::Sent, program, names }.condition(condition)
    }

    /// Those of the packets that match the rule for which the chain certainly ends with it.
    pub(super) fn gone(&mut self, at: usize) -> Formula {
        if let Some(known) = self.gone[at] {
            return known;
        }
        let (own, mut moment) = (self.own(at), self.moments[at]);
        let gone = self.ending((&self.rules[at], own), &self.bounds[at], &mut moment, &mut Vec::new());
        *self.gone[at].insert(gone)
    }

    /// Those of the packets that match a rule for which its chain certainly ends with it.
    fn ending(
        &mut self,
        (rule, hit): (&'p Rule, Formula),
        within: &Bounds,
        moment: &mut Moment,
        way: &mut Vec<usize>,
    ) -> Formula {
        if hit.is_false() {
            return hit;
        }
        if rule.actions.iter().any(|action| *action != Action::Log) {
            *moment = self.change();
        }
        let back = callee(rule).map(|chain| self.back((chain, hit), within, moment, way));
        match &rule.jump {
            Jump::Next | Jump::Unknown(_) => Formula::FALSE,
            // Whoever went there does not come back to this chain.
            Jump::Return | Jump::Rule(_) | Jump::Goto(_) => hit,
            Jump::Call(_) => self.space().f.and_not(hit, back.unwrap_or(hit)),
        }
    }

    /// Those of the packets, which are within some bounds, that may come back out of the chain.
    fn back(
        &mut self,
        (chain, set): (usize, Formula),
        within: &Bounds,
        moment: &mut Moment,
        way: &mut Vec<usize>,
    ) -> Formula {
        let all = self.all;
        let own = &all.program.chains[chain];
        if way.contains(&chain) || way.len() > DEEPEST || own.order_uncertain {
            *moment = self.change();
            return set;
        }
        way.push(chain);
        let (mut left, mut over) = (set, Formula::FALSE);
        self.work.rules += own.rules.len();
        for (rule, _) in own.rules.iter().zip(&*all.bounds[chain]).filter(|(_, bounds)| bounds.meet(within)) {
            if self.work.rules > MOST_RULES || left == Formula::UNDECIDED {
                left = Formula::UNDECIDED;
                break;
            }
            let matching = self.matching(rule, *moment);
            let hit = self.space().f.and(left, matching);
            let gone = self.ending((rule, hit), within, moment, way);
            if let Jump::Return | Jump::Goto(_) = rule.jump {
                over = self.space().f.or(over, hit);
            }
            left = self.space().f.and_not(left, gone);
        }
        way.pop();
        self.space().f.or(over, left)
    }
}

/// What rules may change is not known any more; tests that look at it: [`Check::looks_at_changes`].
fn forget(space: &mut Space, view: &mut View) {
    view.mark = space.lost("a mark", 32);
    view.connection_mark = space.lost("a connection's mark", 32);
    view.tos = space.lost("a TOS byte", 8);
    view.states = any_states(space);
}
