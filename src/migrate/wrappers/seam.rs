//! Where the words of a caller meet those of a function.

use std::collections::BTreeSet;

use super::body::Body;
use crate::analysis::Analysis;
use crate::eval::{Invocation, Step};
use crate::migrate::sites::{self, Site, Sites, numbers};
use crate::model::Word;
use crate::syntax::Node;
use crate::text::{Place, Source, Span};

/// What stands for the words of the caller.
pub(super) const PASSED: [&str; 3] = ["\"$@\"", "$@", "$*"];

/// Which words of a call stand where.
pub(super) struct Split {
    pub(super) call: usize,
    /// The number of the first word that is passed on, among those of the call.
    pub(super) first: usize,
    /// The same for the function: its first argument, and the word that stands for the caller's.
    pub(super) own: usize,
    pub(super) rest: usize,
    /// For each argument the number of its word, counted over all of them.
    pub(super) numbers: Vec<usize>,
}

/// The command in which words of a caller stand beside others. A function that only passes its words on is looked
/// through: `rule() { ipchains "$@"; }` leaves it to `rule -A input "$@"` in another function.
pub(in crate::migrate) struct Seam {
    /// The command.
    pub(in crate::migrate) site: usize,
    /// The number of its first argument among its words.
    pub(super) first: usize,
    /// It calls a function that only passes words on.
    looked_through: bool,
    /// Where the function around it is called.
    call: Option<Place>,
}

impl Seam {
    /// The number of the first word that is no program, where another function is called here.
    pub(in crate::migrate) fn outer(&self) -> usize {
        if self.looked_through { self.first } else { 0 }
    }
}

/// The commands that only hand on the words of the callers of the function around them, which does nothing else with
/// those.
#[derive(Default)]
pub(in crate::migrate) struct Passing(BTreeSet<usize>);

impl Passing {
    pub(super) fn of(analysis: &Analysis<'_>, root: Node<'_>, sites: &Sites<'_>) -> Self {
        let source = analysis.sources.get(analysis.file);
        let hands_on = |site: &Site<'_>| {
            let last = site.words().last().copied().filter(|_| site.string.is_none());
            last.is_some_and(|last| is_passed(source, last))
                && Body::of(source, root, site.node).is_some_and(|body| body.only_passes_on(0, &[]))
        };
        Self(sites.iter().enumerate().filter(|(_, site)| hands_on(site)).map(|(at, _)| at).collect())
    }

    /// The seam of a command whose words stand in several places.
    pub(in crate::migrate) fn seam(
        &self,
        analysis: &Analysis<'_>,
        sites: &Sites<'_>,
        step: &Step,
        invocation: &Invocation,
    ) -> Option<Seam> {
        let mut site = sites::named(analysis, sites, step, invocation)?;
        let behind_name = |word: &Span| invocation.name.file == analysis.file && word.start >= invocation.name.span.end;
        let mut first = sites.get(site)?.words().iter().position(behind_name).unwrap_or(0);
        let mut calls = step.calls.iter().rev();
        let mut looked_through = false;
        loop {
            let own = sites.get(site)?;
            let call = calls.next().copied();
            let stop = Seam { site, first, looked_through, call };
            let brings = |word: &Word| word.place.file == analysis.file && own.node.span.contains(word.place.span);
            // All its words but the program are those of the caller.
            let passes = self.0.contains(&site) && own.words().len() == first + 1;
            let outer = call.and_then(|call| sites.innermost(analysis, call));
            let outer = outer.filter(|outer| sites.get(*outer).is_some_and(|outer| outer.string.is_none()));
            match outer {
                Some(outer) if passes && !invocation.arguments.iter().any(brings) => {
                    (site, first, looked_through) = (outer, 1, true);
                }
                _ => return Some(stop),
            }
        }
    }
}

fn is_passed(source: &Source, word: Span) -> bool {
    PASSED.contains(&source.text(word).as_ref())
}

/// Which words of the command `site` are its own, and which come from the call; `None` where it is no wrapper.
pub(super) fn split(
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
    let rest = (first_own..own.len()).find(|at| is_passed(source, own[*at]))?;
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
