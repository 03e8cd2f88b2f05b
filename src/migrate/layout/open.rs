//! Commands of which not all is known before they run, and what they may do.

use std::collections::BTreeSet;

use super::{Layout, Placed, Purpose, Side, Stage};
use crate::analysis::{Analysis, Reading};
use crate::dialect::ipchains::{self, Opt};
use crate::eval::Step;
use crate::migrate::roles::{parameter, unquoted};
use crate::model::{Action, Rule, Value, Word};
use crate::syntax::{Kind, Node};

/// The end of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::migrate) enum End {
    /// It has a shell of its own, which may be told what to run last.
    Shell,
    /// The last line of its text.
    Text,
}

/// The commands of a script of which not all is known.
#[derive(Default)]
pub(super) struct OpenCommands {
    /// Those of which nobody knows what they do.
    pub(super) whole: Vec<Open>,
    /// Those that certainly mark packets or redirect them, though how is only known when they run.
    pub(super) late: Vec<Open>,
    /// Those of which some word may be any option.
    free: Vec<Open>,
    /// Beside these, commands that change chains otherwise than by a rule at the end of a built-in one, each with
    /// whether it may be run again.
    upsets: Vec<(usize, bool)>,
}

/// A command of which nobody knows in whole what it does.
#[derive(Clone)]
pub(super) struct Open {
    pub(super) step: usize,
    /// The chain that it names, if that is known.
    chain: Option<String>,
    /// What its rule is for beside its verdict, for certain.
    purposes: Vec<Purpose>,
    /// Its rule may jump to any chain.
    jumps: bool,
}

impl OpenCommands {
    /// Notes a command of ipchains with the words of its step.
    pub(super) fn note(&mut self, step: usize, reading: Option<&Reading>, words: &[Word], analysis: &Analysis<'_>) {
        let Some(action) = reading.and_then(Reading::command).map(|command| &command.action) else { return };
        let own = analysis.evaluation.steps.get(step);
        let open = Open::of(step, reading).filter(|_| own.is_some_and(Step::is_live));
        let unknown = matches!(action, Action::Unknown);
        self.whole.extend(open.clone().filter(|_| unknown));
        self.late.extend(open.clone().filter(|_| unknown || has_open_tos(reading, words)));
        match open.filter(|_| is_free(reading, words)) {
            Some(free) => self.free.push(free),
            None if upsets(action) => self.upsets.push((step, own.is_none_or(|own| own.many))),
            None => {}
        }
    }
}

impl Open {
    fn of(step: usize, reading: Option<&Reading>) -> Option<Self> {
        let Some(Reading::Ipchains(parsed)) = reading else { return None };
        let command = parsed.uses.iter().find(|found| found.spec.command);
        let chain = command.and_then(|command| command.value.as_ref()).and_then(|chain| chain.known());
        let purpose = |found: &ipchains::Use| match found.spec.opt {
            Opt::Mark | Opt::Tos => Some(Purpose::Mangle),
            Opt::Jump => found.value.as_ref().filter(|target| target.is("REDIRECT")).map(|_| Purpose::Redirect),
            _ => None,
        };
        let purposes = parsed.uses.iter().filter_map(purpose).collect();
        let target =
            parsed.uses.iter().find(|found| found.spec.opt == Opt::Jump).and_then(|found| found.value.as_ref());
        let jumps = target.and_then(|target| target.known()).is_none();
        Some(Self { step, chain: chain.map(str::to_owned), purposes, jumps })
    }

    /// Whether it may add a rule to `chain` that does the thing.
    pub(super) fn serves(&self, chain: &str, purpose: Purpose) -> bool {
        self.purposes.contains(&purpose) && self.chain.as_ref().is_none_or(|own| own == chain)
    }
}

