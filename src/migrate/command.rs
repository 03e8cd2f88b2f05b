//! One ipchains command as the iptables commands that do the same.

mod body;
mod chains;
mod policy;
mod rules;
mod timeouts;

use std::collections::BTreeSet;

use super::frames::Frames;
use super::layout::{Copy, Layout, Purpose, Side, Stage, fits};
use super::numbers::Numbers;
use super::policies::Policies;
use super::refusals::Refusals;
use super::roles::Roles;
use super::rule::{Devices, Flag, Token, Tokens, Trouble, Wording};
use super::wrappers::Wrappers;
use crate::dialect::ipchains::{Opt, Use};
use crate::logic::Formula;
use crate::model::{Action, Value};

/// A command of the output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A command of the same program.
    Filter {
        /// Its words after the program.
        tokens: Vec<Token>,
        /// It is the old command, rewritten where it stands.
        main: bool,
    },
    /// The same for each of some devices, by which the packet goes.
    EachDevice { tokens: Vec<Token>, devices: Devices },
    /// The same where a word is the flag for the log, perhaps for each of some devices.
    Flagged { tokens: Vec<Token>, flag: Flag, devices: Option<Devices> },
    /// The same where a word says REJECT.
    Rejecting { tokens: Vec<Token>, word: String },
    /// Another program.
    Shell(String),
    /// Fails as the old command does, which ipchains refuses for this reason.
    Refused(String),
    /// A rule for the end of a chain, which holds after all others.
    Tail(Vec<Token>),
    /// The policy REJECT of this built-in chain, which an earlier run may have left as a rule, comes to stand behind
    /// what is appended.
    Behind(&'static str),
    /// A command of the same program that may fail, since what it is about need not be there.
    Perhaps(String),
    /// Removes chains, which need not be there, once those that are `full` have been emptied.
    Clear { table: Option<&'static str>, chains: String, full: String },
}

impl Line {
    /// A command beside the old one, perhaps for each of some devices.
    pub(super) fn beside(tokens: Vec<Token>, devices: Option<Devices>) -> Self {
        match devices {
            Some(devices) => Self::EachDevice { tokens, devices },
            None => Self::Filter { tokens, main: false },
        }
    }

    /// Why ipchains refuses the command in whose place this stands.
    pub(super) fn refused(&self) -> Option<&str> {
        match self {
            Self::Refused(reason) => Some(reason),
            _ => None,
        }
    }
}

fn words_line(words: &str) -> Line {
    // What a function is asked for is one word.
    let (plain, asked) = words.split_at(words.find("$(").unwrap_or(words.len()));
    let texts = plain.split_whitespace().chain(Some(asked).filter(|asked| !asked.is_empty()));
    let tokens = texts.map(|text| Token { anchor: usize::MAX, text: text.to_owned() });
    Line::Filter { tokens: tokens.collect(), main: false }
}

/// Stands for an argument that has no text of its own in the script.
pub(super) const NO_TEXT: &str = "\u{0}";

/// What is known of a command while it is translated.
pub(super) struct Given<'a> {
    pub(super) step: usize,
    pub(super) guard: Formula,
    /// It runs in every run that gets so far.
    pub(super) certain: bool,
    /// It counts for what the kernel holds.
    pub(super) counts: bool,
    pub(super) wording: Wording<'a>,
}

/// Translates the commands of a script in the order in which they run.
pub(super) struct Translator<'a> {
    pub(super) layout: &'a Layout<'a>,
    pub(super) policies: &'a Policies,
    pub(super) frames: &'a Frames,
    /// Chains whose rules have other numbers in iptables, in one run or another.
    pub(super) wide: BTreeSet<String>,
    pub(super) numbers: Numbers,
    pub(super) roles: Roles,
    pub(super) wrappers: Wrappers,
    pub(super) refusals: &'a Refusals<'a>,
    /// The marks that a packet can have.
    pub(super) marks: Option<BTreeSet<u32>>,
    /// What a person must know of the lines for the command at hand.
    pub(super) doubts: BTreeSet<String>,
}

/// The words that name the command and its chain.
struct Head<'a> {
    given: &'a Given<'a>,
    found: &'a Use,
    /// The chain in ipchains.
    chain: &'a str,
}

