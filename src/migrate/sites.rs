//! Where in the script the commands stand, and which of their words are written there.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use crate::analysis::Analysis;
use crate::eval::{Invocation, Program, Step};
use crate::model::Value;
use crate::syntax::{Kind, Node, Nodes, here_documents};
use crate::text::{Place, Source, Span};

/// The programs whose commands may become others, so that strings which hold some are looked into.
pub(super) const CHANGING: [Program; 9] = [
    Program::Ipchains,
    Program::IpchainsSave,
    Program::IpchainsRestore,
    Program::Ipmasqadm,
    Program::LoadModule,
    Program::UnloadModule,
    Program::Sysctl,
    Program::Service,
    Program::Chkconfig,
];

/// A simple command of the script.
#[derive(Clone, Debug)]
pub(super) struct Site<'t> {
    pub(super) node: Node<'t>,
    /// The word whose text is run as a script, where it stands in one.
    pub(super) string: Option<Span>,
    /// Another shell runs that string, which knows no function of the script.
    pub(super) other_shell: bool,
    /// The command is a statement of its own: others may stand before and after it.
    pub(super) listed: bool,
    /// The script asks whether it succeeds.
    pub(super) tested: bool,
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

    /// Its redirections to here-documents, whose texts would be commands without them.
    pub(super) fn documents(&self) -> impl Iterator<Item = Span> {
        let redirects = self.node.all(Kind::Redirect);
        redirects.filter(|redirect| redirect.child(Kind::HereDocument).is_some()).map(|redirect| redirect.span)
    }

    /// Whether it puts its program in the place of the shell, so that nothing runs behind it.
    pub(super) fn ends(&self, source: &Source) -> bool {
        matches!(self.words().as_slice(), [exec, _, ..] if source.text(*exec) == "exec")
    }

    /// The words before the one with the number `first`, which name the program; `exec` is not among them.
    pub(super) fn program(&self, source: &Source, first: usize) -> Option<Span> {
        let words = self.words();
        let start = words.get(usize::from(self.ends(source)))?.start;
        let end = words.get(first.checked_sub(1)?)?.end;
        (start < end).then_some(Span { start, end })
    }
}

/// All simple commands, and how to find them.
pub(super) struct Sites<'t> {
    all: Vec<Site<'t>>,
    /// Their numbers by where they begin, those around others before these.
    order: Vec<usize>,
    /// For each of that order, which of it is around it.
    around: Vec<Option<usize>>,
    /// Those in each string.
    inside: HashMap<Span, Vec<usize>>,
    /// The variables that the script gives more than one word.
    wordy: BTreeSet<String>,
}

