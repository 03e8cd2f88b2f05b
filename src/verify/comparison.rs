//! Two sides compared, path by path and set by set of the packets that need be looked at.

use std::collections::BTreeSet;

use super::assumption::Assumption;
use super::difference::{Differing, Kind, Observed};
use super::party::Party;
use super::{Proof, TOO_MANY, doubt, note};
use crate::analysis::{Analysis, Supposition};
use crate::logic::Formula;
use crate::model::Dialect;
use crate::packet::sets::{Atom, Classes, Connections, Fates, Space, pass, place, suspects};
use crate::packet::{Kernel, Path, State, Verdict};

/// Whether a question is one to a program of either dialect.
fn names_firewall(text: &str) -> bool {
    ["ipchains", "iptables"].iter().any(|program| text.contains(program))
}

/// The ways of packets through the host.
const PATHS: [Path; 3] = [Path::Received, Path::Forwarded, Path::Sent];

/// Two sides in one space of packets.
pub(super) struct Comparison<'p> {
    pub(super) space: Space,
    pub(super) a: &'p Party,
    pub(super) b: &'p Party,
    pub(super) kernel: Kernel,
    budget: usize,
    pub(super) assumptions: Vec<Assumption>,
    /// The runs that are compared, in the words of the space.
    pub(super) runs: Formula,
}

/// What is found on one path.
struct Found {
    path: Path,
    observed: Vec<(Kind, Formula)>,
    lost: Vec<(Formula, String)>,
    comers: Vec<(String, u32)>,
    domain: Formula,
}

impl Found {
    /// Adds what is found of other packets of the path.
    fn join(&mut self, space: &mut Space, other: Self) {
        for (kind, set) in other.observed {
            match self.observed.iter_mut().find(|(own, _)| *own == kind) {
                Some((_, known)) => *known = space.f.or(*known, set),
                None => self.observed.push((kind, set)),
            }
        }
        self.lost.extend(other.lost);
        self.comers.extend(other.comers);
        self.domain = space.f.or(self.domain, other.domain);
    }
}

/// What is certain of the packets that are found to be treated otherwise, and what stands in the way of certainty.
#[derive(Default)]
struct Judgement {
    differences: Vec<Differing>,
    reasons: Vec<String>,
    /// Unknown things that a difference hangs on.
    hanging: Vec<Atom>,
}

impl<'p> Comparison<'p> {
    pub(super) fn mixed(&self) -> bool {
        self.a.dialect != self.b.dialect
    }

    pub(super) fn connections(&self) -> Connections {
        let iptables = |party: &Party| party.dialect == Dialect::Iptables;
        let translates = |party: &Party| party.ruleset.table("nat").is_some();
        match iptables(self.a) && iptables(self.b) {
            false => Connections::First,
            true if translates(self.a) || translates(self.b) => Connections::Any,
            true => Connections::Plain,
        }
    }

    pub(super) fn new((a, b): &'p (Party, Party), (kernel, budget): (Kernel, usize)) -> Self {
        let mut space = Space::new(Classes::of(&[&a.filter, &b.filter]), budget);
        [a, b].iter().for_each(|party| party.names.lay_out(&mut space));
        Self { space, a, b, kernel, budget, assumptions: Vec::new(), runs: Formula::TRUE }
    }