impl Translator<'_> {
    pub(super) fn translate(&mut self, given: &Given<'_>, action: &Action) -> Result<Vec<Line>, Trouble> {
        let known = |chain: &Value| chain.known().map(str::to_owned).ok_or(Trouble::RunTime);
        match action {
            Action::Append { chain, rules } => {
                let chain = known(chain)?;
                let lines = self.append(given, &chain, rules);
                self.counted(lines, given, (&chain, None), rules)
            }
            Action::Insert { chain, position, rules } => {
                let chain = known(chain)?;
                let lines = self.insert(given, &chain, position, rules);
                self.counted(lines, given, (&chain, position.as_ref().map(|at| *at as usize)), rules)
            }
            Action::Replace { chain, position, rule } => {
                let chain = known(chain)?;
                match self.replace(given, &chain, position, rule) {
                    // What takes the place of the old rule matches nothing, so the old one goes.
                    Err(Trouble::Never) => {
                        let lines = self.delete_at(given, Opt::Replace, &chain, position)?;
                        self.count_out(given, (&chain, position.as_ref().map(|at| *at as usize)), [&**rule]);
                        Ok(lines)
                    }
                    other => other,
                }
            }
            Action::DeleteNumber { chain, position } => self.delete_at(given, Opt::Delete, &known(chain)?, position),
            Action::DeleteRule { chain, rules } => {
                let mut lines = self.delete_rules(given, &known(chain)?, rules)?;
                lines.extend(self.undone(given));
                Ok(lines)
            }
            Action::NewChain { chain }
            | Action::Flush { chain: Some(chain) }
            | Action::DeleteChain { chain: Some(chain) }
                if chain.known().is_none() && !may_be_builtin(chain) =>
            {
                let copied = |name: &String| fits(chain, name) && self.layout.copies(name).len() > 1;
                match self.layout.open_stages().len() > 1 || self.layout.user_chains().any(|name| copied(&name)) {
                    true => Err(Trouble::RunTime),
                    false => Ok(vec![self.as_it_stands(given)]),
                }
            }
            Action::NewChain { chain } => self.each_copy(given, Opt::NewChain, &known(chain)?),
            Action::Flush { chain: Some(chain) } => {
                let chain = known(chain)?;
                if given.counts {
                    self.numbers.flush(Some(&chain), given.certain);
                }
                self.flush(given, &chain)
            }
            Action::DeleteChain { chain: Some(chain) } => self.each_copy(given, Opt::DeleteChain, &known(chain)?),
            Action::Zero { chain: Some(chain), .. } => self.zero(given, &known(chain)?),
            Action::Flush { chain: None } => {
                if given.counts {
                    self.numbers.flush(None, given.certain);
                }
                let mut lines = self.each_table(given);
                if self.frames.closing.contains(&given.step) {
                    lines.push(words_line("-P FORWARD DROP"));
                }
                lines.extend(self.clear(given, true));
                lines.extend(self.clear_marks(given, true));
                lines.extend(Side::ALL.into_iter().filter_map(|side| self.policy_again(given, side)));
                Ok(lines)
            }
            Action::DeleteChain { chain: None } => Ok(self.remove_all(given)),
            Action::Zero { chain: None, .. } => Ok(self.each_table(given)),
            Action::Policy { chain, target } => self.policy(given, &known(chain)?, target),
            Action::List { chain, .. } => self.list(given, chain.as_ref()),
            Action::ListMasquerading => Ok(vec![Line::Shell("cat /proc/net/nf_conntrack".to_owned())]),
            Action::MasqueradeTimeouts { .. } => timeouts::timeouts(&given.wording),
            Action::Check { .. } => Err(Trouble::Person(
                "iptables cannot say what would happen to a packet; its `-C` asks whether a rule exists".to_owned(),
            )),
            Action::Information | Action::Skipped { .. } => Ok(vec![self.as_it_stands(given)]),
            Action::RenameChain { .. } | Action::Unknown => Err(Trouble::RunTime),
        }
    }

    /// A whole command: table, command, chain, number, and what stands behind.
    fn line(
        &mut self,
        head: &Head<'_>,
        copy: &Copy,
        (option, number): (&str, Option<String>),
        body: Tokens,
        main: bool,
    ) -> Result<Line, Trouble> {
        let (wording, found) = (&head.given.wording, head.found);
        let mut tokens = Tokens::default();
        if let Some(table) = copy.purpose.table() {
            tokens.add(found.word, "-t");
            tokens.add(found.word, table);
        }
        let own = wording.spelling(found, option);
        tokens.add(
            found.word,
            if own.starts_with("--") && !same_command(&own, option) { option.to_owned() } else { own },
        );
        let text = wording.argument(found);
        // Another table's chain of another name is written out; where that differs from run to run, so do the lines.
        let own_stage = matches!(copy.stage, Stage::Input | Stage::Output | Stage::Forward);
        let written_out = (copy.purpose != Purpose::Filter || !own_stage) && !copy.name.starts_with(head.chain);
        let name = if written_out { copy.name.clone() } else { self.roles.text(&text, head.chain, &copy.name) };
        tokens.add(found.value_word(), name);
        let behind = found.further();
        match number {
            Some(number) => tokens.add(found.value_word(), number),
            None => behind.iter().for_each(|word| tokens.add(*word, wording.text(*word))),
        }
        tokens.0.extend(body.0);
        let main = main && body.1.is_none() && body.2.is_none();
        if main {
            tokens.0.sort_by_key(|token| token.anchor);
        }
        match (body.1, body.2) {
            (devices, Some(flag)) => Ok(Line::Flagged { tokens: tokens.0, flag, devices }),
            (Some(devices), None) => Ok(Line::EachDevice { tokens: tokens.0, devices }),
            (None, None) => Ok(Line::Filter { tokens: tokens.0, main }),
        }
    }

    fn as_it_stands(&self, given: &Given<'_>) -> Line {
        let mut tokens = Tokens::default();
        (0..given.wording.words.len()).for_each(|word| tokens.add(word, given.wording.text(word)));
        Line::Filter { tokens: tokens.0, main: true }
    }
}

/// Whether a chain whose name is known in part may be a built-in one.
pub(super) fn may_be_builtin(chain: &Value) -> bool {
    ["input", "forward", "output"].into_iter().any(|name| fits(chain, name))
}

fn head<'a>(given: &'a Given<'a>, opt: Opt, chain: &'a str) -> Result<Head<'a>, Trouble> {
    given.wording.find(opt).map(|found| Head { given, found, chain }).ok_or(Trouble::RunTime)
}

fn same_command(long: &str, option: &str) -> bool {
    let pairs = [
        ("--append", "-A"),
        ("--insert", "-I"),
        ("--replace", "-R"),
        ("--delete", "-D"),
        ("--flush", "-F"),
        ("--zero", "-Z"),
        ("--new-chain", "-N"),
        ("--delete-chain", "-X"),
    ];
    pairs.contains(&(long, option))
}

/// Text without anything that the shell expands.
pub(super) fn is_literal(text: &str) -> bool {
    !text.contains(['$', '`'])
}