impl<'t> std::ops::Deref for Sites<'t> {
    type Target = [Site<'t>];

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

impl<'t> Sites<'t> {
    pub(super) fn of(all: Vec<Site<'t>>, wordy: BTreeSet<String>) -> Self {
        let mut order: Vec<usize> = (0..all.len()).collect();
        order.sort_by_key(|at| (all[*at].node.span.start, Reverse(all[*at].node.span.end), Reverse(*at)));
        let (mut around, mut open): (Vec<Option<usize>>, Vec<usize>) = (Vec::new(), Vec::new());
        for (at, site) in order.iter().enumerate() {
            let span = all[*site].node.span;
            while open.last().is_some_and(|outer| !all[order[*outer]].node.span.contains(span)) {
                open.pop();
            }
            around.push(open.last().copied());
            open.push(at);
        }
        let mut inside: HashMap<Span, Vec<usize>> = HashMap::new();
        for (at, string) in all.iter().enumerate().filter_map(|(at, site)| Some((at, site.string?))) {
            inside.entry(string).or_default().push(at);
        }
        Self { all, order, around, inside, wordy }
    }

    /// The innermost simple command of the file that holds `place`.
    pub(super) fn innermost(&self, analysis: &Analysis<'_>, place: Place) -> Option<usize> {
        if place.file != analysis.file {
            return None;
        }
        let begun = self.order.partition_point(|at| self.all[*at].node.span.start <= place.span.start);
        let mut outwards = std::iter::successors(begun.checked_sub(1), |at| self.around[*at]);
        let holds = |at: &usize| self.all[self.order[*at]].node.span.contains(place.span);
        outwards.find(holds).map(|at| self.order[at])
    }
}

/// The strings among the words of `root`, and the here-documents, that some command is run from, each parsed as a
/// script.
pub(super) fn strings(analysis: &Analysis<'_>, root: Node<'_>, text: &str) -> Vec<(Span, Nodes)> {
    let named: BTreeSet<Span> = analysis
        .invocations()
        .filter(|(_, _, invocation)| CHANGING.contains(&invocation.program) && invocation.name.file == analysis.file)
        .map(|(_, _, invocation)| invocation.name.span)
        .collect();
    let words = root.walk().filter(|node| node.kind == Kind::Word && named.contains(&node.span));
    let inside = words.filter_map(|word| {
        let written = text.get(word.span.range())?;
        let quoted = written.len() > 2 && written.starts_with(['"', '\'']) && written.ends_with(written.get(..1)?);
        let content = written.get(1..written.len() - 1).filter(|content| quoted && !content.contains('\\'))?;
        let whole = word.named().count() == 1 && content.contains([' ', '\t']);
        whole.then(|| (word.span, crate::syntax::parse_fragment(content, word.span.start + 1)))
    });
    let documents = here_documents(root).filter(|here| named.contains(&here.body.span)).filter_map(|here| {
        let content = text.get(here.body.span.range())?;
        Some((here.body.span, crate::syntax::parse_fragment(content, here.body.span.start)))
    });
    inside.chain(documents).collect()
}

/// The variables that some assignment gives more than one word.
pub(super) fn wordy(root: Node<'_>, text: &str) -> BTreeSet<String> {
    let read = |node: Node<'_>| text.get(node.span.range()).unwrap_or_default();
    let assignments = root.walk().filter(|node| node.kind == Kind::Assignment);
    let wordy = assignments.filter(|node| node.child(Kind::Word).is_some_and(|word| read(word).contains([' ', '\t'])));
    wordy.filter_map(|node| node.child(Kind::Name)).map(|name| read(name).to_owned()).collect()
}

/// The simple commands of a string; comments about them stand above the statement that the string is a part of.
pub(super) fn in_string<'t>(
    analysis: &Analysis<'_>,
    span: Span,
    root: Node<'t>,
    text: &str,
    outer: &[Site<'_>],
) -> Vec<Site<'t>> {
    let around = outer.iter().filter(|site| site.node.span.contains(span)).min_by_key(|site| site.node.span.len());
    let statement = around.map_or(span, |site| site.statement);
    let other_shell = analysis.evaluation.other_shells.contains(&Place::new(analysis.file, span));
    all(root, text).into_iter().map(|site| Site { string: Some(span), statement, other_shell, ..site }).collect()
}

/// All simple commands of the tree.
pub(super) fn all<'t>(root: Node<'t>, text: &str) -> Vec<Site<'t>> {
    let mut sites = Vec::new();
    let outermost = Around { listed: false, tested: false, condition: false, statement: root.span };
    let mut pending = vec![(root, outermost)];
    while let Some((node, around)) = pending.pop() {
        if node.kind == Kind::Simple {
            sites.push(Site {
                node,
                string: None,
                other_shell: false,
                listed: around.listed,
                tested: around.tested,
                statement: around.statement,
            });
        }
        let mut inner = around.inside(node, text);
        let first = pending.len();
        let last = node.all(Kind::Statement).last().map(|statement| statement.span);
        for child in node.children() {
            let asks = matches!(node.kind, Kind::IfClause | Kind::ElifPart | Kind::WhileClause);
            let condition = asks && child.kind == Kind::List || around.condition && last == Some(child.span);
            pending.push((child, Around { condition, ..inner }));
            // A statement on the line of the one before shares its place for comments.
            if child.kind == Kind::Statement {
                inner.statement = inner.inside(child, text).statement;
            }
        }
        pending[first..].reverse();
    }
    sites
}

