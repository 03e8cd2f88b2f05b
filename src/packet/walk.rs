//! Takes a packet through chains, rule by rule.
//!
//! One walk serves both dialects: they differ in what a jump back into a chain
//! that is not left yet means. Nothing is allocated unless a trace is kept.

use std::sync::Arc;

use super::check::Answer;
use super::frame::Frame;
use super::oracle::{Oracle, Stuck};
use super::program::{Action, Jump, Policy, Program, Rule, Ruling};
use super::sight::Sight;
use super::{Event, Reason, State, Trace};

/// What a jump to a chain that the packet is still in means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loops {
    /// The packet is dropped, as in ipchains (`ip_fw_check` in ip_fw.c of Linux 2.2).
    Deny,
    /// Such rules cannot be loaded in iptables.
    Impossible,
}

/// A walk of one packet.
pub(super) struct Walk<'w, 'p> {
    pub(super) program: &'w Program,
    pub(super) loops: Loops,
    pub(super) oracle: &'w mut Oracle,
    pub(super) trace: Option<&'w mut Trace>,
    pub(super) sight: Sight<'p>,
}

impl<'w, 'p> Walk<'w, 'p> {
    /// A walk that keeps `trace` in its first run.
    pub(super) fn new(
        (program, loops): (&'w Program, Loops),
        oracle: &'w mut Oracle,
        trace: Option<&'w mut Trace>,
        sight: Sight<'p>,
    ) -> Self {
        let trace = trace.filter(|_| oracle.is_first_run());
        Self { program, loops, oracle, trace, sight }
    }

    /// Asks a built-in chain; where its rules say nothing, its policy does.
    pub(super) fn ask(&mut self, table: &'static str, chain: usize) -> Result<Ruling, Stuck> {
        let asked = &self.program.chains[chain];
        let (arrival, departure) = (self.sight.arrival, self.sight.departure);
        self.note(|| Event::Builtin {
            table,
            chain: Arc::clone(&asked.name),
            arrival: arrival.map(str::to_owned),
            departure: departure.map(str::to_owned),
        });
        match self.chain(Frame::first(chain))? {
            Some(ruling) => Ok(ruling),
            None => self.policy(&asked.policies),
        }
    }

    fn policy(&mut self, policies: &[Policy]) -> Result<Ruling, Stuck> {
        for policy in policies {
            let holds =
                policy.condition.as_ref().is_none_or(|condition| self.undecided(condition.unknown) ^ condition.negated);
            if !holds {
                continue;
            }
            self.note(|| Event::Policy { place: policy.place });
            match &policy.jump {
                Jump::Rule(ruling) => {
                    self.note(|| Event::Ruling(ruling.name()));
                    return Ok(*ruling);
                }
                Jump::Unknown(unknown) => return Err(self.stop(*unknown)),
                _ => break,
            }
        }
        Ok(Ruling::Accept)
    }

    /// Goes through a chain; `None` at its end and at RETURN.
    fn chain(&mut self, mut frame: Frame<'_>) -> Result<Option<Ruling>, Stuck> {
        loop {
            match self.rules(&frame)? {
                Step::Over => return Ok(None),
                Step::Ruled(ruling) => return Ok(Some(ruling)),
                Step::To(chain) => frame.chain = chain,
            }
        }
    }

    fn rules(&mut self, frame: &Frame<'_>) -> Result<Step, Stuck> {
        let chain = &self.program.chains[frame.chain];
        if !self.oracle.goes_on(1 + chain.rules.len()) || frame.is_too_deep() {
            return Err(self.oracle.stop(Reason::Endless(chain.name.to_string())));
        }
        if chain.order_uncertain {
            return Err(self.oracle.stop(Reason::Order(chain.name.to_string())));
        }
        for rule in &chain.rules {
            if !self.matches(rule, frame.depth) {
                continue;
            }
            self.note(|| Event::Rule { place: rule.place, depth: frame.depth });
            for action in &rule.actions {
                self.act(*action, rule.many);
            }
            if let Some(step) = self.follow(&rule.jump, frame)? {
                return Ok(step);
            }
        }
        Ok(Step::Over)
    }

    fn follow(&mut self, jump: &Jump, frame: &Frame<'_>) -> Result<Option<Step>, Stuck> {
        match jump {
            Jump::Next => Ok(None),
            Jump::Return => {
                self.note(|| Event::Ruling("RETURN"));
                Ok(Some(Step::Over))
            }
            Jump::Rule(ruling) => {
                self.note(|| Event::Ruling(ruling.name()));
                Ok(Some(Step::Ruled(*ruling)))
            }
            Jump::Goto(chain) => {
                self.note_jump(*chain, true);
                Ok(Some(Step::To(*chain)))
            }
            Jump::Call(chain) => self.call(*chain, frame),
            Jump::Unknown(unknown) => Err(self.stop(*unknown)),
        }
    }

    fn call(&mut self, chain: usize, frame: &Frame<'_>) -> Result<Option<Step>, Stuck> {
        let name = &self.program.chains[chain].name;
        if frame.holds(chain) {
            if self.loops == Loops::Impossible {
                return Err(self.oracle.stop(Reason::Endless(name.to_string())));
            }
            self.note(|| Event::Loop(Arc::clone(name)));
            return Ok(Some(Step::Ruled(Ruling::Deny)));
        }
        self.note_jump(chain, false);
        let ruling = self.chain(frame.inner(chain))?;
        if ruling.is_none() {
            let back = &self.program.chains[frame.chain].name;
            self.note(|| Event::Back { chain: Arc::clone(back), depth: frame.depth });
        }
        Ok(ruling.map(Step::Ruled))
    }

    /// Whether a rule applies; what cannot be told is asked of the oracle, unless it makes no difference.
    fn matches(&mut self, rule: &Rule, depth: usize) -> bool {
        let mut open = false;
        for condition in &rule.conditions {
            match condition.holds(&self.sight) {
                Answer::No => return false,
                Answer::Yes => {}
                Answer::Unknown => open = true,
            }
        }
        if !open {
            return true;
        }
        let unknown = |walk: &Self| {
            rule.conditions
                .iter()
                .find(|condition| condition.holds(&walk.sight) == Answer::Unknown)
                .map(|own| own.unknown)
        };
        if let Some(unknown) = unknown(self) {
            let program = self.program;
            self.note(|| Event::Undecided { place: rule.place, depth, reason: program.reason(unknown) });
        }
        !rule.is_idle() && self.open_conditions_hold(rule)
    }

    fn open_conditions_hold(&mut self, rule: &Rule) -> bool {
        let open = rule.conditions.iter().filter(|condition| condition.holds(&self.sight) == Answer::Unknown);
        let open: Vec<_> = open.map(|condition| (condition.unknown, condition.negated)).collect();
        open.into_iter().all(|(unknown, negated)| self.undecided(unknown) ^ negated)
    }

    fn undecided(&mut self, unknown: super::oracle::UnknownId) -> bool {
        let stateful = self.program.unknowns.get(unknown.0 as usize).is_none_or(|unknown| unknown.stateful);
        self.oracle.ask(self.program.first(unknown), (!stateful).then_some(self.sight.changes))
    }

    fn stop(&mut self, unknown: super::oracle::UnknownId) -> Stuck {
        self.oracle.stop(self.program.reason(unknown))
    }

    /// Does what a rule says; one that may be there several times leaves only what is the same after each.
    fn act(&mut self, action: Action, many: bool) {
        let sight = &mut self.sight;
        match action {
            Action::Log => return self.note(|| Event::Log),
            Action::Note(_) => return,
            Action::Mark { keep, turn } => {
                sight.mark = changed(sight.mark, keep, turn).filter(|_| !many || keep & turn == 0)
            }
            Action::AddMark(more) => sight.mark = sight.mark.map(|mark| mark.wrapping_add(more)).filter(|_| !many),
            Action::LoseMark => sight.mark = None,
            Action::RestoreMark { keep, take } => {
                if !sight.track.exists() {
                    return;
                }
                sight.mark = joined((sight.mark, keep), (sight.track.mark, take));
            }
            Action::Tos { keep, turn } => {
                sight.tos = sight.tos.map(|tos| (tos & keep) ^ turn).filter(|_| !many || keep & turn == 0);
            }
            Action::LoseTos => sight.tos = None,
            Action::ConnectionMark { .. } | Action::SaveMark { .. } | Action::LoseConnectionMark => {
                return self.mark_connection(action);
            }
            Action::Untrack => sight.track.state = State::Untracked,
            Action::Other(_) => sight.changes += 1,
        }
        self.note_change(action);
    }

    fn mark_connection(&mut self, action: Action) {
        let Sight { mark, track, .. } = &mut self.sight;
        if !track.exists() {
            return;
        }
        track.mark = match action {
            Action::ConnectionMark { keep, turn } => changed(track.mark, keep, turn),
            Action::SaveMark { keep, take } => joined((track.mark, keep), (*mark, take)),
            _ => None,
        };
        self.note_change(action);
    }

    fn note_change(&mut self, action: Action) {
        let Sight { mark, tos, track, .. } = self.sight;
        self.note(|| match action {
            Action::Log | Action::Note(_) => Event::Log,
            Action::Mark { .. } | Action::AddMark(_) | Action::LoseMark | Action::RestoreMark { .. } => {
                Event::Mark(mark)
            }
            Action::Tos { .. } | Action::LoseTos => Event::Tos(tos),
            Action::ConnectionMark { .. } | Action::SaveMark { .. } | Action::LoseConnectionMark => {
                Event::ConnectionMark(track.mark)
            }
            Action::Untrack => Event::Untracked,
            Action::Other(_) => Event::Changed,
        });
    }

    fn note_jump(&mut self, chain: usize, goto: bool) {
        let name = &self.program.chains[chain].name;
        self.note(|| Event::Jump { chain: Arc::clone(name), goto });
    }

    /// Keeps an event, where a trace is wanted.
    pub(super) fn note(&mut self, event: impl FnOnce() -> Event) {
        if let Some(trace) = &mut self.trace {
            trace.events.push(event());
        }
    }
}

/// Where a packet goes after a rule.
enum Step {
    /// To the end of the chain.
    Over,
    /// To another chain.
    To(usize),
    /// Nowhere.
    Ruled(Ruling),
}

fn changed(value: Option<u32>, keep: u32, turn: u32) -> Option<u32> {
    // Where nothing is kept, the old value need not be known.
    value.or((keep == 0).then_some(0)).map(|value| (value & keep) ^ turn)
}

fn joined((value, keep): (Option<u32>, u32), (other, take): (Option<u32>, u32)) -> Option<u32> {
    Some(changed(value, keep, 0)? ^ changed(other, take, 0)?)
}

impl Ruling {
    /// Its name, for people.
    fn name(self) -> &'static str {
        use super::program::Translation;
        match self {
            Self::Accept => "ACCEPT",
            Self::Deny => "DENY",
            Self::Reject(_) => "REJECT",
            Self::Masquerade | Self::Translate(Translation::Masquerade(_)) => "MASQUERADE",
            Self::Redirect(_) | Self::Translate(Translation::Redirect(_)) => "REDIRECT",
            Self::Translate(Translation::Source(..)) => "SNAT",
            Self::Translate(Translation::Destination(..)) => "DNAT",
            Self::Translate(_) => "NAT",
        }
    }
}
