//! Whether two rulesets treat every packet alike, and a packet that shows it where they do not.
//!
//! The rules of both sides are turned into functions of one space of packets and compared.
//! Equal is said only where the functions are the same; what hangs on something that is not
//! known, or takes too much work, is not decided. What is taken for granted is named.

mod arms;
mod assumption;
mod difference;
mod doubt;
mod generalise;
mod spare;

pub use assumption::Assumption;
pub use difference::{Difference, Kind, Side};
pub use doubt::{Locate, doubts};
pub use spare::spare;

use std::collections::{BTreeSet, HashSet};

use crate::analysis::{Analysis, CanBe, Supposition};
use crate::logic::Formula;
use crate::model::{Dialect, Family, Ruleset};
use crate::packet::sets::{Atom, Classes, Connections, Fates, Firewall, Names, Space, pass, place, suspects};
use crate::packet::{Filter, Kernel, Path, State, Verdict};
use crate::text::{Edits, Place, Sources};
use arms::Arm;
use difference::{Differing, Observed};

/// So many nodes of diagrams are made, some hundred megabytes at most.
const BUDGET: usize = 4_000_000;

/// So many times the diagrams are begun anew where the packets fall into many sets.
const MOST_SPACES: usize = 10;

/// So many packets are shown.
const MOST_EXAMPLES: usize = 3;

/// The ways of packets through the host.
const PATHS: [Path; 3] = [Path::Received, Path::Forwarded, Path::Sent];

const TOO_MANY: &str = "there are too many possibilities";

/// What is known of two rulesets.
#[derive(Debug)]
pub enum Proof {
    /// Every packet is treated alike.
    Equal {
        /// What that takes for granted.
        assumptions: Vec<Assumption>,
    },
    /// Some packet is not.
    Different {
        /// The kinds of difference, each with a packet.
        differences: Vec<Difference>,
    },
    /// It cannot be told.
    NotDecided {
        /// Why.
        reasons: Vec<String>,
    },
}

impl Proof {
    /// The answer in one line, the end of a report.
    pub fn summary(&self) -> String {
        match self {
            Self::Equal { assumptions } if assumptions.is_empty() => "equal for all packets".to_owned(),
            Self::Equal { assumptions } => {
                let all: Vec<String> = assumptions.iter().map(ToString::to_string).collect();
                format!("equal for all packets, given that {}", all.join("; "))
            }
            Self::Different { differences } => {
                let all: Vec<String> = differences.iter().map(|own| own.set.clone()).collect();
                format!("not equal: {}", all.join("; "))
            }
            Self::NotDecided { reasons } => format!("not decided: {}", reasons.join("; ")),
        }
    }
}

/// Compares what is left of an ipchains script with what it became.
///
/// Words of the original that are not known are taken for what ipchains accepts in their place.
/// `edits` made the new text; what is said of it is said of the lines of the old file that it comes from.
pub fn migration(original: &mut Analysis<'_>, migrated: &mut Analysis<'_>, edits: &Edits, kernel: Kernel) -> Proof {
    let supposed = original.suppose();
    let (old, sources, new) = (original.sources.get(original.file), migrated.sources, migrated.file);
    let locate = |place: Place| match place.file == new && !edits.is_empty() {
        true => (old.path().to_owned(), old.line(edits.origin(place.span.start))),
        false => ("the output".to_owned(), located(sources, place).1),
    };
    let mut doubts = doubt::doubts(original, &|place| located(original.sources, place));
    doubts.extend(doubt::doubts(migrated, &locate));
    compare_as((original, Dialect::Ipchains), (migrated, Dialect::Iptables), (doubts, &supposed), (kernel, BUDGET))
}

fn located(sources: &Sources, place: Place) -> (String, usize) {
    let source = sources.get(place.file);
    (source.path().to_owned(), source.line(place.span.start))
}

/// Compares two files, each by the language of its commands.
pub fn compare(left: &mut Analysis<'_>, right: &mut Analysis<'_>, kernel: Kernel) -> Proof {
    compare_within(left, right, kernel, BUDGET)
}

