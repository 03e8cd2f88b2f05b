//! Commands that stand in variables or in strings for `eval`, written out where they are run.
//!
//! `c="$IPCHAINS -A input -s $NET"; $c -j DENY` becomes `$IPCHAINS -A input -s $NET -j DENY`, and
//! `eval "\$IPCHAINS -F \$CHAIN"` becomes `$IPCHAINS -F $CHAIN`. Whether that is the same is not argued from the text: the
//! new script is evaluated, and has to run the same commands with the same words on the same runs.

mod alike;
mod common;
mod text;

use std::collections::{BTreeSet, HashMap};

use super::Item;
use super::inline::{Room, Round, only_command, removal};
use super::roles::variable;
use super::sites::Site;
use crate::analysis::{self, Analysis};
use crate::eval::{Evaluation, Settings, evaluate};
use crate::syntax::{Form, Kind, Node};
use crate::text::{Edit, Edits, Place, Source, Sources, Span, Spans};
use common::{Common, Value};
use text::Text;

/// Variables that name each other are followed so far.
const DEPTH: usize = 16;

/// So many places are tried one by one where all together are not the same.
const TRIED: usize = 16;

/// Writes out the commands at `places` that are put together elsewhere; `None` where there are none, or where the script
/// would not be the same.
pub(super) fn unfold(
    analysis: &Analysis<'_>,
    root: Node<'_>,
    sites: &[Site<'_>],
    places: &Spans,
    room: Room,
) -> Option<Round> {
    let whole = analysis.trees.len() == 1 && analysis.evaluation.cut_short.is_none();
    (whole && room.is_left()).then_some(())?;
    let script = Script::new(analysis, root);
    // In old-style command substitutions escapes are read twice.
    let read_twice: Spans = root.walk().filter(|node| node.kind == Kind::Backquoted).map(|node| node.span).collect();
    let is_open = |site: &&Site<'_>| {
        let span = site.node.span;
        site.string.is_none() && places.hold(span) && !read_twice.hold(span)
    };
    let open: Vec<&Site<'_>> = sites.iter().filter(is_open).collect();
    let mut changes = script.that_hold(open.iter().filter_map(|site| script.written_out(site)).collect());
    let changed: Spans = changes.iter().map(|change| change.place).collect();
    let rest = open.into_iter().filter(|site| !changed.lie_in(site.node.span));
    let names: BTreeSet<String> = rest.filter_map(|site| variable(&script.words(site).first()?.1)).collect();
    let parted = names.iter().filter_map(|name| script.parted(name, sites)).collect();
    for change in script.that_hold(parted) {
        changes.push(change);
        if edits(&changes, Vec::new()).is_none() {
            changes.pop();
        }
    }
    let together = edits(&changes, Vec::new()).filter(|edits| !edits.is_empty())?;
    let without = edits(&changes, script.removals(&changes)).filter(|edits| script.is_same(edits));
    let edits = without.or_else(|| script.is_same(&together).then_some(together))?;
    let room = room.after(&edits, analysis.evaluation.steps.len());
    let notes = changes.into_iter().filter_map(|change| change.note(analysis)).collect();
    Some(Round { edits, notes, room })
}

/// A change by which a command is written where it is run.
struct Change {
    edits: Vec<Edit>,
    /// Where the command is run.
    place: Span,
    /// The variables that held it.
    from: Vec<String>,
    /// Some words stay in them, which differ from run to run.
    parted: bool,
}

impl Change {
    fn note(self, analysis: &Analysis<'_>) -> Option<Item> {
        let names: Vec<String> = self.from.iter().map(|name| format!("`${name}`")).collect();
        let but = if self.parted { ", but for the words that differ, which stay there" } else { "" };
        let message = format!("the command in {} is written out where it is run{but}", names.join(" and "));
        let place = Place::new(analysis.file, self.place);
        (!names.is_empty()).then_some(Item { place, message, person: false })
    }
}

fn edits(changes: &[Change], others: Vec<Edit>) -> Option<Edits> {
    let mut edits = Edits::default();
    edits.add_all(changes.iter().flat_map(|change| change.edits.clone()).chain(others)).ok()?;
    Some(edits)
}

/// A statement that sets a variable, and does nothing else.
struct Setting<'a> {
    name: String,
    statement: Node<'a>,
    command: Node<'a>,
    /// It is the only one of its list.
    alone: bool,
}

/// What there is to know of the script.
struct Script<'a> {
    analysis: &'a Analysis<'a>,
    root: Node<'a>,
    source: &'a Source,
    /// The assignments to each variable, in the order of the text.
    assignments: HashMap<String, Vec<Node<'a>>>,
}

