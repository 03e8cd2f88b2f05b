//! What can be told apart from outside, and packets that show it.

use super::comparison::Comparison;
use super::party::Party;
use super::{MOST_EXAMPLES, generalise};
use crate::analysis::Analysis;
use crate::logic::{Formula, Variable};
use crate::packet::sets::{Atom, Example, Fates, Space, bits};
use crate::packet::{Decision, Filter, Host, Kernel, Outcome, Packet, Path, Rejection, Trace, Verdict};

/// What two sides do differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// One lets it pass, the other does not.
    Passing,
    /// What the sender is told.
    Answer,
    /// Whether this host gets it.
    Delivery,
    /// Where it goes.
    Destination,
    /// Whose it seems to be.
    Source,
    /// The mark in the end.
    Mark,
    /// The TOS byte in the end.
    Tos,
    /// The mark of its connection.
    ConnectionMark,
}

/// A set of packets that two sides treat differently.
#[derive(Debug)]
pub struct Difference {
    /// What is different.
    pub kind: Kind,
    /// The packets around the example that differ as well, in words.
    pub set: String,
    /// One of them.
    pub packet: Packet,
    /// What has to hold beside that: conditions of the script and tests that do not look at the header.
    pub given: Vec<String>,
    /// What each side does to it.
    pub sides: [Side; 2],
}

/// What one side does to a packet.
#[derive(Debug)]
pub struct Side {
    /// Its fate.
    pub decision: Decision,
    /// Its way.
    pub trace: Trace,
}

/// A set of packets that differ, out of those that there are on a path.
#[derive(Clone, Copy)]
pub(super) struct Differing {
    pub(super) path: Path,
    pub(super) kind: Kind,
    pub(super) set: Formula,
    pub(super) domain: Formula,
}

/// How packets are looked at from outside.
pub(super) struct Observed {
    pub(super) mixed: bool,
}

impl Observed {
    /// The packets that are treated differently, by what is different.
    pub(super) fn compare(&self, space: &mut Space, (a, b): (&Fates, &Fates), domain: Formula) -> Vec<(Kind, Formula)> {
        let mut found = Vec::new();
        let (pass_a, pass_b) = (a.with(space, Verdict::passes), b.with(space, Verdict::passes));
        let drop_a = a.with(space, |verdict| !verdict.passes());
        let drop_b = b.with(space, |verdict| !verdict.passes());
        let (one, other) = (space.f.and(pass_a, drop_b), space.f.and(drop_a, pass_b));
        found.push((Kind::Passing, space.f.or(one, other)));
        let neither = space.f.and(drop_a, drop_b);
        found.push((Kind::Answer, self.answers(space, a, b, neither)));
        let both = space.f.and(pass_a, pass_b);
        let both = space.f.and(both, domain);
        let here = space.f.differ(a.here, b.here);
        let delivery = space.f.and(both, here);
        found.push((Kind::Delivery, delivery));
        let both = space.f.and_not(both, here);
        let (Some(last_a), Some(last_b)) = (&a.last, &b.last) else { return found };
        let away = space.f.and_not(both, a.here);
        let ported = space.has_ports();
        let (both_ports, rewritten) = (space.f.and(both, ported), self.rewritten(space, a, b));
        let kept_ports = space.f.and_not(both_ports, rewritten);
        for (kind, set, left, right) in [
            (Kind::Mark, both, &last_a.mark, &last_b.mark),
            (Kind::Tos, both, &last_a.tos, &last_b.tos),
            (Kind::Destination, away, &last_a.ends.destination, &last_b.ends.destination),
            (Kind::Destination, both_ports, &last_a.ends.destination_port, &last_b.ends.destination_port),
            (Kind::Source, both, &last_a.ends.source, &last_b.ends.source),
            (Kind::Source, kept_ports, &last_a.ends.source_port, &last_b.ends.source_port),
        ] {
            found.push((kind, bits::differ_within(&mut space.f, set, left, right)));
        }
        if !self.mixed {
            let differ = bits::differ(&mut space.f, &last_a.connection_mark, &last_b.connection_mark);
            found.push((Kind::ConnectionMark, space.f.and(both, differ)));
        }
        found
    }

    /// Packets whose port masquerading picks, which nobody compares across the dialects.
    fn rewritten(&self, space: &mut Space, a: &Fates, b: &Fates) -> Formula {
        if !self.mixed {
            return Formula::FALSE;
        }
        let fits = |verdict| matches!(verdict, Verdict::Masquerade { rewritten: true });
        let (a, b) = (a.with(space, fits), b.with(space, fits));
        space.f.or(a, b)
    }