    /// The proof for some of the packets that need be looked at, from the set of that number on, and the number
    /// of the set that is next.
    pub(super) fn run(
        &mut self,
        (left, supposed): (&mut Analysis<'_>, &[Supposition]),
        right: &mut Analysis<'_>,
        first: usize,
    ) -> (Proof, Option<usize>) {
        self.suppose(left, supposed);
        self.exclude_alternatives(left, right);
        for party in [self.a, self.b] {
            let runs = party.names.guard(&mut self.space, party.runs);
            self.runs = self.space.f.and(self.runs, runs);
        }
        self.space.require(self.runs);
        if let Some(reason) = self.outside() {
            return (Proof::NotDecided { reasons: vec![reason] }, None);
        }
        self.exclude_port_zero();
        self.own_devices(left.evaluation.own_addresses.devices());
        let fragments = self.whole_packets();
        let suspects = self.suspects();
        let (found, next) = self.look((&suspects, first), fragments);
        self.assume_names();
        let loose: Vec<(String, u32)> = found.iter().flat_map(|own| own.comers.clone()).collect();
        let repeated: Vec<(String, u32)> = [(self.a, &*left), (self.b, &*right)]
            .into_iter()
            .flat_map(|(party, analysis)| party.repeated(analysis))
            .collect();
        let lonely = self.asked_of_one_program();
        let open = |atom: &Atom| match atom {
            Atom::Alone(..) | Atom::Value(..) | Atom::Number(..) => true,
            Atom::Condition(text, before) => repeated.contains(&(text.clone(), *before)) || lonely.contains(text),
            Atom::Stateful(text, before) => loose.contains(&(text.clone(), *before)),
            _ => false,
        };
        let mut judged = Judgement::default();
        for own in &found {
            self.judge(own, &open, &mut judged);
        }
        (self.conclude(judged, &found, (left, right)), next)
    }

    /// The questions to one of the programs that the side with the other program does not ask in the same words: what
    /// that one would say is not known.
    fn asked_of_one_program(&self) -> BTreeSet<String> {
        let [a, b] = [self.a, self.b].map(|party| party.names.questions().collect::<BTreeSet<_>>());
        let lonely = a.symmetric_difference(&b).filter(|text| names_firewall(text));
        if self.mixed() { lonely.map(|text| (*text).to_owned()).collect() } else { BTreeSet::new() }
    }

    /// Sorts what is found on a path by what is certain of it.
    fn judge(&mut self, found: &Found, open: &impl Fn(&Atom) -> bool, judged: &mut Judgement) {
        let mut lost = Formula::FALSE;
        for (set, reason) in &found.lost {
            let set = self.space.f.and(*set, self.space.domain);
            if !set.is_false() && !judged.reasons.contains(reason) {
                judged.reasons.push(reason.clone());
            }
            lost = self.space.f.or(lost, set);
        }
        for (kind, set) in &found.observed {
            let set = self.space.f.and(*set, self.space.domain);
            let set = self.space.f.and_not(set, lost);
            if set.is_false() {
                continue;
            }
            if set == Formula::UNDECIDED {
                note(&mut judged.reasons, TOO_MANY.to_owned());
                continue;
            }
            let certain = self.space.whatever(set, open);
            let addressed = self.mixed() && *kind != Kind::Source && !certain.is_false();
            if addressed && self.space.whoever(certain).is_false() {
                // What the scripts find out about it while they run is not known here.
                note(&mut judged.reasons, "it depends on this host's own addresses".to_owned());
                continue;
            }
            if certain == Formula::UNDECIDED {
                note(&mut judged.reasons, TOO_MANY.to_owned());
            } else if certain.is_false() {
                judged.hanging.extend(self.space.depends_on(set).into_iter().filter(|atom| open(atom)));
            } else {
                let differing = Differing { path: found.path, kind: *kind, set: certain, domain: found.domain };
                judged.differences.push(differing);
            }
        }
    }

    /// The proof that follows from what is found.
    fn conclude(&mut self, judged: Judgement, found: &[Found], sides: (&mut Analysis<'_>, &mut Analysis<'_>)) -> Proof {
        let Judgement { differences, mut reasons, hanging } = judged;
        reasons.extend(doubt::depends(&hanging));
        if !differences.is_empty() {
            let shown = self.show(differences, sides);
            if !shown.is_empty() {
                return Proof::Different { differences: shown };
            }
            note(&mut reasons, "the packets that seem to differ are treated alike one by one".to_owned());
        }
        if reasons.is_empty() {
            for own in found {
                own.comers.iter().for_each(|(text, _)| note(&mut reasons, doubt::comes(text)));
            }
        }
        reasons.sort();
        match reasons.is_empty() {
            true => Proof::Equal { assumptions: std::mem::take(&mut self.assumptions) },
            false => Proof::NotDecided { reasons },
        }
    }

    /// What is found of the sets from that number on, as far as there is room for, and the number of the next.
    fn look(&mut self, (suspects, first): (&[Formula], usize), whole: Formula) -> (Vec<Found>, Option<usize>) {
        let (mut found, mut next): (Vec<Found>, _) = (Vec::new(), first);
        while let Some(set) = suspects.get(next).filter(|_| next == first || self.space.f.size() < self.budget / 2) {
            for path in PATHS {
                let part = self.path((path, *set), whole);
                match found.iter_mut().find(|own| own.path == path) {
                    Some(known) => known.join(&mut self.space, part),
                    None => found.push(part),
                }
            }
            next += 1;
        }
        (found, (next < suspects.len()).then_some(next))
    }

    /// The packets that need be looked at.
    fn suspects(&mut self) -> Vec<Formula> {
        let connections = self.connections();
        let suspects = suspects(&mut self.space, [self.a.firewall(), self.b.firewall()], connections);
        let all = suspects.iter().any(|set| set.is_true());
        if !all && [self.a, self.b].iter().any(|party| party.filter.depends_on_earlier_packets()) {
            self.assume(Assumption::SameState);
        }
        suspects
    }

    fn path(&mut self, (path, suspects): (Path, Formula), whole: Formula) -> Found {
        let connections = self.connections();
        let mut domain = self.domain(path, whole);
        let (kernel, space) = (self.kernel, &mut self.space);
        // Rules of other runs need not be followed.
        let on = space.f.and(domain, self.runs);
        let on = (path, space.f.and(on, suspects));
        let a = pass(space, (&self.a.filter, &self.a.names), on, connections, kernel);
        let b = pass(space, (&self.b.filter, &self.b.names), on, connections, kernel);
        for misdirected in [a.misdirected, b.misdirected] {
            if !self.space.f.and(domain, misdirected).is_false() {
                self.assume(Assumption::OwnForwarded);
            }
            domain = self.space.f.and_not(domain, misdirected);
        }
        if self.mixed() {
            let stray = self.strays(path, &a, &b);
            if !self.space.f.and(stray, domain).is_false() {
                self.assume(Assumption::StraysAreNotTranslated);
            }
            domain = self.space.f.and_not(domain, stray);
        }
        let looked_at = self.space.f.and(domain, suspects);
        let views = Observed { mixed: self.mixed() };
        let observed = views.compare(&mut self.space, (&a, &b), looked_at);
        if path == Path::Forwarded {
            domain = self.without_own((&a, &b), &observed, (domain, looked_at));
        }
        let looked_at = self.space.f.and(domain, suspects);
        let within = |space: &mut Space, set| space.f.and(set, looked_at);
        let observed = observed.into_iter().map(|(kind, set)| (kind, within(&mut self.space, set))).collect();
        let lost = a.lost.iter().chain(&b.lost);
        let lost = lost.map(|(set, reason)| (within(&mut self.space, *set), reason.to_string())).collect();
        let comers = self.uneven(&a, &b, looked_at);
        Found { path, observed, lost, comers, domain }
    }

    /// The packets of a domain without those to addresses of this host, where anything hangs on them.
    fn without_own(
        &mut self,
        (a, b): (&Fates, &Fates),
        observed: &[(Kind, Formula)],
        (mut domain, looked_at): (Formula, Formula),
    ) -> Formula {
        for (name, own) in self.own_destinations() {
            let own = self.space.f.and(own, looked_at);
            let own = self.space.f.and(own, self.space.domain);
            let lost = a.lost.iter().chain(&b.lost).map(|(set, _)| *set);
            let mut open = observed.iter().map(|(_, set)| *set).chain(lost);
            if open.any(|set| !self.space.f.and(set, own).is_false()) || !self.uneven(a, b, own).is_empty() {
                self.assume(Assumption::OwnAddress(name));
                domain = self.space.f.and_not(domain, own);
            }
        }
        domain
    }

    /// Tests that depend on earlier packets, and that do not get the same packets on both sides.
    fn uneven(&mut self, a: &Fates, b: &Fates, domain: Formula) -> Vec<(String, u32)> {
        let mut uneven = Vec::new();
        for test in a.comers.keys().chain(b.comers.keys()) {
            let of = |fates: &Fates| fates.comers.get(test).copied().unwrap_or(Formula::FALSE);
            let differ = self.space.f.differ(of(a), of(b));
            let differ = self.space.f.and(differ, domain);
            let differ = self.space.f.and(differ, self.space.domain);
            if !differ.is_false() && !uneven.contains(test) {
                uneven.push(test.clone());
            }
        }
        uneven.sort();
        uneven
    }

    fn domain(&mut self, path: Path, whole: Formula) -> Formula {
        if path == Path::Forwarded { crate::packet::sets::not_loopback(&mut self.space, whole) } else { whole }
    }

    /// Packets that belong to no connection, but that ipchains would translate.
    fn strays(&mut self, path: Path, a: &Fates, b: &Fates) -> Formula {
        let (old, new) = if self.a.dialect == Dialect::Ipchains { (a, b) } else { (b, a) };
        let Some(last) = &new.last else { return Formula::FALSE };
        let mut begins = last.states[place(State::New)];
        if path == Path::Sent {
            begins = Formula::TRUE;
        }
        let translated = old.with(&mut self.space, |verdict| {
            matches!(verdict, Verdict::Masquerade { rewritten: true } | Verdict::Redirect { .. })
        });
        let translated = self.space.f.or(translated, old.relayed);
        self.space.f.and_not(translated, begins)
    }
}
