//! Names that change: the program's, the variables that hold it, and the values of chain and target variables.

mod commands;
mod programs;
mod values;
mod variables;

use std::collections::BTreeSet;

use super::roles::unquoted;
use crate::analysis::Analysis;
use crate::eval::{Invocation, Program};
use crate::syntax::{Kind, Node};
use crate::text::{Place, Span, Spans, base_name};

/// Commands that only show their arguments.
pub(super) const SHOWING: [&str; 4] = ["echo", "printf", "logger", "print"];

/// Commands that ask whether a program or file is there.
pub(super) const ASKING: [&str; 8] = ["[", "test", "which", "type", "hash", "command", "whereis", "ls"];

/// The script as a text with names in it.
pub(super) struct Script<'a> {
    analysis: &'a Analysis<'a>,
    root: Node<'a>,
    /// The words that name a program of ipchains, or its service.
    names: Spans,
    /// What its service is called, with the paths of its init script.
    services: BTreeSet<String>,
    /// Where the commands of the rules stand.
    steps: Spans,
    /// The variables in them.
    called: BTreeSet<String>,
    /// Those that may have no value here, so that only their names tell the program.
    guessed: BTreeSet<String>,
}

/// The variables that name the program in the words `text`.
fn program_names(text: &str) -> Vec<String> {
    // Of a string that is run as a script only the first words of its commands are programs.
    let in_string = text.starts_with(['"', '\'']);
    let pieces = text.split(|c| in_string && matches!(c, ';' | '&' | '|'));
    let named = pieces.flat_map(|piece| {
        let piece = piece.trim_start_matches(['"', '\'', ' ', '\t']);
        let end = piece.find([' ', '\t']).filter(|_| in_string).unwrap_or(piece.len());
        variables_in(piece.get(..end).unwrap_or_default())
    });
    named.map(str::to_owned).collect()
}

impl<'a> Script<'a> {
    pub(super) fn new(analysis: &'a Analysis<'a>, root: Node<'a>) -> Self {
        let programs = [Program::Ipchains, Program::IpchainsSave, Program::IpchainsRestore];
        let ours = analysis.invocations().filter(|(_, _, invocation)| programs.contains(&invocation.program));
        let (mut places, mut unset) = (BTreeSet::new(), BTreeSet::new());
        for (_, _, invocation) in ours {
            places.insert(invocation.name);
            unset.extend(invocation.name_value.known().is_none().then_some(invocation.name));
        }
        let mut services = BTreeSet::new();
        for (place, name) in analysis.invocations().filter_map(|(_, _, invocation)| service(invocation)) {
            places.insert(place);
            services.insert(name.to_owned());
        }
        let named = |places: &BTreeSet<Place>| -> BTreeSet<String> {
            places.iter().flat_map(|place| program_names(&analysis.sources.text(*place))).collect()
        };
        let (mut called, guessed) = (named(&places), named(&unset));
        // A variable that begins with the value of another one: `tcp="$fw -p tcp"`.
        let assignments: Vec<Node<'_>> = root.walk().filter(|node| node.kind == Kind::Assignment).collect();
        for assignment in assignments.iter().rev() {
            let text = |node: Node<'_>| analysis.sources.get(analysis.file).text(node.span).into_owned();
            if assignment.child(Kind::Name).is_some_and(|name| called.contains(&text(name))) {
                called.extend(
                    assignment
                        .child(Kind::Word)
                        .into_iter()
                        .flat_map(|word| program_names(&text(word)).into_iter().take(1)),
                );
            }
        }
        let here = |place: &Place| place.file == analysis.file;
        let names = places.into_iter().filter(here).map(|place| place.span).collect();
        let steps =
            analysis.invocations().map(|(_, step, _)| step.place).filter(here).map(|place| place.span).collect();
        Self { analysis, root, names, services, steps, called, guessed }
    }

    fn text(&self, span: Span) -> String {
        self.analysis.sources.get(self.analysis.file).text(span).into_owned()
    }

    /// Whether a command's program is named by the variable `name`.
    fn is_called(&self, name: &str) -> bool {
        self.called.contains(name)
    }

    /// Whether a word is a program of ipchains or the name of its service.
    fn is_ours(&self, text: &str) -> bool {
        is_program(text) || self.services.contains(text)
    }

    /// Whether a word names the program, or is a variable that does.
    pub(super) fn calls_program(&self, word: &str) -> bool {
        let plain = unquoted(word);
        is_program(plain) || super::roles::variable(plain).is_some_and(|name| self.is_called(&name))
    }

    fn sets(&self, assignment: Node<'_>, name: &str) -> bool {
        assignment.child(Kind::Name).is_some_and(|own| self.text(own.span) == name)
    }

    fn reads(&self, node: Node<'_>, name: &str) -> bool {
        let is_name = |node: Node<'_>| {
            matches!(node.kind, Kind::Parameter | Kind::ParameterBraced)
                && node.named().any(|own| self.text(own.span) == name)
        };
        node.walk().any(is_name)
    }
}

/// The word that names the service of ipchains in a command about it, and what it says.
///
/// That name alone may be changed to iptables. A script that already moves over, with
/// `service ipchains stop; service iptables start`, stays correct: stopping and then
/// starting the same service leaves it running.
pub(super) fn service(invocation: &Invocation) -> Option<(Place, &str)> {
    matches!(invocation.program, Program::Service | Program::Chkconfig).then_some(())?;
    let script = invocation.name_value.known().map(|script| (invocation.name, script));
    let words = invocation.arguments.iter().filter_map(|word| Some((word.place, word.known()?)));
    script.into_iter().chain(words).find(|(_, name)| base_name(name).trim_end_matches(".service") == "ipchains")
}

/// The variables that a piece of script reads.
fn variables_in(text: &str) -> impl Iterator<Item = &str> {
    text.split('$').skip(1).map(|rest| {
        let rest = rest.trim_start_matches('{');
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        rest.get(..end).unwrap_or_default()
    })
}

/// Whether `text` is a program of ipchains, with or without its path.
pub(super) fn is_program(text: &str) -> bool {
    let base = base_name(text).trim_matches('@');
    matches!(base.to_ascii_lowercase().as_str(), "ipchains" | "ipchains-save" | "ipchains-restore")
        && !text.starts_with("/etc/")
}

/// The words of a text and where they begin.
fn words_of(text: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain(std::iter::once((text.len(), ' '))) {
        match (c.is_whitespace(), start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                words.extend(text.get(from..at).map(|word| (from, word)));
                start = None;
            }
            _ => {}
        }
    }
    words
}