impl<'a> Script<'a> {
    fn new(analysis: &'a Analysis<'a>, root: Node<'a>) -> Self {
        let source = analysis.sources.get(analysis.file);
        let mut assignments: HashMap<String, Vec<Node<'a>>> = HashMap::new();
        for node in root.walk().filter(|node| node.kind == Kind::Assignment) {
            let name = node.child(Kind::Name).map(|name| source.text(name.span).into_owned());
            assignments.entry(name.unwrap_or_default()).or_default().push(node);
        }
        Self { analysis, root, source, assignments }
    }

    /// Those of the changes after which the script is the same.
    fn that_hold(&self, changes: Vec<Change>) -> Vec<Change> {
        let hold = |changes: &[Change]| edits(changes, Vec::new()).is_some_and(|edits| self.is_same(&edits));
        match changes.is_empty() || hold(&changes) {
            true => changes,
            false => changes.into_iter().take(TRIED).filter(|change| hold(std::slice::from_ref(change))).collect(),
        }
    }

    /// The words of a command, with their texts.
    fn words(&self, site: &Site<'_>) -> Vec<(Span, String)> {
        site.words().into_iter().map(|word| (word, self.source.text(word).into_owned())).collect()
    }

    /// A command with the words that stand elsewhere.
    fn written_out(&self, site: &Site<'_>) -> Option<Change> {
        let words = self.words(site);
        let span = Span { start: words.first()?.0.start, end: words.last()?.0.end };
        let within = site.node.named().filter(|node| span.contains(node.span));
        within.into_iter().all(|node| matches!(node.kind, Kind::Word | Kind::Continuation)).then_some(())?;
        let texts: Vec<String> = words.into_iter().map(|(_, text)| text).collect();
        let mut text = Text::of(&texts)?;
        let (mut from, mut before) = (Vec::new(), span.start);
        while from.len() < DEPTH
            && let Some(name) = variable(text.head())
            && let Some(assignment) = self.last_before(&name, before)
            && let Some(held) = assignment.child(Kind::Word).and_then(|word| text.held(&self.source.text(word.span)))
        {
            text.put(&name, &held);
            from.push(name);
            before = assignment.span.start;
        }
        let is_apart = text.is_read_again() || !from.is_empty();
        // What a setting from outside says may be more than words for `eval`, which reads it once more.
        let constant = |name: &str| self.is_constant(name);
        let text = match text.is_settled(constant) || !self.is_open(site.node.span) {
            true => text.into_command()?,
            false if text.waits() || !from.is_empty() => text.into_eval(constant)?,
            false => return None,
        };
        let is_new = is_apart && text != self.source.text(span);
        is_new.then(|| Change { edits: vec![Edit::replace(span, text)], place: span, from, parted: false })
    }

    /// The commands that begin with a variable, with the words that all its values have in common; the others stay in it.
    fn parted(&self, name: &str, sites: &[Site<'_>]) -> Option<Change> {
        let mut edits = Vec::new();
        let assigned = self.assignments.get(name)?.iter().map(|node| node.child(Kind::Word).map(|word| word.span));
        let assigned: Vec<Span> = assigned.collect::<Option<_>>()?;
        let values = assigned.iter().map(|word| Value::of(&self.source.text(*word), name));
        let common = Common::of(&values.collect::<Option<Vec<_>>>()?)?;
        edits.extend(
            assigned
                .iter()
                .zip(&common.rests)
                .filter_map(|(word, rest)| Some(Edit::replace(*word, format!("\"{}\"", rest.as_ref()?)))),
        );
        let reads = |node: &Node<'_>| {
            matches!(node.kind, Kind::Name | Kind::ParameterName) && self.source.text(node.span) == name
        };
        let set: Spans = self.assignments.get(name)?.iter().map(|node| node.span).collect();
        let read: Vec<Span> =
            self.root.walk().filter(reads).map(|node| node.span).filter(|span| !set.hold(*span)).collect();
        let begins = |span: &Span| {
            let mut around =
                sites.iter().filter(|site| site.string.is_none()).filter_map(|site| site.words().first().copied());
            around.find(|word| {
                word.contains(*span)
                    && variable(&self.source.text(*word)).as_deref() == Some(name)
                    && self.source.text(*word).starts_with('$')
            })
        };
        let heads: Vec<Span> = read.iter().map(begins).collect::<Option<_>>()?;
        let place = *heads.first()?;
        let whole = |head: Span| Edit::replace(head, common.around(&self.source.text(head)));
        edits.extend(heads.into_iter().map(whole));
        Some(Change { edits, place, from: vec![name.to_owned()], parted: true })
    }

