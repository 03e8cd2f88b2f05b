//! What the words of commands that are translated when they run may say.

use std::collections::BTreeSet;

use crate::dialect::ipchains::{OPTIONS, OptionSpec, Takes, Then, options_of};
use crate::model::Word;

/// The options, chains and targets that may be in such commands.
///
/// It decides how much the function must know. What it does not know it refuses, so too little here is never wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::migrate) struct Said {
    /// The options by their letters, or by `--sport` and `--dport`.
    options: BTreeSet<String>,
    /// The chains that are named; `None` is one that is not known.
    pub(super) chains: BTreeSet<Option<String>>,
    /// The same of targets and policies; the empty one is none.
    pub(super) targets: BTreeSet<Option<String>>,
    /// The protocols.
    protocols: BTreeSet<Option<String>>,
    /// Some option is written by its long name, or may be.
    pub(super) long: bool,
    /// Options may share a word with others or with their values, which is only read then.
    pub(super) joined: bool,
    /// The chains that may have rules of which nobody knows how many they are.
    pub(super) uneven: BTreeSet<String>,
}

impl Said {
    /// What these words may say.
    pub(in crate::migrate) fn of(words: &[Word]) -> Self {
        let mut said = Self::default();
        let (mut open, mut last): (bool, Option<&OptionSpec>) = (false, None);
        let mut waits = false;
        for word in words {
            let known = word.known();
            match options_of(word.value.known_prefix()) {
                _ if known == Some("!") => {}
                _ if waits => {
                    said.value(last, known);
                    // A target that is read may bring along the flag for the log.
                    let may_log = word.splits && known.is_none() && last.is_some_and(|spec| spec.short == Some('j'));
                    said.options.extend(may_log.then(|| "-l".to_owned()));
                    waits = false;
                }
                Some((options, joined)) => {
                    last = options.last().copied();
                    waits = last.is_some_and(|spec| spec.takes != Takes::Nothing);
                    if waits && (joined.is_some() || known.is_none()) {
                        said.value(last, joined.filter(|_| known.is_some()));
                        waits = false;
                    }
                    open |= known.is_none() && last.is_some_and(|spec| spec.takes == Takes::Nothing);
                    said.joined |= known.is_none();
                    said.long |= known.is_some_and(|text| text.starts_with("--") && !is_port(text));
                    said.options.extend(options.into_iter().map(OptionSpec::shortest));
                }
                None => match known {
                    Some(text) => said.further(last, text),
                    None => open = true,
                },
            }
        }
        if waits {
            // Without a chain a command is for all of them.
            said.value(last, None);
        }
        if open { said.opened() } else { said.closed() }
    }

    /// Anything at all.
    pub(in crate::migrate) fn anything() -> Self {
        Self::default().opened()
    }

    /// What either may say.
    pub(in crate::migrate) fn or(mut self, other: &Self) -> Self {
        self.options.extend(other.options.iter().cloned());
        self.chains.extend(other.chains.iter().cloned());
        self.targets.extend(other.targets.iter().cloned());
        self.protocols.extend(other.protocols.iter().cloned());
        self.long |= other.long;
        self.joined |= other.joined;
        self
    }

    /// The same where the rules of the chains `uneven` cannot be counted.
    pub(in crate::migrate) fn counting(self, uneven: &BTreeSet<String>) -> Self {
        Self { uneven: uneven.clone(), ..self }
    }

    /// Whether one of the commands may have the option.
    pub(super) fn has(&self, option: &str) -> bool {
        self.options.contains(option)
    }

    /// Whether none of the commands is about rules or chains of the script.
    pub(super) fn sets_policies_alone(&self) -> bool {
        let mut commands = OPTIONS.iter().filter(|option| option.command).map(OptionSpec::shortest);
        self.has("-P") && commands.all(|command| command == "-P" || !self.has(&command))
    }

    /// Whether rules may redirect.
    pub(super) fn may_redirect(&self) -> bool {
        self.targets.iter().any(|target| target.as_ref().is_none_or(|name| name == "REDIRECT"))
    }

    /// Whether rules may ask for types of ICMP.
    pub(super) fn has_icmp(&self) -> bool {
        let may = |protocol: &Option<String>| {
            protocol.as_ref().is_none_or(|name| name == "1" || name.eq_ignore_ascii_case("icmp"))
        };
        (self.has("--sport") || self.has("--dport")) && self.protocols.iter().any(may)
    }

    fn value(&mut self, option: Option<&OptionSpec>, text: Option<&str>) {
        let Some(option) = option else { return };
        let values = match option.short {
            _ if option.command => &mut self.chains,
            Some('j') => &mut self.targets,
            Some('p') => &mut self.protocols,
            _ => return,
        };
        values.insert(text.map(str::to_owned));
    }

    /// A word behind the value of an option.
    fn further(&mut self, option: Option<&OptionSpec>, text: &str) {
        match option.map(|option| (option.then, option.short)) {
            Some((Then::Port, Some(letter))) => drop(self.options.insert(format!("--{letter}port"))),
            Some((_, Some('P'))) => drop(self.targets.insert(Some(text.to_owned()))),
            _ => {}
        }
    }

    /// The same with words that nobody knows beside the others; what is said once cannot be said again.
    fn opened(mut self) -> Self {
        let commands = OPTIONS.iter().filter(|option| option.command).map(OptionSpec::shortest).collect::<Vec<_>>();
        if !commands.iter().any(|command| self.has(command)) {
            self.options.extend(commands);
        }
        self.options.extend(OPTIONS.iter().filter(|option| !option.command).map(OptionSpec::shortest));
        for values in [&mut self.chains, &mut self.targets, &mut self.protocols] {
            if values.is_empty() {
                values.insert(None);
            }
        }
        self.long = true;
        self.joined = true;
        self
    }

    fn closed(mut self) -> Self {
        if self.targets.is_empty() {
            self.targets.insert(Some(String::new()));
        }
        self
    }
}

fn is_port(text: &str) -> bool {
    matches!(text, "--sport" | "--dport")
}
