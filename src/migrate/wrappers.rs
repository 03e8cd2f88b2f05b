//! Functions that put words of their own beside those of their caller: `add() { ipchains -A input "$@"; }`.
//!
//! A rule of such a function is written partly in the function and partly in its calls, and each call may need other
//! commands. A call is therefore translated as a whole. What comes of the function's own words goes back into the
//! function where it is the same in all calls; else it moves into the calls.

use std::collections::{BTreeMap, BTreeSet};

use super::command::Line;
use super::names::SHOWING;
use super::outcome::{Found, Outcome, Outcomes};
use super::render::{Renamed, quoted};
use super::roles::Roles;
use super::rule::Token;
use super::sites::{self, Site, Sites, Written, numbers};
use crate::analysis::Analysis;
use crate::eval::{Invocation, Program, Step};
use crate::model::Word;
use crate::syntax::{Kind, Node};
use crate::text::{Place, Source, Span};

/// What stands for the words of the caller.
const PASSED: [&str; 3] = ["\"$@\"", "$@", "$*"];

/// The commands of a script that put words of their own beside those of the callers of the function around them.
#[derive(Default)]
pub(super) struct Wrappers {
    /// By the number of the command.
    commands: BTreeMap<usize, Wrapper>,
    /// What a call makes of a command is known under a number of its own, behind those of all commands.
    pairs: Vec<Pair>,
    first_pair: usize,
}

/// A call, and a command that is run by it.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Pair {
    call: usize,
    command: usize,
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

/// What may become of a word of the function.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OwnWord {
    /// It says the same where the function is called.
    Movable,
    /// It hangs on a loop in the function, so it stays there.
    Fixed,
    /// It hangs on the words of the call, so that its value takes its place.
    Valued,
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
    /// For each argument the number of its word.
    pub(super) numbers: Vec<usize>,
    /// The wrapper keeps words that hold blanks together.
    pub(super) quotes: bool,
}

/// Which words of a call stand where.
struct Split {
    call: usize,
    /// The number of the first word that is passed on, among those of the call.
    first: usize,
    /// The same for the function: its first argument, and the word that stands for the caller's.
    own: usize,
    rest: usize,
    /// For each argument the number of its word, counted over all of them.
    numbers: Vec<usize>,
}

impl Wrappers {
    /// The wrappers among `sites`.
    pub(super) fn of(analysis: &Analysis<'_>, root: Node<'_>, sites: &Sites<'_>) -> Self {
        let source = analysis.sources.get(analysis.file);
        let mut written_whole = BTreeSet::new();
        let mut mixed: Vec<(Seam, &Step, &Invocation)> = Vec::new();
        for (_, step, invocation) in analysis.invocations().filter(|(_, _, own)| own.program == Program::Ipchains) {
            match sites::written(analysis, sites, step, invocation) {
                Written::Here { site, .. } => drop(written_whole.insert(site)),
                Written::Mixed => {
                    mixed.extend(seam(analysis, root, sites, step, invocation).map(|seam| (seam, step, invocation)));
                }
            }
        }
        let seams: BTreeSet<usize> = mixed.iter().map(|(seam, ..)| seam.site).collect();
        let spans: Vec<Span> = seams.iter().filter_map(|site| sites.get(*site)).map(|site| site.node.span).collect();
        let bodies: BTreeMap<usize, Option<Body<'_>>> =
            seams.iter().map(|site| (*site, Body::of(source, root, sites[*site].node))).collect();
        let mut found = Self { first_pair: sites.len(), ..Self::default() };
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
                    let pair = Pair { call: split.call, command: seam.site };
                    if !found.pairs.contains(&pair) {
                        found.pairs.push(pair);
                    }
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
        let pairs = self.pairs.iter().enumerate().filter(|(_, pair)| pair.command == command);
        pairs.map(|(at, pair)| (self.first_pair + at, pair.call)).collect()
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
        let pair = Pair { call: split.call, command: seam.site };
        let known_as = self.first_pair + self.pairs.iter().position(|known| *known == pair)?;
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
        written.extend(passed.iter().map(|word| renamed.text(*word)));
        for at in split.rest + 1..own.len() {
            written.push(text(at, written.len())?);
        }
        let quotes = own.get(split.rest).is_some_and(|word| renamed.text(*word) == PASSED[0]);
        Some(Call { known_as, site: split.call, first: split.first, written, numbers: split.numbers, quotes })
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
                    let pair = self.pairs.iter().position(|pair| pair.call == call && commands.contains(&pair.command));
                    let found = pair.and_then(|at| outcomes.sites.get(&(self.first_pair + at)).cloned());
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
        let found = Found { first, outcome: Outcome::Lines(lines), prefix: None, order: 0 };
        outcomes.sites.insert(command, found);
    }
}

