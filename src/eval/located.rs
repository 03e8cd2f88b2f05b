//! Variables that hold where a program is: `FW=$(which iptables)`.

use super::program::Program;
use super::run::Evaluator;
use super::unit::Unit;
use crate::model::Unknown;
use crate::syntax::{Kind, Node};
use crate::text::base_name;

/// Commands that print where a program is, each with the options that it then takes, one of which it needs if any.
const ASKING: [(&str, &[&str]); 5] = [
    ("which", &[]),
    ("command", &["-v", "-pv"]),
    ("type", &["-p", "-P", "-fp"]),
    ("whence", &["-p"]),
    ("realpath", &[]),
];

impl<'s> Evaluator<'s> {
    /// Notes what program the output of `list` says the place of, if it does; `id` is the number of that output.
    pub(super) fn note_located(&mut self, unit: &Unit<'s>, id: u32, list: Option<Node<'_>>) {
        let first = list.and_then(|list| list.walk().find(|node| node.kind == Kind::Simple));
        let words = first.into_iter().flat_map(|first| first.all(Kind::Word)).map(|word| unit.text(word.span));
        match asked_for(&words.collect::<Vec<String>>()) {
            Some(program) => self.located.insert(id, program),
            None => self.located.remove(&id),
        };
    }

    /// The program that an unknown holds, as far as a command said so, or its variable is called after it.
    pub(super) fn program_in(&self, unknown: &Unknown) -> Option<Program> {
        match self.located.get(&unknown.id) {
            Some(name) => Program::of_word(name),
            None => Program::of_variable(&unknown.name),
        }
    }

    /// The base name of any program that an unknown is likely to hold.
    pub(super) fn program_name_in(&self, unknown: &Unknown) -> String {
        self.located.get(&unknown.id).cloned().unwrap_or_else(|| Program::named_by(&unknown.name))
    }
}

/// The program whose place a command prints.
fn asked_for(words: &[String]) -> Option<String> {
    let (head, arguments) = words.split_first()?;
    let (_, needed) = ASKING.iter().find(|(name, _)| *name == base_name(head))?;
    let mut arguments = arguments.iter().map(|word| word.trim_matches(['"', '\'']));
    let option = arguments.clone().find(|word| word.starts_with('-'));
    let prints = needed.is_empty() || option.is_some_and(|option| needed.contains(&option));
    let program = arguments.find(|word| !word.starts_with('-')).filter(|word| !word.contains('$'))?;
    prints.then(|| base_name(program).to_owned())
}

#[cfg(test)]
mod tests {
    use super::asked_for;

    #[test]
    fn questions_for_the_place_of_a_program_name_it() {
        let asked = |text: &str| asked_for(&text.split(' ').map(str::to_owned).collect::<Vec<_>>());
        for (text, program) in [
            ("which ipchains", Some("ipchains")),
            ("/usr/bin/which --skip-alias 'iptables'", Some("iptables")),
            ("command -v iptables-legacy", Some("iptables-legacy")),
            ("type -P /sbin/iptables", Some("iptables")),
            // The one runs the program, the other prints a sentence.
            ("command iptables", None),
            ("type iptables", None),
            ("which $program", None),
            ("which", None),
            ("cat iptables", None),
        ] {
            assert_eq!(asked(text).as_deref(), program, "{text}");
        }
    }
}
