//! Where in the script the commands stand, and which of their words are written there.

use crate::analysis::Analysis;
use crate::eval::{Invocation, Step};
use crate::syntax::{Kind, Node};
use crate::text::{Place, Span};

/// A simple command of the script.
#[derive(Clone, Debug)]
pub(super) struct Site<'t> {
    pub(super) node: Node<'t>,
    /// The command is a statement of its own: others may stand before and after it.
    pub(super) listed: bool,
    /// Where a comment about it may begin: the statement that begins its line.
    pub(super) statement: Span,
}

impl Site<'_> {
    /// From the first byte of the command to the last byte of its last word.
    pub(super) fn extent(&self) -> Span {
        let last = self.node.named().filter(|node| node.kind != Kind::Continuation).last();
        Span { start: self.node.span.start, end: last.map_or(self.node.span.end, |last| last.span.end) }
    }

    /// The spans of its words.
    pub(super) fn words(&self) -> Vec<Span> {
        self.node.all(Kind::Word).map(|word| word.span).collect()
    }
}

/// All simple commands of the tree.
pub(super) fn all<'t>(root: Node<'t>, text: &str) -> Vec<Site<'t>> {
    let mut sites = Vec::new();
    let mut pending = vec![(root, Around { listed: false, statement: root.span })];
    while let Some((node, around)) = pending.pop() {
        if node.kind == Kind::Simple {
            sites.push(Site { node, listed: around.listed, statement: around.statement });
        }
        let inner = around.inside(node, text);
        let children: Vec<Node<'_>> = node.children().collect();
        pending.extend(children.into_iter().rev().map(|child| (child, inner)));
    }
    sites
}

#[derive(Clone, Copy)]
struct Around {
    listed: bool,
    statement: Span,
}

impl Around {
    /// What holds for the children of `node`.
    fn inside(mut self, node: Node<'_>, text: &str) -> Self {
        match node.kind {
            Kind::Statement => {
                let background =
                    node.child(Kind::Terminator).is_some_and(|end| text.get(end.span.range()) == Some("&"));
                self.listed = !background;
                let line = text
                    .get(..node.span.start as usize)
                    .map_or("", |before| before.rsplit('\n').next().unwrap_or(before));
                let own_line = line.trim().is_empty();
                let continued =
                    text.get(..node.span.start as usize - line.len()).is_some_and(|before| before.ends_with("\\\n"));
                if own_line && !continued {
                    self.statement = node.span;
                }
            }
            Kind::AndOr if node.named().filter(|child| child.kind == Kind::Pipeline).count() > 1 => self.listed = false,
            Kind::Pipeline if node.named().any(|child| matches!(child.kind, Kind::Pipe | Kind::Negation)) => {
                self.listed = false
            }
            _ => {}
        }
        self
    }
}

/// How the arguments of a command are written.
pub(super) enum Written {
    /// Each argument is written in a word of the simple command with this number.
    Here {
        site: usize,
        /// The number of its first argument's word.
        first: usize,
        /// For each argument the number of its word, counted from the first; several may share one.
        words: Vec<usize>,
    },
    /// The command's name and some arguments are in one word, the value of a variable.
    Prefix { site: usize, variable: String },
    /// The command stands in a string that is run as a script; the word with this span.
    InString { word: Span },
    /// The words come from several places, or from none that can be rewritten.
    Mixed { site: Option<usize> },
}

/// Finds out how the command of `step` is written.
pub(super) fn written(analysis: &Analysis<'_>, sites: &[Site<'_>], step: &Step, invocation: &Invocation) -> Written {
    let name_site = innermost(analysis, sites, invocation.name).or_else(|| innermost(analysis, sites, step.place));
    let places: Vec<Place> = invocation.arguments.iter().map(|word| word.place).collect();
    let Some(cover) = places.iter().copied().reduce(Place::cover) else {
        let first = name_site.and_then(|site| after(sites.get(site)?, invocation.name.span));
        return match (name_site, first) {
            (Some(site), Some(first)) if invocation.vanished.is_empty() => {
                Written::Here { site, first, words: Vec::new() }
            }
            _ => Written::Mixed { site: name_site },
        };
    };
    if let Some(prefix) =
        places.iter().find(|place| invocation.name.span.contains(place.span) && place.file == invocation.name.file)
        && let Some(site) = innermost(analysis, sites, *prefix)
    {
        let text = analysis.sources.text(*prefix);
        return match super::roles::variable(&text) {
            Some(variable) => Written::Prefix { site, variable },
            None => Written::InString { word: prefix.span },
        };
    }
    let Some(at) = innermost(analysis, sites, cover) else { return Written::Mixed { site: name_site } };
    let words = sites.get(at).map(Site::words).unwrap_or_default();
    let first = words.iter().position(|word| Some(*word) == places.first().map(|place| place.span));
    let numbers = first.and_then(|first| numbers(words.get(first..).unwrap_or_default(), &places));
    match (first, numbers) {
        (Some(first), Some(words)) if first > 0 && invocation.vanished.is_empty() => {
            Written::Here { site: at, first, words }
        }
        _ => Written::Mixed { site: name_site },
    }
}

/// The number of each argument's word; `None` unless each word gives at least one argument, in order.
fn numbers(words: &[Span], places: &[Place]) -> Option<Vec<usize>> {
    let mut numbers: Vec<usize> = Vec::with_capacity(places.len());
    for place in places {
        let last = numbers.last().copied();
        let same = last.filter(|last| words.get(*last) == Some(&place.span));
        let next = last.map_or(0, |last| last + 1);
        let number = same.or_else(|| (words.get(next) == Some(&place.span)).then_some(next))?;
        numbers.push(number);
    }
    (numbers.last().map_or(0, |last| last + 1) == words.len()).then_some(numbers)
}

/// The innermost simple command of the file that holds `place`.
pub(super) fn innermost(analysis: &Analysis<'_>, sites: &[Site<'_>], place: Place) -> Option<usize> {
    if place.file != analysis.file {
        return None;
    }
    let holds = sites.iter().enumerate().filter(|(_, site)| site.node.span.contains(place.span));
    holds.min_by_key(|(_, site)| site.node.span.len()).map(|(at, _)| at)
}

/// The number of the first word behind `name`.
fn after(site: &Site<'_>, name: Span) -> Option<usize> {
    Some(site.words().iter().position(|word| word.start >= name.end).unwrap_or(site.words().len()))
}
