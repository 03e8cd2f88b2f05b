//! Which iptables chains stand for an ipchains chain.
//!
//! A user chain means different things depending on the built-in chain that leads
//! to it (`-i` is the arrival device in input, the departure device elsewhere; REJECT
//! answers differently), so it is copied once for each meaning. Masquerading,
//! redirection, marks and TOS happen in other tables; there the chains on the way to
//! such a rule are repeated as far as they decide whether it is reached.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{Analysis, Reading};
use crate::model::{Action, Effect, Match, Piece, Rule, Test, Value};

/// The built-in chain through which a packet comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    Input,
    Forward,
    Output,
}

impl Side {
    const ALL: [Self; 3] = [Self::Input, Self::Forward, Self::Output];

    /// The side that the built-in chain `name` of ipchains is.
    pub(super) fn of_chain(name: &str) -> Option<Self> {
        match name {
            "input" => Some(Self::Input),
            "forward" => Some(Self::Forward),
            "output" => Some(Self::Output),
            _ => None,
        }
    }

    /// The chain of the filter table.
    pub(super) fn builtin(self) -> &'static str {
        match self {
            Self::Input => "INPUT",
            Self::Forward => "FORWARD",
            Self::Output => "OUTPUT",
        }
    }

    fn suffix(self) -> &'static str {
        match self {
            Self::Input => "-in",
            Self::Forward => "-fwd",
            Self::Output => "-out",
        }
    }
}

/// What a copy of a chain is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Purpose {
    /// Decides whether packets pass.
    Filter,
    /// Masquerades, in nat POSTROUTING.
    Masquerade,
    /// Redirects, in nat PREROUTING.
    Redirect,
    /// Sets marks and TOS, in mangle.
    Mangle,
}

impl Purpose {
    /// What happens outside of the filter table.
    const OTHERS: [Self; 3] = [Self::Mangle, Self::Redirect, Self::Masquerade];

    /// Whether a dropped packet must be kept from later rules: only what comes before the filter
    /// table can change where the packet goes.
    pub(super) fn heeds_drops(self) -> bool {
        self == Self::Redirect
    }

    /// The table, where it is not `filter`.
    pub(super) fn table(self) -> Option<&'static str> {
        match self {
            Self::Filter => None,
            Self::Masquerade | Self::Redirect => Some("nat"),
            Self::Mangle => Some("mangle"),
        }
    }

    /// Whether `rule` does the thing itself.
    pub(super) fn is_served_by(self, rule: &Rule) -> bool {
        let target = rule.target.as_ref().and_then(|target| target.name.known());
        match self {
            Self::Filter => true,
            Self::Masquerade => target == Some("MASQ"),
            Self::Redirect => target == Some("REDIRECT"),
            Self::Mangle => rule.effects.iter().any(|effect| matches!(effect, Effect::Mark(_) | Effect::Tos { .. })),
        }
    }

    /// The sides on which it takes place at all.
    fn takes_place(self, side: Side) -> bool {
        match self {
            Self::Masquerade => side == Side::Forward,
            Self::Redirect => side == Side::Input,
            _ => true,
        }
    }
}

/// One iptables chain that stands for an ipchains chain.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Copy {
    pub(super) purpose: Purpose,
    pub(super) side: Side,
    pub(super) name: String,
}

/// A rule of the script with the number of its step.
pub(super) struct Placed<'a> {
    pub(super) step: usize,
    pub(super) inserted: bool,
    pub(super) rule: &'a Rule,
}

/// The chains of a script and their copies.
pub(super) struct Layout<'a> {
    rules: BTreeMap<String, Vec<Placed<'a>>>,
    reached: BTreeMap<String, BTreeSet<Side>>,
    masquerade_policy: bool,
    /// The chains that have copies in other tables.
    needed: BTreeMap<(Purpose, Side), BTreeSet<String>>,
}

/// Chain names that mean something else to iptables.
const RESERVED: [&str; 26] = [
    "ACCEPT",
    "RETURN",
    "REJECT",
    "REDIRECT",
    "DROP",
    "QUEUE",
    "LOG",
    "MARK",
    "TOS",
    "SNAT",
    "DNAT",
    "MASQUERADE",
    "NFLOG",
    "NFQUEUE",
    "CT",
    "TCPMSS",
    "INPUT",
    "OUTPUT",
    "FORWARD",
    "PREROUTING",
    "POSTROUTING",
    "CONNMARK",
    "NOTRACK",
    "TTL",
    "TRACE",
    "SET",
];

