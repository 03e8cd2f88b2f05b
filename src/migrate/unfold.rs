//! Commands that stand in variables or in strings for `eval`, written out where they are run.
//!
//! `c="$IPCHAINS -A input -s $NET"; $c -j DENY` becomes `$IPCHAINS -A input -s $NET -j DENY`, and
//! `eval "\$IPCHAINS -F \$CHAIN"` becomes `$IPCHAINS -F $CHAIN`. Whether that is the same is not argued from the text: the
//! new script is evaluated, and has to run the same commands with the same words on the same runs.

mod alike;
mod common;
mod setting;
mod text;

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};

use super::inline::{Room, Round, removal};
use super::roles::variable;
use super::sites::Site;
use super::{Item, changed};
use crate::analysis::Analysis;
use crate::eval::{Invocation, Step, evaluate};
use crate::syntax::{Kind, Node};
use crate::text::{Edit, Edits, Place, Source, Span, Spans};
use common::{Common, Value};
use setting::{Alone, Setting};
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
    let mut notes: Vec<Item> = changes.into_iter().filter_map(|change| change.note(analysis)).collect();
    // The same of many commands is said of the first.
    notes.sort_by_key(|item| item.place);
    let mut said = BTreeSet::new();
    notes.retain(|item| said.insert(item.message.clone()));
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
        let names: BTreeSet<String> = self.from.iter().map(|name| format!("`${name}`")).collect();
        let names: Vec<String> = names.into_iter().collect();
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

/// What there is to know of the script.
struct Script<'a> {
    analysis: &'a Analysis<'a>,
    root: Node<'a>,
    source: &'a Source,
    settings: HashMap<String, Vec<Setting>>,
    /// The variables that commands are given by name.
    named: BTreeSet<String>,
    /// Where commands are run from of which some word is not known.
    open: Spans,
}

impl<'a> Script<'a> {
    fn new(analysis: &'a Analysis<'a>, root: Node<'a>) -> Self {
        let source = analysis.sources.get(analysis.file);
        let settings = setting::all(root, source);
        let words = root.walk().filter(|node| node.kind == Kind::Word).map(|word| source.text(word.span));
        let named = words.filter(|text| settings.contains_key(text.as_ref())).map(Cow::into_owned).collect();
        let is_open =
            |(_, _, run): &(usize, &Step, &Invocation)| run.arguments.iter().any(|word| word.known().is_none());
        let places =
            analysis.invocations().filter(is_open).flat_map(|(_, step, _)| step.calls.iter().chain([&step.place]));
        let open = places.filter(|place| place.file == analysis.file).map(|place| place.span).collect();
        Self { analysis, root, source, settings, named, open }
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
            && let Some((place, value)) = self.last_before(&name, before)
            && let Some(held) = text.held(&self.source.text(value), from.contains(&name))
        {
            text.put(&name, &held);
            from.push(name);
            before = place.start;
        }
        let is_apart = text.is_read_again() || !from.is_empty();
        // What a setting from outside says may be more than words for `eval`, which reads it once more.
        let constant = |name: &str| self.is_constant(name);
        let text = match text.is_settled(constant) || !self.open.lie_in(site.node.span) {
            true => text.into_command()?,
            false if text.waits() || !from.is_empty() => text.into_eval(constant)?,
            false => return None,
        };
        let is_new = is_apart && text != self.source.text(span);
        is_new.then(|| Change { edits: vec![Edit::replace(span, text)], place: span, from, parted: false })
    }

    /// The commands that begin with a variable, with the words that all its values have in common; the others stay in it.
    fn parted(&self, name: &str, sites: &[Site<'_>]) -> Option<Change> {
        let own = self.settings.get(name)?;
        let given: Vec<Span> = own.iter().flat_map(|setting| &setting.values).copied().collect();
        let values = given.iter().map(|word| Value::of(&self.source.text(*word), name));
        let common = Common::of(&values.collect::<Option<Vec<_>>>()?)?;
        let heads = sites.iter().filter(|site| site.string.is_none()).filter_map(|site| site.words().first().copied());
        let is_read = |head: &Span| {
            let text = self.source.text(*head);
            text.starts_with('$') && variable(&text).as_deref() == Some(name)
        };
        let heads: Vec<Span> = heads.filter(is_read).collect();
        let known: Spans = own.iter().map(|setting| setting.place).chain(heads.iter().copied()).collect();
        let named = |node: &Node<'_>| {
            matches!(node.kind, Kind::Name | Kind::ParameterName) && self.source.text(node.span) == name
        };
        self.root.walk().filter(named).all(|node| known.hold(node.span)).then_some(())?;
        let place = *heads.first()?;
        let rests = given.iter().zip(&common.rests);
        let rests = rests.filter_map(|(word, rest)| Some(Edit::replace(*word, format!("\"{}\"", rest.as_ref()?))));
        let whole = |head: Span| Edit::replace(head, common.around(&self.source.text(head)));
        let edits = rests.chain(heads.into_iter().map(whole)).collect();
        Some(Change { edits, place, from: vec![name.to_owned()], parted: true })
    }

    /// Whether all values of a variable stand in the script.
    fn is_constant(&self, name: &str) -> bool {
        let own = self.settings.get(name).map(Vec::as_slice).unwrap_or_default();
        let mut values = own.iter().flat_map(|setting| &setting.values);
        let is_text = |value: &Span| !self.source.text(*value).contains(['$', '`']);
        !own.is_empty() && values.all(is_text) && !self.named.contains(name)
    }

    /// The last setting of a variable before an offset, and its one value.
    fn last_before(&self, name: &str, offset: u32) -> Option<(Span, Span)> {
        let own = self.settings.get(name)?.iter().rev().find(|setting| setting.place.end <= offset)?;
        match own.values.as_slice() {
            [value] => Some((own.place, *value)),
            _ => None,
        }
    }

    /// Edits that take away the assignments that nothing reads once the changes are made.
    fn removals(&self, changes: &[Change]) -> Vec<Edit> {
        if !self.analysis.evaluation.sources_unread.is_empty() {
            return Vec::new();
        }
        let settings: Vec<Alone<'_>> = self.root.walk().flat_map(|list| setting::alone(list, self.source)).collect();
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
        gone.map(|setting| match setting.only {
            true => Edit::replace(setting.command.span, ":"),
            false => removal(self.source, setting.statement, setting.command),
        })
        .collect()
    }

    /// Whether a node says the name of a variable.
    fn mentions(&self, node: Node<'_>) -> bool {
        let text = || self.source.text(node.span);
        match node.kind {
            Kind::Name | Kind::ParameterName => true,
            Kind::Word => self.named.contains(text().as_ref()),
            _ => false,
        }
    }

    /// Whether the script does the same with these edits.
    fn is_same(&self, edits: &Edits) -> bool {
        let (sources, file, trees) = changed(self.source, edits);
        let after = evaluate(&sources, &trees, file, &self.analysis.evaluation.settings());
        alike::alike(&self.analysis.evaluation, &after)
    }
}
