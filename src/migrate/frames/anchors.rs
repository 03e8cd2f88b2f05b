//! The statements before which the way must be laid: as far out as all the rules behind still have it.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::Analysis;
use crate::eval::Step;
use crate::syntax::{Kind, Node};
use crate::text::{Place, Span};

/// A statement on the way to a command, outermost first: its list, itself, and whether it is a loop.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level {
    list: Span,
    pub(super) statement: Span,
    repeats: bool,
}

/// The flush that some steps come after: the statements around it, and the steps whose runs all come by it.
#[derive(Default)]
pub(super) struct Wiped {
    pub(super) levels: Vec<Level>,
    pub(super) always: BTreeSet<usize>,
}

impl Wiped {
    /// The first statement of the flush's own list that holds one of the steps, where that list is within the statement
    /// at `depth`.
    fn behind(&self, steps: &BTreeSet<usize>, paths: &BTreeMap<usize, Vec<Level>>, depth: usize) -> Option<Span> {
        let (around, own) = (self.levels.get(depth)?, self.levels.get(depth + 1)?);
        let within = |path: &&Vec<Level>| path.get(depth).is_some_and(|level| level.statement == around.statement);
        let statement = |path: &Vec<Level>| path.get(depth + 1).filter(|level| level.list == own.list).copied();
        let statements = steps.iter().filter_map(|step| paths.get(step)).filter(within).filter_map(statement);
        let earliest = statements.map(|level| level.statement).min()?;
        if earliest == own.statement { self.behind(steps, paths, depth + 1) } else { Some(earliest) }
    }
}

/// The statements before which the way must be laid, each with the steps behind it.
pub(super) fn anchors(
    steps: &BTreeSet<usize>,
    paths: &BTreeMap<usize, Vec<Level>>,
    wiped: &Wiped,
    depth: usize,
) -> Vec<(Span, BTreeSet<usize>)> {
    let mut lists: BTreeMap<Span, BTreeSet<usize>> = BTreeMap::new();
    for step in steps {
        if let Some(level) = paths.get(step).and_then(|path| path.get(depth)) {
            lists.entry(level.list).or_default().insert(*step);
        }
    }
    let mut found = Vec::new();
    for steps in lists.into_values() {
        let levels: Vec<Level> = steps.iter().filter_map(|step| paths.get(step)?.get(depth).copied()).collect();
        let (Some(first), Some(earliest)) = (levels.first().copied(), levels.iter().map(|level| level.statement).min())
        else {
            continue;
        };
        let one = levels.iter().all(|level| *level == first);
        let ends = steps.iter().any(|step| paths.get(step).is_none_or(|path| path.len() == depth + 1));
        let holds_flush = wiped.levels.get(depth).is_some_and(|level| level.statement == earliest);
        if one && !ends && (!first.repeats || holds_flush) {
            found.extend(anchors(&steps, paths, wiped, depth + 1));
            continue;
        }
        // What is laid before the statement that flushes would go with the rest; runs that do not come by the flush
        // still need it.
        let behind = wiped.behind(&steps, paths, depth).filter(|_| holds_flush);
        let by_others = behind.is_none() || !steps.is_subset(&wiped.always);
        found.extend(behind.map(|statement| (statement, steps.clone())));
        found.extend(by_others.then_some((earliest, steps)));
    }
    found
}

/// The places within functions at which calls of these have commands run with different words.
pub(super) fn passing(analysis: &Analysis<'_>) -> BTreeSet<Place> {
    let mut words: BTreeMap<Place, BTreeMap<&[Place], BTreeSet<String>>> = BTreeMap::new();
    for (_, step, invocation) in analysis.invocations().filter(|(_, step, _)| !step.calls.is_empty()) {
        let said: Vec<String> = invocation.arguments.iter().map(|word| word.value.to_string()).collect();
        for (depth, place) in step.calls.iter().chain([&step.place]).enumerate().skip(1) {
            let by_call = words.entry(*place).or_default();
            by_call.entry(step.calls.get(..depth).unwrap_or_default()).or_default().insert(said.join(" "));
        }
    }
    let differ = |calls: &BTreeMap<&[Place], BTreeSet<String>>| {
        let mut calls = calls.values();
        calls.next().is_some_and(|first| calls.any(|other| other != first))
    };
    words.into_iter().filter(|(_, calls)| differ(calls)).map(|(place, _)| place).collect()
}

/// The statements that enclose a command, through all calls that lead to it; what one of `documents` holds runs
/// where it is read.
///
/// What a function does for others with other words is done where it is called.
pub(super) fn path(
    root: Node<'_>,
    analysis: &Analysis<'_>,
    step: &Step,
    (documents, passing): (&[(Place, Place)], &BTreeSet<Place>),
) -> Vec<Level> {
    let mut levels = Vec::new();
    let holds = |(here, _): &&(Place, Place)| here.file == step.place.file && here.span.contains(step.place.span);
    let own = documents.iter().find(holds).map_or(step.place, |(_, reader)| *reader);
    let places = step.calls.iter().chain(std::iter::once(&own)).enumerate();
    let places = places.take_while(|(depth, place)| *depth == 0 || !passing.contains(place)).map(|(_, place)| place);
    for place in places.filter(|place| place.file == analysis.file) {
        let mut own = Vec::new();
        let (mut node, mut list) = (root, root.span);
        while let Some(next) = node.children().find(|child| child.span.contains(place.span) && !child.span.is_empty()) {
            match next.kind {
                Kind::List => list = next.span,
                Kind::Statement => own.push(Level { list, statement: next.span, repeats: false }),
                // What a function holds runs where it is called.
                Kind::Function => own.clear(),
                Kind::WhileClause | Kind::ForClause => {
                    if let Some(last) = own.last_mut() {
                        last.repeats = true;
                    }
                }
                _ => {}
            }
            node = next;
        }
        levels.append(&mut own);
    }
    levels
}
