//! Functions that put words of their own beside those of their caller: `add() { ipchains -A input "$@"; }`.
//!
//! A rule of such a function is written partly in the function and partly in its calls, and each call may need other
//! commands. A call is therefore translated as a whole. What comes of the function's own words goes back into the
//! function where it is the same in all calls; else it moves into the calls.

mod body;
mod own;
mod seam;

use std::collections::{BTreeMap, BTreeSet};

use super::command::Line;
use super::outcome::{Found, Outcome, Outcomes};
use super::render::{Renamed, quoted};
use super::roles::Roles;
use super::sites::{self, Site, Sites, Written};
use crate::analysis::Analysis;
use crate::eval::{Invocation, Program, Step};
use crate::syntax::Node;
use crate::text::Span;
pub(super) use body::SETTING;
use body::{Body, OwnWord};
use own::{CallOf, Kept, Own};
pub(super) use seam::Seam;
use seam::{PASSED, Passing, split};

/// The commands of a script that put words of their own beside those of the callers of the function around them.
#[derive(Default)]
pub(super) struct Wrappers {
    /// By the number of the command.
    commands: BTreeMap<usize, Wrapper>,
    /// What a call makes of a command is known under a number of its own, behind those of all commands.
    pairs: BTreeMap<Pair, usize>,
    first_pair: usize,
    /// The commands whose words meet those of their callers in several places.
    pub(super) passing: Passing,
}

/// A command, and a call that runs it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Pair {
    command: usize,
    call: usize,
}

struct Wrapper {
    /// The function around it. Commands of one function share its calls.
    function: Span,
    /// The number of its first argument among its words.
    first: usize,
    /// So many of its arguments stand before the words of the caller.
    before: usize,
    /// What becomes of its words.
    own: Vec<OwnWord>,
}

/// One call of a wrapper.
pub(super) struct Call {
    /// The number under which it is known what becomes of it.
    pub(super) known_as: usize,
    /// The command that calls.
    pub(super) site: usize,
    /// The number of the first word that is passed on.
    pub(super) first: usize,
    /// The texts of all words of the command: the function's own ones before and behind those of the call.
    pub(super) written: Vec<String>,
    /// What each says in this run, where that has other blanks than one between each two arguments.
    pub(super) spaced: Vec<Option<String>>,
    /// For each argument the number of its word.
    pub(super) numbers: Vec<usize>,
    /// The wrapper keeps words that hold blanks together.
    pub(super) quotes: bool,
}

impl Wrappers {
    /// The wrappers among `sites`.
    pub(super) fn of(analysis: &Analysis<'_>, root: Node<'_>, sites: &Sites<'_>) -> Self {
        let source = analysis.sources.get(analysis.file);
        let mut found =
            Self { first_pair: sites.len(), passing: Passing::of(analysis, root, sites), ..Self::default() };
        let mut written_whole = BTreeSet::new();
        let mut mixed: Vec<(Seam, &Step, &Invocation)> = Vec::new();
        for (_, step, invocation) in analysis.invocations().filter(|(_, _, own)| own.program == Program::Ipchains) {
            match sites::written(analysis, sites, step, invocation) {
                Written::Here { site, .. } => drop(written_whole.insert(site)),
                Written::Mixed => {
                    let seam = found.passing.seam(analysis, sites, step, invocation);
                    mixed.extend(seam.map(|seam| (seam, step, invocation)));
                }
            }
        }
        let seams: BTreeSet<usize> = mixed.iter().map(|(seam, ..)| seam.site).collect();
        let spans: Vec<Span> = seams.iter().filter_map(|site| sites.get(*site)).map(|site| site.node.span).collect();
        let bodies: BTreeMap<usize, Option<Body<'_>>> =
            seams.iter().map(|site| (*site, Body::of(source, root, sites[*site].node))).collect();
        let mut unfit = BTreeSet::new();
        for (seam, step, invocation) in mixed {
            let Some(body) = bodies.get(&seam.site).and_then(Option::as_ref) else { continue };
            match split(analysis, sites, &seam, step, invocation) {
                Some(split) if body.only_passes_on(split.first - 1, &spans) && !written_whole.contains(&split.call) => {
                    found.commands.entry(seam.site).or_insert_with(|| Wrapper {
                        function: body.function.span,
                        first: split.own,
                        before: split.rest - split.own,
                        own: sites[seam.site].words().into_iter().map(|word| body.own_word(word)).collect(),
                    });
                    let known_as = found.first_pair + found.pairs.len();
                    found.pairs.entry(Pair { command: seam.site, call: split.call }).or_insert(known_as);
                }
                _ => drop(unfit.insert(body.function.span)),
            }
        }
        found.commands.retain(|_, wrapper| !unfit.contains(&wrapper.function));
        found
    }

