//! What words of a command can be that are only known when it runs, since ipchains takes nothing else there.

use super::{Opt, Parsed, Use};
use crate::model::{Piece, Value, Word};

/// Words of which nothing is known, by what they can be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OpenWords {
    /// A target, or the policy of a chain.
    pub target: Option<usize>,
    /// The flag for the log, or nothing.
    pub flag: Option<usize>,
    /// A port behind an address or REDIRECT, or nothing.
    pub ports: Vec<usize>,
    /// Any option, or nothing.
    pub others: Vec<usize>,
}

impl Parsed {
    /// What the words can be of which nothing is known. Between an address or REDIRECT and the next option there can
    /// be a port, unless the variable speaks of options; if of the log, it is the flag for that. `written` gives a word
    /// as it stands in the script.
    pub fn open_words(&self, words: &[Word], written: impl Fn(usize) -> String) -> OpenWords {
        let find = |opts: &[Opt]| self.uses.iter().find(|found| opts.contains(&found.spec.opt));
        let lone = |at: usize| words.get(at).is_some_and(|word| is_lone(&word.value));
        let of_log = |at: usize| is_log(&written(at));
        let addresses = || self.uses.iter().filter(|found| matches!(found.spec.opt, Opt::Source | Opt::Destination));
        let redirects = |found: &Use| found.value.as_ref().is_some_and(|target| target.is("REDIRECT"));
        let is_port = |at: usize| {
            let address = addresses().any(|found| found.port.is_none() && found.value_word() + 1 == at);
            let redirection = find(&[Opt::Jump]).is_some_and(|found| redirects(found) && found.value_word() + 1 == at);
            let is_other = of_log(at) || is_of_options(&written(at));
            (address && find(&[Opt::Protocol]).is_some() || redirection) && lone(at) && !is_other
        };
        let (ports, mut others): (Vec<usize>, Vec<usize>) = self.undecided.iter().partition(|at| is_port(**at));
        let may_log = find(&[Opt::Jump]).is_some() && find(&[Opt::Log]).is_none();
        let flag = match others.as_slice() {
            [at] if may_log && lone(*at) && of_log(*at) => others.pop(),
            _ => None,
        };
        let jump = find(&[Opt::Jump]).filter(|found| found.joined.is_none()).map(|found| found.value_word());
        let policy = find(&[Opt::Policy]).and_then(|found| found.further().first().copied());
        let target = jump.or(policy).filter(|at| lone(*at));
        OpenWords { target, flag, ports, others }
    }
}

impl Parsed {
    /// The word that is the protocol, where ports go with it.
    pub fn protocol_with_ports(&self) -> Option<usize> {
        let own = [Opt::SourcePort, Opt::DestinationPort];
        let ports = self.uses.iter().any(|found| found.port.is_some() || own.contains(&found.spec.opt));
        let protocol = self.uses.iter().find(|found| found.spec.opt == Opt::Protocol);
        protocol.filter(|found| ports && found.joined.is_none() && !found.negated()).map(Use::value_word)
    }
}

/// Whether a word of the script is a variable or a placeholder that speaks of the log.
fn is_log(text: &str) -> bool {
    let name = name(text);
    name.contains("log") || name == "l"
}

/// Whether a word of the script is a variable or a placeholder that speaks of options.
fn is_of_options(text: &str) -> bool {
    ["flag", "opt", "syn", "arg", "extra"].iter().any(|part| name(text).contains(part))
}

fn name(text: &str) -> String {
    text.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '_').to_ascii_lowercase()
}

/// Whether nothing is known of a value.
fn is_lone(value: &Value) -> bool {
    matches!(value, Value::Mixed(pieces) if matches!(**pieces, [Piece::Unknown(_)]))
}
