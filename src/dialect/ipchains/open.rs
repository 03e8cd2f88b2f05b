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
    /// be a port, unless the variable speaks of the log; then it is the flag for that.
    pub fn open_words(&self, words: &[Word]) -> OpenWords {
        let find = |opts: &[Opt]| self.uses.iter().find(|found| opts.contains(&found.spec.opt));
        let name = |at: usize| words.get(at).and_then(|word| lone(&word.value));
        let addresses = || self.uses.iter().filter(|found| matches!(found.spec.opt, Opt::Source | Opt::Destination));
        let redirects = |found: &Use| found.value.as_ref().is_some_and(|target| target.is("REDIRECT"));
        let is_port = |at: usize| {
            let address = addresses().any(|found| found.port.is_none() && found.value_word() + 1 == at);
            let redirection = find(&[Opt::Jump]).is_some_and(|found| redirects(found) && found.value_word() + 1 == at);
            (address && find(&[Opt::Protocol]).is_some() || redirection) && name(at).is_some_and(|name| !is_log(name))
        };
        let (ports, mut others): (Vec<usize>, Vec<usize>) = self.undecided.iter().partition(|at| is_port(**at));
        let may_log = find(&[Opt::Jump]).is_some() && find(&[Opt::Log]).is_none();
        let flag = match others.as_slice() {
            [at] if may_log && name(*at).is_some_and(is_log) => others.pop(),
            _ => None,
        };
        let jump = find(&[Opt::Jump]).filter(|found| found.joined.is_none()).map(|found| found.value_word());
        let policy = find(&[Opt::Policy]).and_then(|found| found.further().first().copied());
        let target = jump.or(policy).filter(|at| name(*at).is_some());
        OpenWords { target, flag, ports, others }
    }
}

/// Whether a variable speaks of the log.
fn is_log(name: &str) -> bool {
    name.to_ascii_lowercase().contains("log") || name.eq_ignore_ascii_case("l")
}

/// The name of the unknown that a value is, where it is nothing else.
fn lone(value: &Value) -> Option<&str> {
    match value {
        Value::Mixed(pieces) => match &**pieces {
            [Piece::Unknown(unknown)] => Some(&unknown.name),
            _ => None,
        },
        Value::Known(_) => None,
    }
}
