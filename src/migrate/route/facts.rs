//! What the rules and policies of a script can do to forwarded packets.

use std::collections::BTreeSet;

use crate::analysis::Analysis;
use crate::migrate::layout::{Layout, Side, has_open_target, is_special};
use crate::migrate::policies::Policies;
use crate::model::{Action, Address, Dialect, Effect, Family, Known, Network, Rule, Ruleset, Test};
use crate::text::Place;

/// What there is to ask of a script.
pub(super) struct Facts<'a> {
    layout: &'a Layout<'a>,
    /// The policies that the chains can end up with where there are rules.
    finals: [BTreeSet<String>; 3],
    /// The commands with rules that some run leaves; none where no run leaves any.
    lasting: BTreeSet<Place>,
}

impl<'a> Facts<'a> {
    pub(super) fn of(layout: &'a Layout<'a>, policies: &Policies, analysis: &Analysis<'_>) -> Self {
        let ruleset = analysis.ruleset(Dialect::Ipchains, Family::V4);
        let mut lasting = ruleset.map(lasting).unwrap_or_default();
        if !lasting.is_empty() {
            // Which rule another one takes the place of may be known to the run alone.
            let unplaced = analysis.commands().filter_map(|(_, command)| match &command.action {
                Action::Replace { position: Known::Unknown(_), rule, .. } => Some(rule.place),
                _ => None,
            });
            lasting.extend(unplaced);
        }
        Self { layout, finals: finals(layout, policies, analysis), lasting }
    }

    /// Whether a chain has a policy in the end beside rules.
    pub(super) fn has_policies(&self) -> bool {
        self.finals.iter().any(|policies| !policies.is_empty())
    }

    /// The rules that packets of `side` can come to, by way of any jumps.
    pub(super) fn rules(&self, side: Side) -> impl Iterator<Item = &Rule> {
        let (mut seen, mut pending) = (BTreeSet::new(), vec![side.chain().to_owned()]);
        while let Some(chain) = pending.pop() {
            if seen.insert(chain.clone()) {
                pending.extend(self.layout.jumps(&chain).into_iter().map(str::to_owned));
            }
        }
        let chains: Vec<String> = seen.into_iter().collect();
        let known = chains.into_iter().flat_map(|chain| self.layout.rules(&chain).collect::<Vec<_>>());
        known.chain(self.layout.rules_anywhere())
    }

    /// Those that say what becomes of forwarded packets. Like policies, rules count that are there in the end: what
    /// keeps everything out while the others are made has done so before forwarded packets come to them.
    fn telling(&self, side: Side) -> impl Iterator<Item = &Rule> {
        let lasts = |rule: &&Rule| self.lasting.is_empty() || self.lasting.contains(&rule.place);
        self.rules(side).filter(move |rule| lasts(rule) && !is_loopback(rule))
    }

    /// Whether `side` can give a forwarded packet one of these verdicts.
    pub(super) fn can(&self, side: Side, targets: &[&str]) -> bool {
        let matters = |name: Option<&str>| name.is_none_or(|name| name.is_empty() || targets.contains(&name));
        let by_rule = self.telling(side).any(|rule| {
            let target = rule.target.as_ref().and_then(|target| target.name.known());
            has_open_target(rule) || target.is_some_and(|name| is_special(name) && matters(Some(name)))
        });
        // No policy redirects.
        let by_policy = |policy: &str| {
            targets.contains(&policy) || policy.is_empty() && targets.iter().any(|own| *own != "REDIRECT")
        };
        let by_loop = targets.contains(&"DENY") && self.layout.loops.drop(side);
        by_rule || by_loop || self.layout.is_open() || self.finals[side as usize].iter().any(|policy| by_policy(policy))
    }

    /// Whether input can redirect a packet, from whichever device.
    pub(super) fn redirects(&self) -> bool {
        let over_loopback =
            |rule: &Rule| is_loopback(rule) && rule.target.as_ref().is_some_and(|own| own.name.is("REDIRECT"));
        self.can(Side::Input, &["REDIRECT"]) || self.rules(Side::Input).any(over_loopback)
    }

    /// Whether `side` can keep a forwarded packet from going on.
    pub(super) fn holds_back(&self, side: Side) -> bool {
        let targets: &[&str] = if side == Side::Input { &["DENY", "REJECT", "REDIRECT"] } else { &["DENY", "REJECT"] };
        self.can(side, targets)
    }

    /// Whether `side` logs or counts packets that may be forwarded ones.
    pub(super) fn notes(&self, side: Side) -> bool {
        self.telling(side).any(|rule| {
            let counts = rule.target.is_none() && rule.effects.is_empty();
            counts || rule.effects.contains(&Effect::Log) || !rule.undecided.is_empty()
        })
    }

    /// Whether a rule that tells about `side` may ask for what is `wanted`.
    pub(super) fn tests(&self, side: Side, wanted: fn(&Test) -> bool) -> bool {
        let mut rules = self.telling(side);
        self.layout.is_open()
            || rules.any(|rule| {
                !rule.undecided.is_empty()
                    || rule.matches.iter().any(|found| !is_any(&found.test) && wanted(&found.test))
            })
    }
}

/// The commands with rules that are there in the end.
fn lasting(ruleset: &Ruleset) -> BTreeSet<Place> {
    let chains = ruleset.tables.iter().flat_map(|table| &table.chains);
    chains.flat_map(|chain| &chain.entries).map(|entry| entry.rule.place).collect()
}

/// The policies that each chain can have in the end, in the runs that add rules or close a chain.
fn finals(layout: &Layout<'_>, policies: &Policies, analysis: &Analysis<'_>) -> [BTreeSet<String>; 3] {
    let steps = layout.steps().chain(policies.closing());
    let guards: BTreeSet<_> =
        steps.filter_map(|step| analysis.evaluation.steps.get(step)).map(|step| step.guard).collect();
    Side::ALL.map(|side| {
        let all = guards.iter().flat_map(|guard| policies.possible(side, *guard, usize::MAX));
        all.map(str::to_owned).collect()
    })
}

/// Whether a test asks for nothing, so that it means the same whatever the kernel has changed.
pub(in crate::migrate) fn is_any(test: &Test) -> bool {
    match test {
        Test::Source(Known::Is(Address::V4(network))) | Test::Destination(Known::Is(Address::V4(network))) => {
            *network == Network::ANY
        }
        _ => false,
    }
}

/// Whether only packets of the loopback device can match, none of which is forwarded.
pub(in crate::migrate) fn is_loopback(rule: &Rule) -> bool {
    rule.matches.iter().any(|found| match &found.test {
        Test::Interface(Known::Is(interface)) => !found.negated && !interface.prefix && interface.name == "lo",
        _ => false,
    })
}