impl Layout<'_> {
    /// Whether some command may do anything.
    pub(in crate::migrate) fn is_open(&self) -> bool {
        !self.open.whole.is_empty()
    }

    /// Whether the script makes chains, or may, whose names are not known.
    pub(in crate::migrate) fn makes_open_chains(&self) -> bool {
        self.made.contains(&None) || self.open.whole.iter().any(|open| open.chain.is_none())
    }

    /// The sides that lead to a chain to which only jumps lead that are not known; input, where there are none.
    pub(super) fn open_sides(&self) -> Vec<Side> {
        let open = |placed: &Placed<'_>| has_open_target(placed.rule);
        let from = self.rules.iter().filter(|(_, rules)| rules.iter().any(open)).map(|(chain, _)| Some(chain));
        let whole = self.open.whole.iter().map(|open| open.chain.as_ref());
        let sides = self.sides_of(from.chain(whole).chain(self.anywhere.iter().any(open).then_some(None)));
        if sides.is_empty() { vec![Side::Input] } else { sides.into_iter().collect() }
    }

    /// The sides from which commands that are translated when they run may jump to any chain: those that may have a target
    /// or none, or a chain that is only read.
    pub(super) fn jumping_sides(&self) -> BTreeSet<Side> {
        let may_jump = |placed: &Placed<'_>| placed.rule.target.is_none() && has_open_target(placed.rule);
        let from = self.rules.iter().filter(|(_, rules)| rules.iter().any(may_jump)).map(|(chain, _)| Some(chain));
        let whole = self.open.whole.iter().filter(|open| open.jumps).map(|open| open.chain.as_ref());
        let anywhere = self.anywhere.iter().any(|placed| has_open_target(placed.rule)).then_some(None);
        self.sides_of(from.chain(whole).chain(anywhere))
    }

    /// The sides whose packets come to one of these chains; `None` is one that is not known.
    fn sides_of<'c>(&self, chains: impl Iterator<Item = Option<&'c String>>) -> BTreeSet<Side> {
        let mut sides = BTreeSet::new();
        for chain in chains {
            match chain.map(|chain| (Side::of_chain(chain), self.reached.get(chain))) {
                Some((Some(side), _)) => drop(sides.insert(side)),
                Some((None, Some(reached))) => sides.extend(reached),
                Some((None, None)) => {}
                None => sides.extend(Side::ALL),
            }
        }
        sides
    }

    /// Who meets a chain whose name is not known.
    pub(in crate::migrate) fn open_stages(&self) -> Vec<Stage> {
        self.open_sides().into_iter().flat_map(|side| self.route.stages(side)).collect()
    }

    /// The stages for which there is a copy of a chain whose name is not known, each with the name of the copy.
    pub(in crate::migrate) fn open_copies(&self, name: &str) -> Vec<(Stage, String)> {
        let named = |(at, stage): (usize, Stage)| {
            let suffix = if at == 0 { "" } else { stage.suffix() };
            (stage, format!("{name}{suffix}"))
        };
        self.open_stages().into_iter().enumerate().map(named).collect()
    }

    /// Whether a command that is translated when it runs may be the first one in its table that redirects or marks: the
    /// chains for which it does so, in filter and in the other table. What is in the filter table must tell by then
    /// which packets it gets, and go on to do so.
    pub(in crate::migrate) fn lays(&self, purpose: Purpose, side: Side) -> Option<(&'static str, &'static str)> {
        let chains = match (purpose, side) {
            (Purpose::Redirect, _) if self.redirects_at_the_end.is_some() => return None,
            (Purpose::Redirect, Side::Input) if !self.route.forwards_ports() => ("INPUT", "PREROUTING"),
            (Purpose::Mangle, Side::Input) => ("INPUT", "PREROUTING"),
            (Purpose::Mangle, Side::Output) => ("OUTPUT", "POSTROUTING"),
            _ => return None,
        };
        let first = self.open.free.iter().map(|free| free.step).min()?;
        let settled = self.open.upsets.iter().all(|(step, again)| *step < first && !again);
        let may = self.open.free.iter().any(|free| free.chain.as_ref().is_none_or(|chain| chain == side.chain()));
        let unused = purpose.table().is_some_and(|table| !self.uses_table(table));
        (settled && may && unused).then_some(chains)
    }

    /// How the script ends, where what stands in the filter table then tells what redirections are to be laid in nat:
    /// nothing else uses that table for what input does.
    pub(super) fn tells_redirections(&self, analysis: &Analysis<'_>) -> Option<End> {
        let other = self.uses_table("nat") || self.route.forwards_ports();
        let text = analysis.sources.get(analysis.file).view();
        let has = |words: &[&str]| text.split([' ', '\t', '\n', ';']).any(|word| words.contains(&word));
        match text.starts_with("#!") && !has(&["trap", "exec"]) {
            _ if other => None,
            true => Some(End::Shell),
            false => (!has(&["exit", "return", "exec"])).then_some(End::Text),
        }
    }

    /// Whether a target that is only read, in the variable `text`, may redirect in a rule of `chain`; to one that the script
    /// gives a verdict nobody gives REDIRECT.
    pub(in crate::migrate) fn may_redirect_at_the_end(&self, chain: &str, text: &str) -> bool {
        let name = text.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let is_given = self.given_verdicts.contains(name.split([':', '-']).next().unwrap_or_default());
        self.redirects_at_the_end.is_some()
            && self.sides(chain).contains(&Side::Input)
            && !name.contains('-')
            && !is_given
    }

    /// Whether a word that is not known may negate what it says, as the script's own value for its variable does.
    pub(in crate::migrate) fn may_be_negated(&self, text: &str) -> bool {
        parameter(text).is_some_and(|found| self.given_negations.contains(found.name))
    }

    /// Whether rules of a table may be laid only when the script runs.
    pub(in crate::migrate) fn lays_in(&self, table: &str) -> bool {
        let of_table = Purpose::OTHERS.into_iter().filter(|purpose| purpose.table() == Some(table));
        of_table.into_iter().any(|purpose| Side::ALL.into_iter().any(|side| self.lays(purpose, side).is_some()))
    }
}