/// A call of a command of a function.
struct CallOf {
    /// The number under which it is known what becomes of it.
    known_as: usize,
    call: usize,
    /// How many words it passes on.
    passed: usize,
}

/// What stays in a function and in its calls.
#[derive(Default)]
struct Kept {
    commands: Vec<(usize, Vec<Line>)>,
    calls: BTreeMap<usize, Line>,
}

/// The words that a wrapper has of its own.
struct Own {
    before: usize,
    behind: usize,
}

impl Own {
    /// The lines of the wrapper, where its words come to the same in all calls; the line of each call goes to `of_calls`.
    fn lines(
        &self,
        outcomes: &Outcomes,
        calls: &[CallOf],
        roles: &Roles,
        of_calls: &mut BTreeMap<usize, Line>,
    ) -> Option<Vec<Line>> {
        let mut wrapper: Option<Vec<Line>> = None;
        for CallOf { known_as, call, passed } in calls {
            let Outcome::Lines(lines) = outcomes.sites.get(known_as)?.outcome.clone().named(roles) else { return None };
            if lines.iter().any(|line| !matches!(line, Line::Filter { .. })) {
                return None;
            }
            let parts: Option<Vec<[Vec<Token>; 3]>> = lines.iter().map(|line| self.parts(line, *passed)).collect();
            let parts = parts.filter(|parts| !parts.is_empty())?;
            let texts = |tokens: &[Token]| tokens.iter().map(|token| token.text.clone()).collect::<Vec<_>>();
            let [_, words, _] = parts.first()?;
            if parts.iter().any(|[_, other, _]| texts(other) != texts(words)) {
                return None;
            }
            let own: Vec<Line> = parts.iter().map(|[before, _, behind]| self.line(before, behind)).collect();
            if wrapper.as_ref().is_some_and(|known| *known != own) {
                return None;
            }
            wrapper = Some(own);
            let line = Line::Filter { tokens: words.clone(), main: true };
            if *of_calls.entry(*call).or_insert_with(|| line.clone()) != line {
                return None;
            }
        }
        wrapper
    }

    /// The tokens of a line that come from the words before those of the call, from these, and from those behind.
    fn parts(&self, line: &Line, passed: usize) -> Option<[Vec<Token>; 3]> {
        let (Line::Filter { tokens, .. } | Line::Flagged { tokens, .. }) = line else { return None };
        let part = |token: &Token| match token.anchor {
            at if at < self.before => 0,
            at if at < self.before + passed => 1,
            _ => 2,
        };
        let numbers: Vec<usize> = tokens.iter().map(part).collect();
        let mut parts = [Vec::new(), Vec::new(), Vec::new()];
        for (token, part) in tokens.iter().zip(&numbers) {
            let anchor = match part {
                0 => token.anchor,
                1 => token.anchor - self.before,
                _ => self.before + 1,
            };
            parts[*part].push(Token { anchor, text: token.text.clone() });
        }
        // Words of the call behind which the wrapper's would have to stand in another order are no case for this.
        (numbers.is_sorted() && !(self.behind == 0 && numbers.contains(&2))).then_some(parts)
    }

