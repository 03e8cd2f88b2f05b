//! Here-documents with rules, which a restore program reads.

use std::borrow::Cow;
use std::rc::Rc;

use super::restoring::Restoring;
use super::run::{Evaluator, PARSED};
use super::simple::Surroundings;
use super::unit::Unit;
use super::{Act, Program, save};
use crate::logic::Formula;
use crate::model::{Family, Value, Word};
use crate::syntax::{Form, Kind, Node, Nodes};
use crate::text::{Place, Source, Span};

/// What the shell takes away where expansions count.
pub(super) const CONTINUATION: &str = "\\\n";

/// A save file in a here-document, all lines of which iptables-restore reads.
pub struct HereRules {
    /// Its text.
    pub place: Place,
    /// Its lines.
    pub nodes: Nodes,
    /// The shell takes the tabs away that lines begin with (`<<-`).
    pub indented: bool,
    /// The rules in the kernel are kept (`--noflush`).
    pub keeps: bool,
    /// Counters are restored (`--counters`).
    pub counts: bool,
}

impl<'s> Evaluator<'s> {
    /// The rules of a here-document that a restore program reads.
    pub(super) fn run_here_rules(
        &mut self,
        around: &Surroundings<'_, 's>,
        (span, expands): (Span, bool),
        program: Program,
        how: Restoring,
    ) {
        let form = if program == Program::IpchainsRestore { Form::IpchainsSave } else { Form::IptablesSave };
        let family = if program == Program::Ip6tablesRestore { Family::V6 } else { Family::V4 };
        let kind = save::SaveKind { form, family };
        let (Some(source), Place { file, .. }) = (around.unit.source(), around.place) else { return };
        let text = source.view().get(span.range()).unwrap_or_default();
        self.spend(text.len() / PARSED);
        let text = if expands { joined(text) } else { text.into() };
        let root = crate::syntax::parse_save_fragment(&text, span.start);
        let mut steps = save::Reading { kind, source, file, how: &how, exact: self.settings.exact }.steps(root.root());
        for step in &mut steps {
            if let (true, Act::Run(invocation)) = (expands, &mut step.act) {
                for word in &mut invocation.arguments {
                    self.expand_here_word(word);
                }
            }
            if let (true, Act::Chain { name, .. }) = (expands, &mut step.act) {
                let mut word = Word::new(name.clone(), step.place);
                self.expand_here_word(&mut word);
                *name = word.value;
            }
            // What is only looked at counts as if no run got there.
            step.guard = if how.idle { Formula::FALSE } else { self.path };
            step.many = self.many;
            step.rounds = self.rounds();
            step.uncalled = self.uncalled;
            step.calls.clone_from(&self.calls);
        }
        self.steps.append(&mut steps);
        let place = Place { file, span };
        let is_new = self.here_rules.iter().all(|own| own.place != place);
        if is_new && form == Form::IptablesSave && how.reads_all() && !(expands && has_open_lines(root.root(), source))
        {
            let indented = around.unit.is_indented(span);
            self.here_rules.push(HereRules { place, nodes: root, indented, keeps: how.keeps, counts: how.counts });
        }
    }

    /// Parameters, and lines that go on, in a word of a here-document.
    pub(super) fn expand_here_word(&mut self, word: &mut Word) {
        let expands = |text: &&str| text.contains(['$', '`']) || text.contains(CONTINUATION);
        let Some(text) = word.known().filter(expands).map(str::to_owned) else { return };
        self.spend(text.len() / PARSED);
        let inner = Rc::new(Unit::made(&[(Value::from(text), word.place)]));
        let root = crate::syntax::parse_here_fragment(inner.view());
        word.value = self.expand_single(&inner, root.root());
    }
}

/// The here-document that `cat` hands on to a restore program of iptables, and whether expansions count in it.
pub(super) fn handed_on(unit: &Unit<'_>, writer: Node<'_>, reader: Node<'_>) -> Option<(Span, bool)> {
    let words = |command: Node<'_>| command.all(Kind::Word).map(|word| unit.text(word.span)).collect::<Vec<_>>();
    let restores =
        |word: &String| matches!(Program::of_word(word), Some(Program::IptablesRestore | Program::Ip6tablesRestore));
    let redirects: Vec<Node<'_>> = writer.all(Kind::Redirect).collect();
    let [redirect] = redirects.as_slice() else { return None };
    let document = redirect.child(Kind::HereDocument)?;
    let reads = reader.kind == Kind::Simple && words(reader).iter().any(restores);
    unit.here_document(document.span).filter(|_| reads && words(writer) == ["cat"])
}

/// Whether a line other than a rule may be another one in the end, or several lines are one.
fn has_open_lines(root: Node<'_>, source: &Source) -> bool {
    let text = source.text(root.span);
    let lines = root.named().filter(|line| line.kind != Kind::Rule);
    [CONTINUATION, "$(", "`"].iter().any(|part| text.contains(part))
        || lines.map(|line| source.text(line.span)).any(|line| line.contains('$'))
}

/// The text with each line joined to the one on which it goes on, for a text of the same length: blanks stand where
/// the line goes on between words, and letters where it does so within one.
fn joined(text: &str) -> Cow<'_, str> {
    if !text.contains(CONTINUATION) {
        return text.into();
    }
    let mut joined = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once(CONTINUATION) {
        joined.push_str(before);
        let within = !before.ends_with([' ', '\t', '\n']) && !behind.starts_with([' ', '\t', '\n']);
        joined.push_str(if within { "\u{1A}\u{1A}" } else { "  " });
        rest = behind;
    }
    joined.push_str(rest);
    joined.into()
}