    fn answers(&self, space: &mut Space, a: &Fates, b: &Fates, neither: Formula) -> Formula {
        let mut any = Formula::FALSE;
        let mut codes: Vec<Option<Rejection>> = Vec::new();
        for (verdict, ..) in a.endings.iter().chain(&b.endings) {
            if !verdict.passes() && !codes.contains(&self.answer(*verdict)) {
                codes.push(self.answer(*verdict));
            }
        }
        for code in codes {
            let fits = |verdict: Verdict| !verdict.passes() && self.answer(verdict) == code;
            let (left, right) = (a.with(space, fits), b.with(space, fits));
            let differ = space.f.differ(left, right);
            let differ = space.f.and(differ, neither);
            any = space.f.or(any, differ);
        }
        any
    }

    /// What the sender is told. Both DENY and REJECT of ipchains give a program of this host an error,
    /// and so does DROP of iptables.
    fn answer(&self, verdict: Verdict) -> Option<Rejection> {
        match verdict {
            Verdict::Reject(Rejection::LocalError) if self.mixed => None,
            Verdict::Reject(with) => Some(with),
            _ => None,
        }
    }
}

impl Comparison<'_> {
    /// Shows differences by packets, one for each kind and path at first.
    pub(super) fn show(
        &mut self,
        mut differences: Vec<Differing>,
        (left, right): (&mut Analysis<'_>, &mut Analysis<'_>),
    ) -> Vec<Difference> {
        let mut shown = Vec::new();
        while shown.len() < MOST_EXAMPLES && !differences.is_empty() {
            let mut rest = Vec::new();
            for own in std::mem::take(&mut differences) {
                let Differing { path, kind, set, domain } = own;
                if shown.len() >= MOST_EXAMPLES {
                    break;
                }
                let Some(example) = self.space.example(set, path, self.connections()) else { continue };
                let (covered, words) = generalise::around(&mut self.space, (set, domain), path, &example);
                let left_over = self.space.f.and_not(set, covered);
                if !left_over.is_false() && left_over != Formula::UNDECIDED {
                    rest.push(Differing { set: left_over, ..own });
                }
                let side = |party: &Party, analysis: &mut Analysis<'_>| asked(party, self.kernel, analysis, &example);
                let sides = [side(self.a, left), side(self.b, right)];
                // The evaluator of single packets is the judge of what is shown.
                if !self.tell_apart(&sides) {
                    continue;
                }
                let given = example.unseen.iter().filter_map(|(atom, holds)| given(atom, *holds)).collect();
                shown.push(Difference { kind, set: words, packet: example.packet, given, sides });
            }
            differences = rest;
        }
        shown
    }
}

impl Comparison<'_> {
    /// Whether the fates of a packet are not certainly the same, seen from outside.
    fn tell_apart(&self, sides: &[Side; 2]) -> bool {
        let [Some(a), Some(b)] = [&sides[0], &sides[1]].map(|side| side.decision.known()) else { return true };
        let observed = Observed { mixed: self.mixed() };
        let answers = (observed.answer(a.verdict), observed.answer(b.verdict));
        let last = |own: &Outcome| (own.mark, own.tos, own.destination, own.destination_port, own.source);
        let here = |own: &Outcome| matches!(own.verdict, Verdict::Redirect { .. });
        a.verdict.passes() != b.verdict.passes()
            || answers.0 != answers.1
            || here(a) != here(b)
            || last(a) != last(b)
            || a.source_port != b.source_port
            || !self.mixed() && a.connection_mark != b.connection_mark
    }
}

/// What one side does to an example.
fn asked(party: &Party, kernel: Kernel, analysis: &mut Analysis<'_>, example: &Example) -> Side {
    let formulas = &mut analysis.evaluation.conditions.formulas;
    let mut assumption = Formula::TRUE;
    for (atom, holds) in &example.unseen {
        if let Atom::Condition(text, before) = atom
            && let Some(Variable(number)) = party.names.condition(text, *before)
        {
            let own = formulas.variable(Variable(number));
            assumption = formulas.and(assumption, if *holds { own } else { own.opposite() });
        }
    }
    let filter = Filter::new(&party.ruleset, formulas, assumption).with_kernel(kernel);
    let mut trace = Trace::default();
    let host: &Host = &example.host;
    let decision = filter.pass(&example.packet, host, Some(&mut trace));
    Side { decision, trace }
}

fn given(atom: &Atom, holds: bool) -> Option<String> {
    let said = if holds { "holds" } else { "does not hold" };
    match atom {
        Atom::Test(text, _) | Atom::Condition(text, _) | Atom::Stateful(text, _) | Atom::Value(text, _) => {
            Some(format!("`{text}` {said}"))
        }
        Atom::Local(_) | Atom::Number(..) | Atom::Port(..) | Atom::Address(..) | Atom::Alone(..) => None,
    }
}