impl<'a> Layout<'a> {
    pub(super) fn of(analysis: &'a Analysis<'_>) -> Self {
        let mut layout = Self {
            rules: BTreeMap::new(),
            reached: BTreeMap::new(),
            masquerade_policy: false,
            needed: BTreeMap::new(),
        };
        for (step, reading) in analysis.readings.iter().enumerate() {
            let Some(command) =
                reading.as_ref().filter(|reading| matches!(reading, Reading::Ipchains(_))).and_then(Reading::command)
            else {
                continue;
            };
            match &command.action {
                Action::Append { chain, rules } => layout.add(step, false, chain.known(), rules),
                Action::Insert { chain, rules, .. } => layout.add(step, true, chain.known(), rules),
                Action::Replace { chain, rule, .. } => {
                    layout.add(step, true, chain.known(), std::slice::from_ref(rule))
                }
                Action::Policy { chain, target } if chain.is("forward") && target.is("MASQ") => {
                    layout.masquerade_policy = true
                }
                _ => {}
            }
        }
        layout.reach();
        for purpose in Purpose::OTHERS {
            for side in Side::ALL.into_iter().filter(|side| purpose.takes_place(*side)) {
                let needed = layout.find_needed(purpose, side);
                layout.needed.insert((purpose, side), needed);
            }
        }
        layout
    }

    fn add(&mut self, step: usize, inserted: bool, chain: Option<&str>, rules: &'a [Rule]) {
        let Some(chain) = chain else { return };
        let placed = rules.iter().map(|rule| Placed { step, inserted, rule });
        self.rules.entry(chain.to_owned()).or_default().extend(placed);
    }

    /// Which sides lead to which chain.
    fn reach(&mut self) {
        for side in Side::ALL {
            let mut pending = vec![side.builtin().to_ascii_lowercase()];
            while let Some(chain) = pending.pop() {
                if self.reached.entry(chain.clone()).or_default().insert(side) {
                    pending.extend(self.jumps(&chain).into_iter().map(str::to_owned));
                }
            }
        }
    }

    /// The user chains that rules of `chain` jump to; a name that is known in part may be any chain that fits.
    fn jumps(&self, chain: &str) -> Vec<&str> {
        let targets = self.rules.get(chain).into_iter().flatten().filter_map(|placed| placed.rule.target.as_ref());
        let mut chains = Vec::new();
        for target in targets {
            match target.name.known() {
                Some(name) if is_special(name) => {}
                Some(name) => chains.push(name),
                // A name of which nothing is known is most likely no chain's, but a verdict's.
                None if target.name.pieces().len() < 2 => {}
                None => {
                    let user = self.rules.keys().map(String::as_str).filter(|name| Side::of_chain(name).is_none());
                    chains.extend(user.filter(|name| fits(&target.name, name)));
                }
            }
        }
        chains
    }

    /// The sides that lead to `chain`; a chain that nothing jumps to counts as one of input.
    pub(super) fn sides(&self, chain: &str) -> Vec<Side> {
        match Side::of_chain(chain) {
            Some(side) => vec![side],
            None => match self.reached.get(chain) {
                Some(sides) => sides.iter().copied().collect(),
                None => vec![Side::Input],
            },
        }
    }

    /// All rules with the chains that they stand in.
    pub(super) fn placed(&self) -> impl Iterator<Item = (&str, &Placed<'a>)> {
        self.rules.iter().flat_map(|(chain, rules)| rules.iter().map(move |placed| (chain.as_str(), placed)))
    }

