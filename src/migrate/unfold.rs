//! Commands that stand in variables or in strings for `eval`, written out where they are run.
//!
//! `c="$IPCHAINS -A input -s $NET"; $c -j DENY` becomes `$IPCHAINS -A input -s $NET -j DENY`, and
//! `eval "\$IPCHAINS -F \$CHAIN"` becomes `$IPCHAINS -F $CHAIN`. Whether that is the same is not argued from the text: the
//! new script is evaluated, and has to run the same commands with the same words on the same runs.

mod alike;
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
    let open = sites.iter().filter(is_open);
    let all: Vec<Change> = open.filter_map(|site| script.change(site)).collect();
    (!all.is_empty()).then_some(())?;
    let changes = match script.is_same(&edits(&all, Vec::new())?) {
        true => all,
        false => {
            let alone = |change: &Change| {
                edits(std::slice::from_ref(change), Vec::new()).is_some_and(|edits| script.is_same(&edits))
            };
            all.into_iter().take(TRIED).filter(alone).collect()
        }
    };
    let together = edits(&changes, Vec::new()).filter(|edits| !edits.is_empty())?;
    let without = edits(&changes, script.removals(&changes)).filter(|edits| script.is_same(edits));
    let edits = without.or_else(|| script.is_same(&together).then_some(together))?;
    let room = room.after(&edits, analysis.evaluation.steps.len());
    let notes = changes.into_iter().filter_map(|change| change.note(analysis)).collect();
    Some(Round { edits, notes, room })
}

/// A command that is written out.
struct Change {
    /// Its words, and what they become.
    edit: Edit,
    /// The variables that held it.
    from: Vec<String>,
}

impl Change {
    fn note(self, analysis: &Analysis<'_>) -> Option<Item> {
        let names: Vec<String> = self.from.iter().map(|name| format!("`${name}`")).collect();
        let message = format!("the command in {} is written out where it is run", names.join(" and "));
        let place = Place::new(analysis.file, self.edit.span);
        (!names.is_empty()).then_some(Item { place, message, person: false })
    }
}

fn edits(changes: &[Change], others: Vec<Edit>) -> Option<Edits> {
    let mut edits = Edits::default();
    edits.add_all(changes.iter().map(|change| change.edit.clone()).chain(others)).ok()?;
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

    /// What becomes of a command.
    fn change(&self, site: &Site<'_>) -> Option<Change> {
        let words = site.words();
        let span = Span { start: words.first()?.start, end: words.last()?.end };
        let within = site.node.named().filter(|node| span.contains(node.span));
        within.into_iter().all(|node| matches!(node.kind, Kind::Word | Kind::Continuation)).then_some(())?;
        let texts: Vec<String> = words.iter().map(|word| self.source.text(*word).into_owned()).collect();
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
        (is_apart && text != self.source.text(span)).then_some(Change { edit: Edit::replace(span, text), from })
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
        let changed: Spans = changes.iter().map(|change| change.edit.span).collect();
        let mentions: Vec<Node<'_>> = self.root.walk().filter(|node| self.mentions(*node)).collect();
        let mut unread: BTreeSet<&str> = changes.iter().flat_map(|change| &change.from).map(String::as_str).collect();
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
