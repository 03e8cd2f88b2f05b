//! What becomes of the parts of a 2.2 script beside its rules: modules, files under
//! `/proc`, kernel settings and `ipmasqadm`.
//!
//! Everything here is a function from the words of one command to its [`Fate`]. It knows
//! nothing of the script around the command, so that an answer that would depend on other
//! commands goes into a note or to a person.

mod forwarding;
mod modules;
mod settings;

pub(super) use forwarding::masqadm;
pub(super) use modules::{helper_rules, load_module, unload_module};
pub(super) use settings::{proc_write, sysctl};

/// What becomes of one command of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays byte for byte.
    Keep,
    /// These shell commands take its place.
    Commands {
        /// The commands, to be run in this order.
        commands: Vec<String>,
        /// What a reader should know about the difference.
        note: Option<String>,
    },
    /// It is no longer needed.
    Nothing {
        /// Why it is not.
        note: String,
    },
    /// Only a person can say what should happen.
    Person {
        /// What stands in the way.
        reason: String,
    },
}

fn nothing(note: impl Into<String>) -> Fate {
    Fate::Nothing { note: note.into() }
}

fn person(reason: impl Into<String>) -> Fate {
    Fate::Person { reason: reason.into() }
}

/// Joins the fates of the parts of one command; each comes with the command for that part
/// alone, in case it stays while another does not.
fn merge(parts: impl Iterator<Item = (Fate, String)>) -> Fate {
    let parts: Vec<(Fate, String)> = parts.collect();
    if parts.iter().all(|(fate, _)| *fate == Fate::Keep) {
        return Fate::Keep;
    }
    let (mut commands, mut notes) = (Vec::new(), Vec::new());
    for (fate, alone) in parts {
        match fate {
            Fate::Keep => commands.push(alone),
            Fate::Commands { commands: new, note } => {
                commands.extend(new);
                notes.extend(note);
            }
            Fate::Nothing { note } => notes.push(note),
            Fate::Person { .. } => return fate,
        }
    }
    notes.dedup();
    let note = notes.join("; ");
    match commands.is_empty() {
        true => Fate::Nothing { note },
        false => Fate::Commands { commands, note: Some(note).filter(|note| !note.is_empty()) },
    }
}

/// What says now what a file of the kernel's said that is gone.
const SAID: [(&str, &str); 3] = [
    ("/proc/net/ip_fwchains", "iptables-save prints the rules"),
    ("/proc/net/ip_fwnames", "`iptables -S` lists the chains"),
    ("/proc/net/ip_masquerade", "/proc/net/nf_conntrack lists the connections in other words"),
];

/// What is to be said of a command that reads such a file.
pub(super) fn read(path: &str) -> Option<String> {
    let (gone, now) = SAID.iter().find(|(gone, _)| *gone == path)?;
    Some(format!("the kernel has no {gone} any more; {now}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A fate as lines: commands, then `# note`; `keep`, `: # note` or `? reason`.
    pub(super) fn show(fate: Fate) -> String {
        match fate {
            Fate::Keep => "keep".to_owned(),
            Fate::Nothing { note } => format!(": # {}", first_words(&note)),
            Fate::Person { reason } => format!("? {}", first_words(&reason)),
            Fate::Commands { mut commands, note } => {
                commands.extend(note.map(|note| format!("# {}", first_words(&note))));
                commands.join("\n")
            }
        }
    }

    pub(super) fn words(text: &str) -> Vec<&str> {
        text.split_whitespace().collect()
    }

    /// Enough of a sentence to tell it from the others.
    fn first_words(text: &str) -> String {
        text.split(' ').take(4).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_a_file_said_is_said_elsewhere() {
        assert!(SAID.iter().all(|(gone, _)| crate::dialect::successor(gone).is_some()));
        assert_eq!(read("/proc/net/dev"), None);
    }
}
