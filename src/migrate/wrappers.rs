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
use super::rule::Token;
use super::sites::{self, Site, Written, innermost, numbers};
use crate::analysis::Analysis;
use crate::eval::{Invocation, Program, Step};
use crate::syntax::{Kind, Node};
use crate::text::{Place, Source, Span};

/// What stands for the words of the caller.
const PASSED: [&str; 3] = ["\"$@\"", "$@", "$*"];

/// The functions of a script, each with the number of the command that puts words of its own beside its caller's.
#[derive(Default)]
pub(super) struct Wrappers(BTreeMap<usize, Wrapper>);

struct Wrapper {
    /// The number of its first argument among its words.
    first: usize,
    /// So many of its arguments stand before the words of the caller.
    before: usize,
    /// Which of its words say the same where it is called.
    movable: Vec<bool>,
    /// The numbers of the commands that call it.
    calls: BTreeSet<usize>,
}

/// One call of a wrapper.
pub(super) struct Call {
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
    pub(super) fn of(analysis: &Analysis<'_>, root: Node<'_>, sites: &[Site<'_>]) -> Self {
        let source = analysis.sources.get(analysis.file);
        let mut found: BTreeMap<usize, Wrapper> = BTreeMap::new();
        let mut unfit = BTreeSet::new();
        let mut written_whole = BTreeSet::new();
        let mut bodies: BTreeMap<usize, Option<Body<'_>>> = BTreeMap::new();
        for (_, step, invocation) in analysis.invocations() {
            if invocation.program != Program::Ipchains {
                continue;
            }
            let site = match sites::written(analysis, sites, step, invocation) {
                Written::Here { site, .. } => {
                    written_whole.insert(site);
                    continue;
                }
                Written::Mixed { site: Some(site) } => site,
                Written::Mixed { site: None } => continue,
            };
            let split = split(analysis, sites, site, step, invocation);
            let body = bodies.entry(site).or_insert_with(|| Body::of(source, root, sites.get(site)?.node));
            match (split, body) {
                (Some(split), Some(body)) if body.only_passes_on(split.first - 1) => {
                    let wrapper = found.entry(site).or_insert_with(|| Wrapper {
                        first: split.own,
                        before: split.rest - split.own,
                        movable: sites[site].words().into_iter().map(|word| body.says_the_same_outside(word)).collect(),
                        calls: BTreeSet::new(),
                    });
                    wrapper.calls.insert(split.call);
                }
                _ => drop(unfit.insert(site)),
            }
        }
        // The words of a call can be rewritten for one command alone.
        let shared = |call: &usize| {
            written_whole.contains(call) || found.values().filter(|wrapper| wrapper.calls.contains(call)).count() > 1
        };
        let unfit_calls: Vec<usize> =
            found.iter().filter(|(_, wrapper)| wrapper.calls.iter().any(shared)).map(|(site, _)| *site).collect();
        unfit.extend(unfit_calls);
        found.retain(|site, _| !unfit.contains(site));
        Self(found)
    }

    /// Those that are not in `unfit`.
    pub(super) fn without(mut self, unfit: &BTreeSet<usize>) -> Self {
        self.0.retain(|site, _| !unfit.contains(site));
        self
    }

    /// The call by which a run gets to the command `site`, if that is a wrapper.
    pub(super) fn call(
        &self,
        analysis: &Analysis<'_>,
        sites: &[Site<'_>],
        (site, step, invocation): (usize, &Step, &Invocation),
        renamed: &Renamed<'_>,
    ) -> Option<Call> {
        let movable = &self.0.get(&site)?.movable;
        let split = split(analysis, sites, site, step, invocation)?;
        let (wrapper, call) = (sites.get(site)?, sites.get(split.call)?);
        let own = wrapper.words();
        let passed = call.words().split_off(split.first);
        let mut written: Vec<String> = Vec::new();
        let text = |at: usize, number: usize| {
            if movable.get(at) == Some(&true) {
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
        Some(Call { site: split.call, first: split.first, written, numbers: split.numbers, quotes })
    }

    /// The wrappers of which a call has no translation that stands in the script.
    pub(super) fn unfit(&self, outcomes: &Outcomes) -> BTreeSet<usize> {
        let open = |site: &usize| match outcomes.sites.get(site).map(|found| &found.outcome) {
            Some(Outcome::ByValue(cases)) => cases.is_open(),
            Some(Outcome::RunTime(_)) | None => true,
            _ => false,
        };
        let unfit =
            |(site, wrapper): &(&usize, &Wrapper)| outcomes.sites.contains_key(site) || wrapper.calls.iter().any(open);
        self.0.iter().filter(unfit).map(|(site, _)| *site).collect()
    }

    /// Writes the wrappers, and puts the anchors of the lines of their calls to the words of these.
    pub(super) fn settle(&self, outcomes: &mut Outcomes, sites: &[Site<'_>]) {
        for (site, wrapper) in &self.0 {
            let words = sites.get(*site).map(Site::words).unwrap_or_default();
            let own = Own { before: wrapper.before, behind: words.len() - wrapper.first - wrapper.before - 1 };
            let passed = |call: &usize| {
                let first = outcomes.sites.get(call).map_or(0, |found| found.first);
                (*call, sites.get(*call).map_or(0, |site| site.words().len() - first))
            };
            let calls: Vec<(usize, usize)> = wrapper.calls.iter().map(passed).collect();
            let lines = match own.lines(outcomes, &calls) {
                Some((lines, calls)) => {
                    for (call, line) in calls {
                        outcomes.replace(call, Outcome::Lines(vec![line]));
                    }
                    lines
                }
                None => {
                    let (before, behind) = own.common(outcomes, &calls).unwrap_or_default();
                    for (call, passed) in calls {
                        outcomes.each_line(call, |line| own.move_into_call(line, passed, (before.len(), behind.len())));
                    }
                    vec![own.line(&before, &behind)]
                }
            };
            let found = Found { first: wrapper.first, outcome: Outcome::Lines(lines), prefix: None, order: 0 };
            outcomes.sites.insert(*site, found);
        }
    }
}

/// The lines of a wrapper, and for each call what becomes of it.
type Kept = (Vec<Line>, Vec<(usize, Line)>);

/// The words that a wrapper has of its own.
struct Own {
    before: usize,
    behind: usize,
}

impl Own {
    /// The lines of the wrapper, and that of each call, where the wrapper's words come to the same in all of them.
    fn lines(&self, outcomes: &Outcomes, calls: &[(usize, usize)]) -> Option<Kept> {
        let mut wrapper: Option<Vec<Line>> = None;
        let mut rewritten = Vec::new();
        for (call, passed) in calls {
            let Outcome::Lines(lines) = &outcomes.sites.get(call)?.outcome else { return None };
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
            rewritten.push((*call, Line::Filter { tokens: words.clone(), main: true }));
        }
        Some((wrapper?, rewritten))
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
    fn common(&self, outcomes: &Outcomes, calls: &[(usize, usize)]) -> Option<(Vec<Token>, Vec<Token>)> {
        let mut common: Option<(Vec<Token>, Vec<Token>)> = None;
        for (call, passed) in calls {
            for line in outcomes.sites.get(call)?.outcome.lines() {
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

/// Which words of the command `site` are its own, and which come from the call; `None` where it is no wrapper.
fn split(
    analysis: &Analysis<'_>,
    sites: &[Site<'_>],
    site: usize,
    step: &Step,
    invocation: &Invocation,
) -> Option<Split> {
    let source = analysis.sources.get(analysis.file);
    let here = |place: &Place, words: &[Span]| place.file == analysis.file && words.contains(&place.span);
    if step.uncalled || invocation.name.file != analysis.file || sites.get(site)?.string.is_some() {
        return None;
    }
    let call = innermost(analysis, sites, *step.calls.last()?)?;
    let own = sites.get(site)?.words();
    let words = sites.get(call).filter(|call| call.string.is_none())?.words();
    let first_own = own.iter().position(|word| word.start >= invocation.name.span.end)?;
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
const SETTING: [&str; 8] = ["local", "read", "declare", "typeset", "export", "getopts", "unset", "eval"];

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

    /// Whether the function does nothing with the words that it passes on but show them; the first `taken` words of
    /// its callers are not among them.
    fn only_passes_on(&self, taken: usize) -> bool {
        let simple = || self.function.walk().filter(|node| node.kind == Kind::Simple);
        let shown: Vec<Span> =
            simple().filter(|node| SHOWING.contains(&self.head(*node))).map(|node| node.span).collect();
        let shifts: Vec<(u32, usize)> =
            simple().filter_map(|node| Some((node.span.start, self.shifts(node)?))).collect();
        let before = |at: u32| shifts.iter().filter(|(shift, _)| *shift < at).map(|(_, count)| count).sum::<usize>();
        let asked = self.function.walk().filter_map(|node| Some((node.span, position(self.name(node)?)?)));
        let (inside, outside): (Vec<_>, Vec<_>) = asked
            .filter(|(span, _)| !shown.iter().any(|shown| shown.contains(*span)))
            .partition(|(span, _)| self.command.span.contains(*span));
        matches!(inside.as_slice(), [(_, Position::All)])
            && outside.iter().all(|(span, position)| match position {
                Position::One(number) => number + before(span.start) <= taken,
                Position::All => false,
            })
    }

    /// Whether a word of the function says the same where that is called.
    fn says_the_same_outside(&self, word: Span) -> bool {
        let node = self.command.walk().find(|node| node.kind == Kind::Word && node.span == word);
        node.is_some_and(|node| {
            node.walk().all(|part| match part.kind {
                Kind::CommandSubstitution | Kind::Backquoted | Kind::Arithmetic | Kind::ProcessSubstitution => false,
                _ => self.name(part).is_none_or(|name| position(name).is_none() && !self.sets(name)),
            })
        })
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

    /// Whether the function may set a variable.
    fn sets(&self, name: &str) -> bool {
        self.function.walk().any(|node| match node.kind {
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