    /// Those that are not in the functions `unfit`.
    pub(super) fn without(mut self, unfit: &BTreeSet<Span>) -> Self {
        self.commands.retain(|_, wrapper| !unfit.contains(&wrapper.function));
        self
    }

    /// The functions with their commands.
    fn functions(&self) -> BTreeMap<Span, Vec<usize>> {
        let mut all: BTreeMap<Span, Vec<usize>> = BTreeMap::new();
        self.commands.iter().for_each(|(site, wrapper)| all.entry(wrapper.function).or_default().push(*site));
        all
    }

    /// The calls by which a command is run, with the numbers under which it is known what becomes of them.
    fn calls(&self, command: usize) -> Vec<(usize, usize)> {
        let pairs = self.pairs.range(Pair { command, call: 0 }..Pair { command: command + 1, call: 0 });
        pairs.map(|(pair, known_as)| (*known_as, pair.call)).collect()
    }

    /// The call by which a run gets to the command `site`, if that is a wrapper.
    pub(super) fn call(
        &self,
        analysis: &Analysis<'_>,
        sites: &Sites<'_>,
        (seam, step, invocation): (&Seam, &Step, &Invocation),
        renamed: &Renamed<'_>,
    ) -> Option<Call> {
        let what = &self.commands.get(&seam.site)?.own;
        let split = split(analysis, sites, seam, step, invocation)?;
        let known_as = *self.pairs.get(&Pair { command: seam.site, call: split.call })?;
        let (wrapper, call) = (sites.get(seam.site)?, sites.get(split.call)?);
        let own = wrapper.words();
        let passed = call.words().split_off(split.first);
        let mut written: Vec<String> = Vec::new();
        let text = |at: usize, number: usize| {
            if what.get(at).is_some_and(|own| *own != OwnWord::Valued) {
                return own.get(at).map(|word| renamed.text(*word));
            }
            // What the word says is only known in the function, so its value stands for it.
            let mut values = invocation.arguments.iter().zip(&split.numbers).filter(|(_, own)| **own == number);
            match (values.next()?.0.known(), values.next()) {
                (Some(value), None) => Some(quoted(value)),
                _ => None,
            }
        };
        for at in split.own..split.rest {
            written.push(text(at, written.len())?);
        }
        let mut spaced = vec![None; written.len()];
        written.extend(passed.iter().map(|word| renamed.text(*word)));
        spaced.extend(passed.iter().map(|word| invocation.spaced_text(*word)));
        for at in split.rest + 1..own.len() {
            written.push(text(at, written.len())?);
        }
        spaced.resize(written.len(), None);
        let quotes = own.get(split.rest).is_some_and(|word| renamed.text(*word) == PASSED[0]);
        Some(Call { known_as, site: split.call, first: split.first, written, spaced, numbers: split.numbers, quotes })
    }

    /// The wrappers with a word whose value takes its place.
    pub(super) fn valued(&self) -> Vec<usize> {
        let valued = |wrapper: &Wrapper| {
            let words = wrapper.own.iter().enumerate().skip(wrapper.first);
            words.into_iter().any(|(at, own)| *own == OwnWord::Valued && at != wrapper.first + wrapper.before)
        };
        self.commands.iter().filter(|(_, wrapper)| valued(wrapper)).map(|(site, _)| *site).collect()
    }