/// The variables that a script gives a value somewhere whose first word is one of `words`, as the default of what a file
/// or a caller says.
pub(super) fn given(analysis: &Analysis<'_>, words: &[&str]) -> BTreeSet<String> {
    let text = |node: Node<'_>| analysis.sources.get(analysis.file).text(node.span).into_owned();
    let assignments = analysis.tree().into_iter().flat_map(|tree| tree.root().walk());
    let given = assignments.filter(|node| node.kind == Kind::Assignment).filter_map(|node| {
        let value = text(node.child(Kind::Word)?);
        let is_given = unquoted(&value).split(' ').next().is_some_and(|word| words.contains(&word));
        is_given.then(|| node.child(Kind::Name).map(text)).flatten()
    });
    given.collect()
}

/// Whether a rule may have any target: that word is not known, or others are not that may say one.
pub(in crate::migrate) fn has_open_target(rule: &Rule) -> bool {
    rule.target.as_ref().map_or(!rule.undecided.is_empty(), |target| target.name.known().is_none())
}

/// Whether a rule changes the TOS, and how is not known.
fn has_open_tos(reading: Option<&Reading>, words: &[Word]) -> bool {
    let Some(Reading::Ipchains(parsed)) = reading else { return false };
    let tos = parsed.uses.iter().find(|found| found.spec.opt == Opt::Tos);
    let unknown = |at: &usize| words.get(*at).is_some_and(|word| word.known().is_none());
    tos.is_some_and(|found| found.arguments.iter().any(unknown))
}

/// Whether some word of a command may be any option, or its target one that redirects, in a chain that is read with it.
fn is_free(reading: Option<&Reading>, words: &[Word]) -> bool {
    let Some(Reading::Ipchains(parsed)) = reading else { return false };
    let written = |at: usize| words.get(at).map(|word| word.value.to_string()).unwrap_or_default();
    let Some(action) = parsed.command.as_ref().map(|command| &command.action) else { return false };
    let open = parsed.open_words(words, written);
    let is_read =
        matches!(action, Action::Append { chain, .. } | Action::Insert { chain, .. } if chain.known().is_none());
    matches!(action, Action::Unknown) || !open.others.is_empty() || is_read && open.target.is_some()
}

/// Whether a command changes a chain otherwise than by a rule at the end of a built-in one, or by emptying that.
fn upsets(action: &Action) -> bool {
    let of_user = |chain: &Value| chain.known().is_none_or(|chain| Side::of_chain(chain).is_none());
    match action {
        Action::Append { chain, .. } | Action::Flush { chain: Some(chain) } => of_user(chain),
        Action::Insert { .. } | Action::Replace { .. } | Action::DeleteNumber { .. } | Action::DeleteRule { .. } => {
            true
        }
        _ => false,
    }
}