/// Compares two files with so many nodes of diagrams.
pub fn compare_within(left: &mut Analysis<'_>, right: &mut Analysis<'_>, kernel: Kernel, budget: usize) -> Proof {
    let (a, b) = (left.dialect(), right.dialect());
    let doubts = |own: &Analysis<'_>| doubt::doubts(own, &|place| located(own.sources, place));
    let mut doubts: Vec<String> = doubts(left).into_iter().chain(doubts(right)).collect();
    let (here, there) = (doubt::elsewhere(left), doubt::elsewhere(right));
    let only = here.symmetric_difference(&there).next();
    doubts.extend(only.map(|own| format!("only one side runs `{own}`, and what that does is not known")));
    compare_as((left, a), (right, b), (doubts, &[]), (kernel, budget))
}

fn compare_as(
    (left, left_dialect): (&mut Analysis<'_>, Dialect),
    (right, right_dialect): (&mut Analysis<'_>, Dialect),
    (mut doubts, supposed): (Vec<String>, &[Supposition]),
    (kernel, budget): (Kernel, usize),
) -> Proof {
    let (mut a, mut b) = (arms::arms(left, left_dialect), arms::arms(right, right_dialect));
    for (analysis, arms) in [(&*left, &a), (&*right, &b)] {
        if arms.is_none() {
            let path = analysis.sources.get(analysis.file).path();
            doubts.push(format!("{path}: some runs may use both ipchains and iptables"));
        }
    }
    if !doubts.is_empty() {
        return Proof::NotDecided { reasons: doubts };
    }
    let mut all = Vec::new();
    for arm in a.take().into_iter().flatten() {
        for other in b.iter_mut().flatten() {
            let arms = [(arm, Family::V4), (*other, Family::V4)];
            all.extend(proofs((left, supposed), right, arms, (kernel, budget)));
        }
    }
    // Only iptables has rules for IPv6.
    let newer = (Dialect::Iptables, Formula::TRUE);
    let has_rules =
        |own: &mut Analysis<'_>| Party::new(own, newer, Family::V6).ruleset.tables.iter().any(arms::is_used);
    if has_rules(left) || has_rules(right) {
        let arms = [(newer, Family::V6); 2];
        // Addresses of IPv6 are only told apart by how they are written.
        all.extend(proofs((left, supposed), right, arms, (kernel, budget)).into_iter().map(|proof| match proof {
            proof @ Proof::Equal { .. } => proof,
            _ => Proof::NotDecided { reasons: vec!["the rules for IPv6 are not alike on both sides".to_owned()] },
        }));
    }
    together(all)
}

/// What is known of two arms, set by set of the packets that need be looked at.
fn proofs(
    (left, supposed): (&mut Analysis<'_>, &[Supposition]),
    right: &mut Analysis<'_>,
    [(arm, family), (other, _)]: [(Arm, Family); 2],
    (kernel, budget): (Kernel, usize),
) -> Vec<Proof> {
    let mut proofs = Vec::new();
    let mut next = Some(0);
    while let Some(first) = next {
        if proofs.len() == MOST_SPACES {
            proofs.push(Proof::NotDecided { reasons: vec![TOO_MANY.to_owned()] });
            break;
        }
        let parties = (Party::new(left, arm, family), Party::new(right, other, family));
        let (proof, rest) = Comparison::new(parties, (kernel, budget)).run((left, supposed), right, first);
        proofs.push(proof);
        next = rest;
    }
    proofs
}

/// What follows for all runs from what is known of some each.
fn together(all: Vec<Proof>) -> Proof {
    let (mut known, mut shown, mut open, mut decided) = (Vec::new(), Vec::new(), Vec::new(), true);
    for proof in all {
        match proof {
            Proof::Equal { assumptions } => assumptions.into_iter().for_each(|own| {
                if !known.contains(&own) {
                    known.push(own);
                }
            }),
            Proof::Different { differences } => shown.extend(differences),
            Proof::NotDecided { reasons } => {
                decided = false;
                reasons.into_iter().for_each(|own| note(&mut open, own));
            }
        }
    }
    match (shown.is_empty(), decided) {
        (false, _) => Proof::Different { differences: shown },
        (true, false) => Proof::NotDecided { reasons: open },
        (true, true) => Proof::Equal { assumptions: known },
    }
}

/// One side of a comparison.
pub(crate) struct Party {
    filter: Filter,
    names: Names,
    dialect: Dialect,
    ruleset: Ruleset,
    /// The runs that are compared.
    runs: Formula,
}

impl Party {
    fn new(analysis: &mut Analysis<'_>, (dialect, runs): Arm, family: Family) -> Self {
        let own = analysis.ruleset(dialect, family).cloned();
        let ruleset = own.unwrap_or_else(|| Ruleset::new(dialect, family));
        let filter = Filter::new(&ruleset, &mut analysis.evaluation.conditions.formulas, Formula::TRUE);
        let mut names = Names::of(&filter, &analysis.evaluation.conditions);
        names.keep(runs, &analysis.evaluation.conditions);
        Self { filter, names, dialect, ruleset, runs }
    }
}

impl Party {
    fn firewall(&self) -> Firewall<'_> {
        Firewall { ruleset: &self.ruleset, filter: &self.filter, names: &self.names }
    }

    /// The conditions of rules that are made any number of times: they may come out otherwise each time.
    fn repeated(&self, analysis: &Analysis<'_>) -> Vec<(String, u32)> {
        let chains = self.ruleset.tables.iter().flat_map(|table| &table.chains);
        let entries = chains.flat_map(|chain| &chain.entries).filter(|entry| entry.many);
        let mut open: Vec<Formula> = entries.map(|entry| entry.guard).collect();
        let (mut seen, mut found) = (HashSet::new(), Vec::new());
        while let Some(at) = open.pop() {
            let Some((variable, low, high)) = analysis.evaluation.conditions.formulas.decision(at) else { continue };
            if !seen.insert(at) {
                continue;
            }
            open.extend([low, high]);
            if let Some(Atom::Condition(text, before)) = self.names.atom_of(variable) {
                found.push((text, before));
            }
        }
        found
    }
}

struct Comparison {
    space: Space,
    a: Party,
    b: Party,
    kernel: Kernel,
    budget: usize,
    assumptions: Vec<Assumption>,
    /// The runs that are compared, in the words of the space.
    runs: Formula,
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

impl Comparison {
    fn mixed(&self) -> bool {
        self.a.dialect != self.b.dialect
    }

    fn connections(&self) -> Connections {
        let iptables = |party: &Party| party.dialect == Dialect::Iptables;
        let translates = |party: &Party| party.ruleset.table("nat").is_some();
        match iptables(&self.a) && iptables(&self.b) {
            false => Connections::First,
            true if translates(&self.a) || translates(&self.b) => Connections::Any,
            true => Connections::Plain,
        }
    }

    fn new((mut a, mut b): (Party, Party), (kernel, budget): (Kernel, usize)) -> Self {
        if a.dialect != b.dialect {
            let (old, new) = if a.dialect == Dialect::Ipchains { (&mut a, &b) } else { (&mut b, &a) };
            old.names.follow(&new.names);
        }
        let space = Space::new(Classes::of(&[&a.filter, &b.filter]), budget);
        Self { space, a, b, kernel, budget, assumptions: Vec::new(), runs: Formula::TRUE }
    }

    /// The proof for some of the packets that need be looked at, from the set of that number on, and the number
    /// of the set that is next.
    fn run(
        &mut self,
        (left, supposed): (&mut Analysis<'_>, &[Supposition]),
        right: &mut Analysis<'_>,
        first: usize,
    ) -> (Proof, Option<usize>) {
        self.suppose(left, supposed);
        self.exclude_alternatives(left, right);
        for party in [&self.a, &self.b] {
            let runs = party.names.guard(&mut self.space, party.runs);
            self.runs = self.space.f.and(self.runs, runs);
        }
        self.space.require(self.runs);
        self.exclude_port_zero();
        let fragments = self.whole_packets();
        let suspects = self.suspects();
        let (mut found, mut next): (Vec<Found>, _) = (Vec::new(), first);
        while let Some(set) = suspects.get(next).filter(|_| next == first || self.space.f.size() < self.budget / 2) {
            for path in PATHS {
                let part = self.path((path, *set), fragments);
                match found.iter_mut().find(|own| own.path == path) {
                    Some(known) => known.join(&mut self.space, part),
                    None => found.push(part),
                }
            }
            next += 1;
        }
        let next = (next < suspects.len()).then_some(next);
        self.assume_names();
        let loose: Vec<(String, u32)> = found.iter().flat_map(|own| own.comers.clone()).collect();
        let repeated: Vec<(String, u32)> = [(&self.a, &*left), (&self.b, &*right)]
            .into_iter()
            .flat_map(|(party, analysis)| party.repeated(analysis))
            .collect();
        let open = |atom: &Atom| match atom {
            Atom::Alone(..) | Atom::Value(..) | Atom::Number(..) => true,
            Atom::Condition(text, before) => repeated.contains(&(text.clone(), *before)),
            Atom::Stateful(text, before) => loose.contains(&(text.clone(), *before)),
            _ => false,
        };
        let (mut differences, mut reasons, mut hanging) = (Vec::new(), Vec::new(), Vec::new());
        for own in &found {
            let mut lost = Formula::FALSE;
            for (set, reason) in &own.lost {
                let set = self.space.f.and(*set, self.space.domain);
                if !set.is_false() && !reasons.contains(reason) {
                    reasons.push(reason.clone());
                }
                lost = self.space.f.or(lost, set);
            }
            for (kind, set) in &own.observed {
                let set = self.space.f.and(*set, self.space.domain);
                let set = self.space.f.and_not(set, lost);
                if set.is_false() {
                    continue;
                }
                if set == Formula::UNDECIDED {
                    note(&mut reasons, TOO_MANY.to_owned());
                    continue;
                }
                let certain = self.space.whatever(set, &open);
                let addressed = self.mixed() && *kind != Kind::Source && !certain.is_false();
                if addressed && self.space.whoever(certain).is_false() {
                    // What the scripts find out about it while they run is not known here.
                    note(&mut reasons, "it depends on this host's own addresses".to_owned());
                    continue;
                }
                if certain == Formula::UNDECIDED {
                    note(&mut reasons, TOO_MANY.to_owned());
                } else if certain.is_false() {
                    hanging.extend(self.space.depends_on(set).into_iter().filter(|atom| open(atom)));
                } else {
                    differences.push(Differing { path: own.path, kind: *kind, set: certain, domain: own.domain });
                }
            }
        }
        reasons.extend(doubt::depends(&hanging));
        if !differences.is_empty() {
            let shown = self.show(differences, (left, right));
            if !shown.is_empty() {
                return (Proof::Different { differences: shown }, next);
            }
            note(&mut reasons, "the packets that seem to differ are treated alike one by one".to_owned());
        }
        if reasons.is_empty() {
            for own in &found {
                own.comers.iter().for_each(|(text, _)| note(&mut reasons, doubt::comes(text)));
            }
        }
        reasons.sort();
        let proof = match reasons.is_empty() {
            true => Proof::Equal { assumptions: std::mem::take(&mut self.assumptions) },
            false => Proof::NotDecided { reasons },
        };
        (proof, next)
    }

    /// Nothing is claimed for runs in which a word is something else than it is supposed to be.
    fn suppose(&mut self, left: &Analysis<'_>, supposed: &[Supposition]) {
        for supposition in supposed {
            let value = supposition.value.to_string();
            let texts = match supposition.can_be {
                CanBe::OneOf(texts) => texts,
                CanBe::Port => {
                    self.assume(Assumption::Port(value));
                    continue;
                }
                CanBe::PortOrNothing => {
                    self.assume(Assumption::PortOrNothing(value));
                    continue;
                }
            };
            let variables = left.evaluation.conditions.comparisons(&supposition.value, texts);
            let atoms: Vec<Atom> =
                variables.into_iter().filter_map(|variable| self.a.names.atom_of(variable)).collect();
            if atoms.len() == texts.len() {
                let mut any = Formula::FALSE;
                for atom in atoms {
                    let one = self.space.atom(atom);
                    any = self.space.f.or(any, one);
                }
                self.runs = self.space.f.and(self.runs, any);
                self.assume(Assumption::OneOf(value, texts));
            }
        }
    }

    /// Literals that one text is compared with exclude each other.
    fn exclude_alternatives(&mut self, left: &Analysis<'_>, right: &Analysis<'_>) {
        for analysis in [left, right] {
            let names = if std::ptr::eq(analysis, left) { &self.a.names } else { &self.b.names };
            for group in analysis.evaluation.conditions.alternatives() {
                let atoms = group.into_iter().filter_map(|variable| names.atom_of(variable));
                let variables: Vec<Formula> = atoms.map(|atom| self.space.atom(atom)).collect();
                for (at, one) in variables.iter().enumerate() {
                    for other in &variables[..at] {
                        let both = self.space.f.and(*one, *other);
                        self.runs = self.space.f.and_not(self.runs, both);
                    }
                }
            }
        }
    }

    /// Packets as the rules see them: fragments are put together where the kernel does that.
    fn whole_packets(&mut self) -> Formula {
        let tracks = |party: &Party| party.dialect == Dialect::Iptables && assumption::tracks(&party.ruleset);
        if !self.mixed() && !tracks(&self.a) && !tracks(&self.b) {
            return Formula::TRUE;
        }
        self.assume(Assumption::WholePackets);
        self.space.fields.fragment.opposite()
    }

    fn assume(&mut self, assumption: Assumption) {
        if !self.assumptions.contains(&assumption) {
            self.assumptions.push(assumption);
        }
    }

    fn assume_names(&mut self) {
        let atoms = self.space.unseen().to_vec();
        if self.mixed() {
            self.assume(Assumption::FirstPackets);
        }
        let mut values = BTreeSet::new();
        for atom in atoms {
            match atom {
                Atom::Value(text, _) => values.extend(doubt::variables(&text)),
                Atom::Number(text, _) => {
                    values.extend(doubt::variables(&text));
                    if self.mixed() {
                        self.assume(Assumption::OwnForwarded);
                    }
                }
                Atom::Condition(..) => self.assume(Assumption::SameConditions),
                Atom::Stateful(..) => self.assume(Assumption::SameState),
                _ => {}
            }
        }
        if !values.is_empty() {
            self.assume(Assumption::SameValues(values.into_iter().collect()));
        }
    }

    /// A redirection to the packet's own port is none where that is 0, which iptables does not know.
    fn exclude_port_zero(&mut self) {
        if !self.mixed() || ![&self.a, &self.b].iter().any(|party| assumption::keeps_port(&party.ruleset)) {
            return;
        }
        self.assume(Assumption::NoPortZero);
        let port = self.space.fields.destination_port.clone();
        let zero = crate::packet::sets::bits::is(&mut self.space.f, &port, 0);
        let ported = self.space.has_ports();
        let both = self.space.f.and(zero, ported);
        self.space.require(both.opposite());
    }

    /// The packets that need be looked at.
    fn suspects(&mut self) -> Vec<Formula> {
        let connections = self.connections();
        let suspects = suspects(&mut self.space, [self.a.firewall(), self.b.firewall()], connections);
        let all = suspects.iter().any(|set| set.is_true());
        if !all && [&self.a, &self.b].iter().any(|party| party.filter.depends_on_earlier_packets()) {
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
        let within = |space: &mut Space, set| space.f.and(set, looked_at);
        let observed = observed.into_iter().map(|(kind, set)| (kind, within(&mut self.space, set))).collect();
        let lost = a.lost.iter().chain(&b.lost);
        let lost = lost.map(|(set, reason)| (within(&mut self.space, *set), reason.to_string())).collect();
        let comers = self.uneven(&a, &b, looked_at);
        Found { path, observed, lost, comers, domain }
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

fn note(reasons: &mut Vec<String>, reason: String) {
    if !reasons.contains(&reason) {
        reasons.push(reason);
    }
}