#[derive(Clone, Copy)]
struct Around {
    listed: bool,
    tested: bool,
    /// It is a condition, or the last statement of one.
    condition: bool,
    statement: Span,
}

impl Around {
    /// What holds for the children of `node`.
    fn inside(mut self, node: Node<'_>, text: &str) -> Self {
        match node.kind {
            Kind::Statement => {
                let background =
                    node.child(Kind::Terminator).is_some_and(|end| text.get(end.span.range()) == Some("&"));
                self.listed = !background && !self.condition;
                self.tested = self.condition;
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
            Kind::AndOr if node.named().filter(|child| child.kind == Kind::Pipeline).count() > 1 => {
                (self.listed, self.tested) = (false, true);
            }
            Kind::Pipeline if node.child(Kind::Pipe).is_some() => (self.listed, self.tested) = (false, false),
            Kind::Pipeline if node.child(Kind::Negation).is_some() => (self.listed, self.tested) = (false, true),
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
        /// The first argument's word holds the program too.
        with_program: bool,
    },
    /// The words come from several places, or from none that can be rewritten.
    Mixed,
}

/// Finds out how the command of `step` is written.
pub(super) fn written(analysis: &Analysis<'_>, sites: &Sites<'_>, step: &Step, invocation: &Invocation) -> Written {
    let places: Vec<Place> = invocation.arguments.iter().map(|word| word.place).collect();
    if invocation.name.file == analysis.file
        && let Some((site, first, words)) = inside_string(analysis, sites, invocation)
    {
        return Written::Here { site, first, words, with_program: false };
    }
    let Some(cover) = places.iter().copied().reduce(Place::cover) else {
        let name_site = named(analysis, sites, step, invocation);
        let first = name_site.and_then(|site| after(sites.get(site)?, invocation.name.span));
        return match (name_site, first) {
            (Some(site), Some(first)) if invocation.vanished.is_empty() => {
                Written::Here { site, first, words: Vec::new(), with_program: false }
            }
            _ => Written::Mixed,
        };
    };
    let Some(at) = sites.innermost(analysis, cover) else { return Written::Mixed };
    let words = sites.get(at).map(Site::words).unwrap_or_default();
    // Words that come to nothing here may be the first argument in another run.
    let vanished = invocation.vanished.iter().filter(|own| own.before == 0 && own.place.file == analysis.file);
    let begins: Vec<Span> = vanished.map(|own| own.place.span).chain(places.first().map(|place| place.span)).collect();
    let first = words.iter().position(|word| begins.contains(word));
    let numbers = first.and_then(|first| numbers(analysis, words.get(first..).unwrap_or_default(), &places));
    let with_program = places
        .first()
        .is_some_and(|place| place.file == invocation.name.file && invocation.name.span.contains(place.span));
    match (first, numbers) {
        (Some(first), Some(words)) if first > 0 || with_program => {
            Written::Here { site: at, first, words, with_program }
        }
        _ => Written::Mixed,
    }
}

/// The command that names the program.
pub(super) fn named(analysis: &Analysis<'_>, sites: &Sites<'_>, step: &Step, invocation: &Invocation) -> Option<usize> {
    sites.innermost(analysis, invocation.name).or_else(|| sites.innermost(analysis, step.place))
}

/// The number of each argument's word; `None` unless the words give the arguments in order. A word with
/// an expansion may give none.
pub(super) fn numbers(analysis: &Analysis<'_>, words: &[Span], places: &[Place]) -> Option<Vec<usize>> {
    let source = analysis.sources.get(analysis.file);
    let may_vanish = |at: usize| words.get(at).is_some_and(|word| source.text(*word).starts_with('$'));
    let mut numbers: Vec<usize> = Vec::with_capacity(places.len());
    for place in places {
        let last = numbers.last().copied();
        let same = last.filter(|last| words.get(*last) == Some(&place.span));
        let mut next = last.map_or(0, |last| last + 1);
        while words.get(next) != Some(&place.span) && same.is_none() {
            next = Some(next).filter(|next| may_vanish(*next))? + 1;
        }
        numbers.push(same.unwrap_or(next));
    }
    let used = numbers.last().map_or(0, |last| last + 1);
    (used..words.len()).all(may_vanish).then_some(numbers)
}

/// The command of a string that fits the words of `invocation`, which all have the place of the string:
/// the command, the number of its first argument's word, and the words' numbers as [`Written::Here`] has them.
fn inside_string(
    analysis: &Analysis<'_>,
    sites: &Sites<'_>,
    invocation: &Invocation,
) -> Option<(usize, usize, Vec<usize>)> {
    let source = analysis.sources.get(analysis.file);
    let inside = sites.inside.get(&invocation.name.span)?;
    let fitting = |at: usize| {
        let site = &sites[at];
        let texts: Vec<Cow<'_, str>> = site.words().iter().map(|word| source.text(*word)).collect();
        let fits = |text: &Cow<'_, str>, value: &Value| {
            text.contains('$') || value.known().is_some_and(|known| super::roles::unquoted(text) == known)
        };
        let first = texts.iter().position(|text| fits(text, &invocation.name_value))? + 1;
        // Which of the arguments such a variable brings along, and which the words behind it, is not told.
        let head = super::roles::variable(texts.get(first - 1)?);
        head.is_none_or(|name| !sites.wordy.contains(&name)).then_some(())?;
        let values: Vec<&Value> = invocation.arguments.iter().map(|word| &word.value).collect();
        align(texts.get(first..)?, &values, &fits).map(|words| (at, first, words))
    };
    // Where an expansion brings commands along, the numbers are others.
    let own = invocation.part.filter(|part| part.of == inside.len()).and_then(|part| inside.get(part.number));
    own.and_then(|at| fitting(*at)).or_else(|| inside.iter().copied().find_map(fitting))
}

/// The word of each value, where words without an expansion give themselves, and others any number of values.
fn align(
    texts: &[Cow<'_, str>],
    values: &[&Value],
    fits: &dyn Fn(&Cow<'_, str>, &Value) -> bool,
) -> Option<Vec<usize>> {
    // Most commands of a string differ in the words before the first expansion.
    let plain = texts.iter().take_while(|text| !text.starts_with('$')).count();
    if !texts.iter().zip(values.get(..plain)?).all(|(text, value)| fits(text, value)) {
        return None;
    }
    if plain == texts.len() {
        return (values.len() == plain).then(|| (0..plain).collect());
    }
    // Whether the words from one on can give the values from another one on.
    let mut can = vec![vec![false; values.len() + 1]; texts.len() + 1];
    *can.last_mut()?.last_mut()? = true;
    let may = |can: &Vec<Vec<bool>>, word: usize, from: usize, count: usize| {
        let own = values.get(from..from + count).unwrap_or_default();
        let text = &texts[word];
        (count == 1 || text.starts_with('$'))
            && own.iter().all(|value| fits(text, value))
            && can[word + 1][from + count]
    };
    for word in (0..texts.len()).rev() {
        for from in 0..=values.len() {
            can[word][from] = (0..=values.len() - from).any(|count| may(&can, word, from, count));
        }
    }
    let (mut numbers, mut from) = (Vec::new(), 0);
    for word in 0..texts.len() {
        // One value for a word is the likely case, none or several are not.
        let mut counts = std::iter::once(1).chain((0..=values.len() - from).filter(|count| *count != 1));
        let count = counts.find(|count| from + count <= values.len() && may(&can, word, from, *count))?;
        numbers.extend(std::iter::repeat_n(word, count));
        from += count;
    }
    (from == values.len()).then_some(numbers)
}

/// The number of the first word behind `name`.
fn after(site: &Site<'_>, name: Span) -> Option<usize> {
    Some(site.words().iter().position(|word| word.start >= name.end).unwrap_or(site.words().len()))
}