    /// A line of the wrapper, with the words of the caller between `before` and `behind`.
    fn line(&self, before: &[Token], behind: &[Token]) -> Line {
        let passed = Token { anchor: self.before, text: PASSED[0].to_owned() };
        let tokens = before.iter().cloned().chain([passed]).chain(behind.iter().cloned()).collect();
        Line::Filter { tokens, main: true }
    }

    /// What all lines of all calls begin with and end in, of what comes from the wrapper's words; `None` where some
    /// lines are no rules.
    fn common(&self, outcomes: &Outcomes, calls: &[CallOf]) -> Option<(Vec<Token>, Vec<Token>)> {
        let mut common: Option<(Vec<Token>, Vec<Token>)> = None;
        for CallOf { known_as, passed, .. } in calls {
            for line in outcomes.sites.get(known_as)?.outcome.lines() {
                let [before, _, behind] = self.parts(line, *passed)?;
                let (known_before, known_behind) = common.get_or_insert_with(|| (before.clone(), behind.clone()));
                let same = known_before.iter().zip(&before).take_while(|(known, own)| known == own).count();
                known_before.truncate(same);
                let pairs = known_behind.iter().rev().zip(behind.iter().rev());
                let same = pairs.take_while(|(known, own)| known == own).count();
                known_behind.drain(..known_behind.len() - same);
            }
        }
        common
    }

    /// Puts the words of a line into the call, but for those that begin it and end it and stay in the wrapper.
    fn move_into_call(&self, line: &mut Line, passed: usize, (begin, end): (usize, usize)) {
        let (Line::Filter { tokens, .. }
        | Line::EachDevice { tokens, .. }
        | Line::Flagged { tokens, .. }
        | Line::Rejecting { tokens, .. }
        | Line::Tail(tokens)) = line
        else {
            return;
        };
        tokens.truncate(tokens.len() - end);
        tokens.drain(..begin);
        for token in tokens {
            token.anchor = match token.anchor {
                at if at < self.before => 0,
                at if at < self.before + passed => at - self.before,
                _ => usize::MAX,
            };
        }
    }
}

/// The command in which words of a caller stand beside others. A function that only passes its words on is looked
/// through: `rule() { ipchains "$@"; }` leaves it to `rule -A input "$@"` in another function.
pub(super) struct Seam {
    /// The command.
    pub(super) site: usize,
    /// The number of its first argument among its words.
    pub(super) first: usize,
    /// It calls a function that only passes words on.
    looked_through: bool,
    /// Where the function around it is called.
    call: Option<Place>,
}

impl Seam {
    /// The number of the first word that is no program, where another function is called here.
    pub(super) fn outer(&self) -> usize {
        if self.looked_through { self.first } else { 0 }
    }
}

/// The seam of a command whose words stand in several places.
pub(super) fn seam(
    analysis: &Analysis<'_>,
    root: Node<'_>,
    sites: &Sites<'_>,
    step: &Step,
    invocation: &Invocation,
) -> Option<Seam> {
    let source = analysis.sources.get(analysis.file);
    let mut site = sites::named(analysis, sites, step, invocation)?;
    let behind_name = |word: &Span| invocation.name.file == analysis.file && word.start >= invocation.name.span.end;
    let mut first = sites.get(site)?.words().iter().position(behind_name).unwrap_or(0);
    let mut calls = step.calls.iter().rev();
    let mut looked_through = false;
    loop {
        let own = sites.get(site)?;
        let call = calls.next().copied();
        let stop = Seam { site, first, looked_through, call };
        let words: Vec<String> = own.words().iter().skip(first).map(|word| source.text(*word).into_owned()).collect();
        let brings = |word: &Word| word.place.file == analysis.file && own.node.span.contains(word.place.span);
        let passes = matches!(words.as_slice(), [word] if PASSED.contains(&word.as_str()))
            && own.string.is_none()
            && !invocation.arguments.iter().any(brings);
        let body = Body::of(source, root, own.node).filter(|body| passes && body.only_passes_on(0, &[]));
        let outer =
            call.and_then(|call| sites.innermost(analysis, call)).filter(|outer| sites[*outer].string.is_none());
        match (body, outer) {
            (Some(_), Some(outer)) => (site, first, looked_through) = (outer, 1, true),
            _ => return Some(stop),
        }
    }
}