    /// The functions of which a call has no translation that stands in the script.
    pub(super) fn unfit(&self, outcomes: &Outcomes, sites: &Sites<'_>, roles: &Roles) -> BTreeSet<Span> {
        let open = |known_as: usize| match outcomes.sites.get(&known_as).map(|found| &found.outcome) {
            Some(Outcome::ByValue(cases)) => cases.is_open(),
            Some(Outcome::RunTime(_)) | None => true,
            _ => false,
        };
        let fits = |commands: &[usize]| {
            let each = commands.iter().all(|command| {
                !outcomes.sites.contains_key(command) && !self.calls(*command).into_iter().any(|(at, _)| open(at))
            });
            each && (self.may_move(commands) || self.kept(commands, outcomes, sites, roles).is_some())
        };
        self.functions().into_iter().filter(|(_, commands)| !fits(commands)).map(|(function, _)| function).collect()
    }

    /// Whether words of a function may move into its calls: they are for one command there.
    fn may_move(&self, commands: &[usize]) -> bool {
        let fixed = |command: &usize| self.commands.get(command).is_none_or(|own| own.own.contains(&OwnWord::Fixed));
        commands.len() == 1 && !commands.iter().any(fixed)
    }

    /// The words of a command around those of its callers, and its calls: the number under which it is known what
    /// becomes of each, the call, and how many words that passes.
    fn own(&self, command: usize, outcomes: &Outcomes, sites: &Sites<'_>) -> (Own, Vec<CallOf>) {
        let words = sites.get(command).map(Site::words).unwrap_or_default();
        let (first, before) = self.commands.get(&command).map_or((0, 0), |wrapper| (wrapper.first, wrapper.before));
        let own = Own { before, behind: words.len().saturating_sub(first + before + 1) };
        let call = |(known_as, call): (usize, usize)| {
            let first = outcomes.sites.get(&known_as).map_or(0, |found| found.first);
            CallOf { known_as, call, passed: sites.get(call).map_or(0, |site| site.words().len() - first) }
        };
        (own, self.calls(command).into_iter().map(call).collect())
    }

    /// The lines of the commands of a function, and that of each call, where the words of the function come to the
    /// same in all calls, and those of each call in all commands.
    fn kept(&self, commands: &[usize], outcomes: &Outcomes, sites: &Sites<'_>, roles: &Roles) -> Option<Kept> {
        let mut kept = Kept::default();
        for command in commands {
            let (own, calls) = self.own(*command, outcomes, sites);
            kept.commands.push((*command, own.lines(outcomes, &calls, roles, &mut kept.calls)?));
        }
        Some(kept)
    }

    /// Writes the wrappers, and puts the anchors of the lines of their calls to the words of these.
    pub(super) fn settle(&self, outcomes: &mut Outcomes, sites: &Sites<'_>, roles: &Roles) {
        for commands in self.functions().into_values() {
            if let Some(kept) = self.kept(&commands, outcomes, sites, roles) {
                for (command, lines) in kept.commands {
                    self.write(command, lines, outcomes);
                }
                for (call, line) in kept.calls {
                    let mut pairs =
                        commands.iter().filter_map(|command| self.pairs.get(&Pair { command: *command, call }));
                    let found = pairs.next().and_then(|known_as| outcomes.sites.get(known_as).cloned());
                    let Some(found) = found else { continue };
                    outcomes.sites.insert(call, Found { outcome: Outcome::Lines(vec![line]), ..found });
                }
            } else if let [command] = commands.as_slice() {
                let (own, calls) = self.own(*command, outcomes, sites);
                let (before, behind) = own.common(outcomes, &calls).unwrap_or_default();
                for CallOf { known_as, call, passed } in calls {
                    outcomes.each_line(known_as, |line| own.move_into_call(line, passed, (before.len(), behind.len())));
                    let found = outcomes.sites.get(&known_as).cloned();
                    outcomes.sites.extend(found.map(|found| (call, found)));
                }
                self.write(*command, vec![own.line(&before, &behind)], outcomes);
            }
        }
        outcomes.sites.retain(|site, _| *site < self.first_pair);
    }

    fn write(&self, command: usize, lines: Vec<Line>, outcomes: &mut Outcomes) {
        let first = self.commands.get(&command).map_or(0, |wrapper| wrapper.first);
        let found = Found { first, outcome: Outcome::Lines(lines), prefix: None };
        outcomes.sites.insert(command, found);
    }
}