    /// The user chains that rules stand in.
    pub(super) fn user_chains(&self) -> impl Iterator<Item = String> + '_ {
        self.rules.keys().filter(|chain| Side::of_chain(chain).is_none()).cloned()
    }

    /// The copies of `chain`, the filter table's first.
    pub(super) fn copies(&self, chain: &str) -> Vec<Copy> {
        let mut copies: Vec<Copy> = Vec::new();
        for side in self.sides(chain) {
            let own = Copy { purpose: Purpose::Filter, side, name: self.filter_name(chain, side) };
            if !copies.iter().any(|copy| copy.name == own.name) {
                copies.push(own);
            }
        }
        for purpose in Purpose::OTHERS {
            let sides = self.sides(chain).into_iter().filter(|side| purpose.takes_place(*side));
            for side in sides.filter(|side| self.serves(chain, purpose, *side)) {
                copies.push(Copy { purpose, side, name: self.other_name(chain, purpose, side) });
            }
        }
        copies
    }

    /// The name of the filter copy of `chain` for packets of `side`.
    pub(super) fn filter_name(&self, chain: &str, side: Side) -> String {
        if Side::of_chain(chain).is_some() {
            return side.builtin().to_owned();
        }
        let name = plain_name(chain);
        let first = self
            .sides(chain)
            .into_iter()
            .find(|first| self.same(chain, *first, side, &mut BTreeSet::new()))
            .unwrap_or(side);
        if self.sides(chain).first() == Some(&first) { name } else { name + first.suffix() }
    }

    /// The name of a copy in another table.
    pub(super) fn other_name(&self, chain: &str, purpose: Purpose, side: Side) -> String {
        if Side::of_chain(chain).is_some() {
            return match purpose {
                Purpose::Masquerade => "POSTROUTING",
                Purpose::Redirect => "PREROUTING",
                _ if side == Side::Input => "PREROUTING",
                _ => side.builtin(),
            }
            .to_owned();
        }
        let several = self.sides(chain).len() > 1;
        plain_name(chain) + if several { side.suffix() } else { "" }
    }

    /// Whether `chain` means the same on both sides.
    fn same(&self, chain: &str, one: Side, other: Side, seen: &mut BTreeSet<String>) -> bool {
        if one == other || !seen.insert(chain.to_owned()) {
            return true;
        }
        let out = |side| side != Side::Input;
        let rule_differs = |placed: &Placed<'_>| {
            let interface = |found: &Match| matches!(found.test, Test::Interface(_));
            let target = placed.rule.target.as_ref().and_then(|target| target.name.known()).unwrap_or_default();
            (out(one) != out(other) && placed.rule.matches.iter().any(interface))
                || target == "REJECT"
                || target == "REDIRECT"
        };
        let own = self.rules.get(chain).into_iter().flatten().any(rule_differs);
        !own && self.jumps(chain).into_iter().all(|next| self.same(next, one, other, seen))
    }

    /// Whether the copy of `chain` for `purpose` is needed: a rule in it or further on does the thing,
    /// or a packet accepted in it must not come to such a rule.
    pub(super) fn serves(&self, chain: &str, purpose: Purpose, side: Side) -> bool {
        self.needed.get(&(purpose, side)).is_some_and(|chains| chains.contains(chain))
    }

    /// The chains that have a copy for `purpose` on `side`.
    fn find_needed(&self, purpose: Purpose, side: Side) -> BTreeSet<String> {
        let mut needed = BTreeSet::new();
        let begins = side.builtin().to_ascii_lowercase();
        let policy = purpose == Purpose::Masquerade && self.masquerade_policy;
        if !policy && !self.leads(&begins, purpose, &mut BTreeSet::new()) {
            return needed;
        }
        let mut pending = vec![begins];
        while let Some(chain) = pending.pop() {
            if !needed.insert(chain.clone()) {
                continue;
            }
            for placed in self.rules.get(&chain).into_iter().flatten() {
                let target = placed.rule.target.as_ref().and_then(|target| target.name.known());
                let Some(next) = target.filter(|name| !is_special(name)) else { continue };
                if self.leads(next, purpose, &mut BTreeSet::new()) || self.keeps_from(&chain, next, purpose, placed) {
                    pending.push(next.to_owned());
                }
            }
        }
        needed
    }

    /// Whether the jump to `next` keeps accepted packets from a later rule of `chain` that matters.
    fn keeps_from(&self, chain: &str, next: &str, purpose: Purpose, placed: &Placed<'_>) -> bool {
        self.accepts(next, &mut BTreeSet::new()) && self.hides(chain, purpose, placed.step, placed.rule)
    }

    fn leads(&self, chain: &str, purpose: Purpose, seen: &mut BTreeSet<String>) -> bool {
        if !seen.insert(chain.to_owned()) {
            return false;
        }
        let own = self.rules.get(chain).into_iter().flatten().any(|placed| purpose.is_served_by(placed.rule));
        own || self.jumps(chain).into_iter().any(|next| self.leads(next, purpose, seen))
    }

    /// Whether a packet may be accepted in `chain`, so that it never reaches what comes after it.
    fn accepts(&self, chain: &str, seen: &mut BTreeSet<String>) -> bool {
        if !seen.insert(chain.to_owned()) {
            return false;
        }
        let accepts = |placed: &Placed<'_>| placed.rule.target.as_ref().is_some_and(|target| target.name.is("ACCEPT"));
        self.rules.get(chain).into_iter().flatten().any(accepts)
            || self.jumps(chain).into_iter().any(|next| self.accepts(next, seen))
    }

    /// Whether a rule that ends or leaves `chain` at `step` keeps packets from a later rule that serves `purpose`.
    pub(super) fn hides(&self, chain: &str, purpose: Purpose, step: usize, rule: &Rule) -> bool {
        let rules = self.rules.get(chain).into_iter().flatten();
        let later = rules.filter(|placed| placed.step > step || placed.inserted);
        let concerned = |placed: &Placed<'_>| {
            let jump =
                placed.rule.target.as_ref().and_then(|target| target.name.known()).filter(|name| !is_special(name));
            purpose.is_served_by(placed.rule)
                || jump.is_some_and(|next| self.leads(next, purpose, &mut BTreeSet::new()))
        };
        let policy = purpose == Purpose::Masquerade && self.masquerade_policy && chain == "forward";
        let returns = Side::of_chain(chain).is_none();
        policy || returns || later.filter(|placed| concerned(placed)).any(|placed| !disjoint(rule, placed.rule))
    }

    /// The first command by which input or output holds back packets, where forward lets some pass:
    /// under ipchains those met it too.
    pub(super) fn met_by_forwarded(&self, analysis: &Analysis<'_>) -> Option<usize> {
        let drops =
            |rule: &Rule| rule.target.as_ref().is_some_and(|target| target.name.is("DENY") || target.name.is("REJECT"));
        let passes = self.accepts("forward", &mut BTreeSet::new())
            || self.leads("forward", Purpose::Masquerade, &mut BTreeSet::new());
        let rules = ["input", "output"].into_iter().flat_map(|chain| self.rules.get(chain).into_iter().flatten());
        let by_rule = rules.filter(|placed| drops(placed.rule)).map(|placed| placed.step);
        let closes = |reading: &Reading| match reading.command().map(|command| &command.action) {
            Some(Action::Policy { chain, target }) => {
                !chain.is("forward") && (target.is("DENY") || target.is("REJECT"))
            }
            _ => false,
        };
        let readings = analysis.readings.iter().enumerate();
        let by_policy = readings.filter(|(_, reading)| reading.as_ref().is_some_and(closes)).map(|(step, _)| step);
        by_rule.chain(by_policy).min().filter(|_| passes || self.masquerade_policy)
    }

    /// Whether any chain has a copy in `table`.
    pub(super) fn uses_table(&self, table: &str) -> bool {
        self.needed.iter().any(|((purpose, _), chains)| purpose.table() == Some(table) && !chains.is_empty())
    }
}