/// Which words of the command `site` are its own, and which come from the call; `None` where it is no wrapper.
fn split(
    analysis: &Analysis<'_>,
    sites: &Sites<'_>,
    seam: &Seam,
    step: &Step,
    invocation: &Invocation,
) -> Option<Split> {
    let source = analysis.sources.get(analysis.file);
    let here = |place: &Place, words: &[Span]| place.file == analysis.file && words.contains(&place.span);
    if step.uncalled || invocation.name.file != analysis.file || sites.get(seam.site)?.string.is_some() {
        return None;
    }
    let call = sites.innermost(analysis, seam.call?)?;
    let own = sites.get(seam.site)?.words();
    let words = sites.get(call).filter(|call| call.string.is_none())?.words();
    let first_own = Some(seam.first).filter(|first| *first > 0)?;
    let is_passed = |word: &Span| PASSED.contains(&source.text(*word).as_ref());
    let rest = (first_own..own.len()).find(|at| is_passed(&own[*at]))?;
    let places: Vec<Place> = invocation.arguments.iter().map(|word| word.place).collect();
    let before = places.iter().take_while(|place| here(place, &own[first_own..rest])).count();
    let behind = places.iter().rev().take_while(|place| here(place, &own[rest + 1..])).count();
    let passed = places.get(before..places.len() - behind)?;
    let first = match passed.first() {
        Some(place) => words.iter().position(|word| here(place, std::slice::from_ref(word)))?,
        None => words.len(),
    };
    if first == 0 {
        return None;
    }
    let (own_count, passed_count) = (rest - first_own, words.len() - first);
    let mut all = numbers(analysis, &own[first_own..rest], &places[..before])?;
    let of_call = numbers(analysis, &words[first..], passed)?;
    all.extend(of_call.into_iter().map(|number| own_count + number));
    let of_end = numbers(analysis, &own[rest + 1..], &places[places.len() - behind..])?;
    all.extend(of_end.into_iter().map(|number| own_count + passed_count + number));
    Some(Split { call, first, own: first_own, rest, numbers: all })
}

/// Commands that set the variables that they name.
pub(super) const SETTING: [&str; 8] = ["local", "read", "declare", "typeset", "export", "getopts", "unset", "eval"];

/// The function around a command, as a text.
struct Body<'a> {
    source: &'a Source,
    function: Node<'a>,
    command: Node<'a>,
}

impl<'a> Body<'a> {
    fn of(source: &'a Source, root: Node<'a>, command: Node<'a>) -> Option<Self> {
        let around = root.walk().filter(|node| node.kind == Kind::Function && node.span.contains(command.span));
        Some(Self { source, function: around.min_by_key(|node| node.span.len())?, command })
    }