    /// Whether some word of the commands that are run from a place is not known.
    fn is_open(&self, span: Span) -> bool {
        let within = |place: &Place| place.file == self.analysis.file && span.contains(place.span);
        let mut run =
            self.analysis.invocations().filter(|(_, step, _)| within(&step.place) || step.calls.iter().any(within));
        run.any(|(_, _, own)| own.arguments.iter().any(|word| word.known().is_none()))
    }

    /// Whether all values of a variable stand in the script.
    fn is_constant(&self, name: &str) -> bool {
        let own = self.assignments.get(name).map(Vec::as_slice).unwrap_or_default();
        let is_text = |node: &Node<'_>| !self.source.text(node.span).contains(['$', '`']);
        let elsewhere = || self.root.walk().any(|node| node.kind == Kind::Word && self.source.text(node.span) == name);
        !own.is_empty() && own.iter().all(is_text) && !elsewhere()
    }

    fn last_before(&self, name: &str, offset: u32) -> Option<Node<'a>> {
        let own = self.assignments.get(name)?;
        own.iter().rev().find(|node| node.span.end <= offset).copied()
    }

    /// Edits that take away the assignments that nothing reads once the changes are made.
    fn removals(&self, changes: &[Change]) -> Vec<Edit> {
        if !self.analysis.evaluation.sources_unread.is_empty() {
            return Vec::new();
        }
        let settings: Vec<Setting<'_>> = self.root.walk().flat_map(|list| self.settings(list)).collect();
        let changed: Spans = changes.iter().flat_map(|change| &change.edits).map(|edit| edit.span).collect();
        let mentions: Vec<Node<'_>> = self.root.walk().filter(|node| self.mentions(*node)).collect();
        let whole = changes.iter().filter(|change| !change.parted);
        let mut unread: BTreeSet<&str> = whole.flat_map(|change| &change.from).map(String::as_str).collect();
        loop {
            let gone = settings.iter().filter(|setting| unread.contains(setting.name.as_str()));
            let gone: Spans = gone.map(|setting| setting.command.span).collect();
            let stays = |node: &&Node<'_>| !changed.hold(node.span) && !gone.hold(node.span);
            let named: BTreeSet<String> =
                mentions.iter().filter(stays).map(|node| self.source.text(node.span).into_owned()).collect();
            if unread.iter().all(|name| !named.contains(*name)) {
                break;
            }
            unread.retain(|name| !named.contains(*name));
        }
        let gone = settings.into_iter().filter(|setting| unread.contains(setting.name.as_str()));
        gone.map(|setting| match setting.alone {
            true => Edit::replace(setting.command.span, ":"),
            false => removal(self.source, setting.statement, setting.command),
        })
        .collect()
    }

    /// The statements of a list that only set a variable.
    fn settings(&self, list: Node<'a>) -> impl Iterator<Item = Setting<'a>> + use<'a, '_> {
        let alone = list.all(Kind::Statement).count() == 1;
        list.all(Kind::Statement).filter_map(move |statement| {
            let command = only_command(statement).filter(|command| command.kind == Kind::Simple)?;
            let mut parts = command.named();
            let (assignment, None) = (parts.next()?, parts.next()) else { return None };
            let name = assignment.child(Kind::Name).filter(|_| assignment.kind == Kind::Assignment)?;
            Some(Setting { name: self.source.text(name.span).into_owned(), statement, command, alone })
        })
    }

    /// Whether a node says the name of a variable.
    fn mentions(&self, node: Node<'_>) -> bool {
        let text = || self.source.text(node.span);
        match node.kind {
            Kind::Name | Kind::ParameterName => true,
            Kind::Word => self.assignments.contains_key(text().as_ref()),
            _ => false,
        }
    }

    /// Whether the script does the same with these edits.
    fn is_same(&self, edits: &Edits) -> bool {
        let mut sources = Sources::default();
        let file = sources.add(Source::new(self.source.path(), edits.apply(self.source)));
        let trees = [analysis::parse(sources.get(file), file, Some(Form::Script))];
        let own_addresses = self.analysis.evaluation.own_addresses.declared().to_vec();
        let settings = Settings { own_addresses, ..Settings::default() };
        let after: Evaluation = evaluate(&sources, &trees, file, &settings);
        alike::alike(&self.analysis.evaluation, &after)
    }
}