/// Whether `chain` may be meant by a name of which only the beginning or the end is known.
pub(super) fn fits(name: &Value, chain: &str) -> bool {
    let pieces = name.pieces();
    let known = |piece: Option<&Piece>| match piece {
        Some(Piece::Known(text)) => text.clone(),
        _ => String::new(),
    };
    let (begin, end) = (known(pieces.first()), known(pieces.last()));
    chain.len() >= begin.len() + end.len() && chain.starts_with(&begin) && chain.ends_with(&end)
}

/// A target that is no user chain.
pub(super) fn is_special(name: &str) -> bool {
    matches!(name, "ACCEPT" | "DENY" | "REJECT" | "MASQ" | "REDIRECT" | "RETURN")
}

/// The name of a user chain; one that iptables takes for something else is changed.
pub(super) fn plain_name(chain: &str) -> String {
    if RESERVED.contains(&chain) { format!("{chain}-chain") } else { chain.to_owned() }
}

/// Whether no packet can match both rules, as far as it shows at once.
fn disjoint(one: &Rule, other: &Rule) -> bool {
    one.matches.iter().any(|a| other.matches.iter().any(|b| excludes(a, b)))
}

fn excludes(a: &Match, b: &Match) -> bool {
    use crate::model::{Address, Known::Is};
    if a.negated != b.negated && a.test == b.test {
        return true;
    }
    if a.negated || b.negated {
        return false;
    }
    match (&a.test, &b.test) {
        (Test::Source(Is(Address::V4(a))), Test::Source(Is(Address::V4(b))))
        | (Test::Destination(Is(Address::V4(a))), Test::Destination(Is(Address::V4(b)))) => {
            let both = a.mask & b.mask;
            a.address & both != b.address & both
        }
        (Test::Interface(Is(a)), Test::Interface(Is(b))) => match (a.prefix, b.prefix) {
            (false, false) => a.name != b.name,
            (true, false) => !b.name.starts_with(&a.name),
            (false, true) => !a.name.starts_with(&b.name),
            (true, true) => !a.name.starts_with(&b.name) && !b.name.starts_with(&a.name),
        },
        (Test::Protocol(Is(a)), Test::Protocol(Is(b))) => a != b,
        (Test::SourcePort(Is(a)), Test::SourcePort(Is(b)))
        | (Test::DestinationPort(Is(a)), Test::DestinationPort(Is(b))) => a.high < b.low || b.high < a.low,
        _ => false,
    }
}