    fn text(&self, node: Node<'_>) -> &'a str {
        self.source.view().get(node.span.range()).unwrap_or_default()
    }

    /// Whether the function does nothing with the words that it passes on but show them, or give them to the commands
    /// at `others`; the first `taken` words of its callers are not among them.
    fn only_passes_on(&self, taken: usize, others: &[Span]) -> bool {
        let simple = || self.function.walk().filter(|node| node.kind == Kind::Simple);
        let shown: Vec<Span> =
            simple().filter(|node| SHOWING.contains(&self.head(*node))).map(|node| node.span).collect();
        let shifts: Vec<(u32, usize)> =
            simple().filter_map(|node| Some((node.span.start, self.shifts(node)?))).collect();
        let before = |at: u32| shifts.iter().filter(|(shift, _)| *shift < at).map(|(_, count)| count).sum::<usize>();
        let asked = self.function.walk().filter_map(|node| Some((node.span, position(self.name(node)?)?)));
        let (inside, outside): (Vec<_>, Vec<_>) = asked
            .filter(|(span, _)| !shown.iter().any(|shown| shown.contains(*span)))
            .filter(|(span, _)| self.command.span.contains(*span) || !others.iter().any(|other| other.contains(*span)))
            .partition(|(span, _)| self.command.span.contains(*span));
        matches!(inside.as_slice(), [(_, Position::All)])
            && outside.iter().all(|(span, position)| match position {
                Position::One(number) => number + before(span.start) <= taken,
                Position::All => false,
            })
    }

    /// What may become of a word of the command.
    fn own_word(&self, word: Span) -> OwnWord {
        let Some(node) = self.command.walk().find(|node| node.kind == Kind::Word && node.span == word) else {
            return OwnWord::Valued;
        };
        let part = |part: Node<'_>| match part.kind {
            Kind::CommandSubstitution | Kind::Backquoted | Kind::Arithmetic | Kind::ProcessSubstitution => {
                OwnWord::Valued
            }
            _ => match self.name(part) {
                Some(name) if position(name).is_some() => OwnWord::Valued,
                Some(name) if self.only_loops_set(name) => OwnWord::Fixed,
                Some(name) if self.sets(name, &|_| true) => OwnWord::Valued,
                _ => OwnWord::Movable,
            },
        };
        let parts: Vec<OwnWord> = node.walk().map(part).collect();
        let worst = [OwnWord::Valued, OwnWord::Fixed].into_iter().find(|own| parts.contains(own));
        worst.unwrap_or(OwnWord::Movable)
    }

    /// Whether the function sets a variable, and nothing but loops over words of its own do.
    fn only_loops_set(&self, name: &str) -> bool {
        let is_loop = |node: Node<'_>| {
            let own = node.all(Kind::Word).flat_map(|word| word.walk().collect::<Vec<_>>());
            node.kind == Kind::ForClause && own.into_iter().all(|part| self.name(part).is_none())
        };
        self.sets(name, &|_| true) && !self.sets(name, &|node| !is_loop(node))
    }

    /// The name of the parameter that a node reads.
    fn name(&self, node: Node<'_>) -> Option<&'a str> {
        let names = [Kind::Name, Kind::SpecialParameter, Kind::ParameterName];
        let reads = matches!(node.kind, Kind::Parameter | Kind::ParameterBraced);
        reads.then(|| node.named().find(|own| names.contains(&own.kind)))?.map(|own| self.text(own))
    }

    fn head(&self, simple: Node<'_>) -> &'a str {
        simple.child(Kind::Word).map(|word| self.text(word)).unwrap_or_default()
    }

    /// By how many words a command shifts them.
    fn shifts(&self, simple: Node<'_>) -> Option<usize> {
        let mut words = simple.all(Kind::Word).map(|word| self.text(word));
        words.next().filter(|head| *head == "shift")?;
        words.next().map_or(Some(1), |count| count.parse().ok())
    }

    /// Whether something in the function that is `among` may set a variable.
    fn sets(&self, name: &str, among: &dyn Fn(Node<'_>) -> bool) -> bool {
        self.function.walk().filter(|node| among(*node)).any(|node| match node.kind {
            Kind::Assignment | Kind::ForClause => node.child(Kind::Name).is_some_and(|own| self.text(own) == name),
            Kind::Simple if SETTING.contains(&self.head(node)) => {
                node.all(Kind::Word).any(|word| self.text(word).split('=').next() == Some(name))
            }
            _ => false,
        })
    }
}

/// Which words of the caller a parameter holds.
#[derive(Clone, Copy)]
enum Position {
    One(usize),
    All,
}

fn position(name: &str) -> Option<Position> {
    match name {
        "@" | "*" | "#" => Some(Position::All),
        _ => name.parse().ok().filter(|number| *number > 0).map(Position::One),
    }
}
