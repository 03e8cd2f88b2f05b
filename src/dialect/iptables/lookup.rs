//! Which option a long name stands for, and what becomes of names that nothing known has.

use smol_str::SmolStr;

use super::extension::{Extension, OptionRow, Role};
use super::general::{GENERAL, General};
use super::kind::{Given as GivenProtocol, words_as_they_stand};
use super::module::{Given, Loaded};
use super::scan::Scanner;
use super::syntax::{Shape, shape};
use super::{declared, extensions, foreign, leftover};
use crate::diag::{Diagnostic, Severity};
use crate::dialect::nearest::{nearest, perhaps};
use crate::model::{Argument, OptionUse, Value};

/// How many options of an extension are named where none is near.
const MOST_OFFERED: usize = 8;

/// What the name of a long option stands for.
enum Resolved {
    General(&'static General),
    Extension(usize, &'static OptionRow),
    Ambiguous(Vec<String>),
    Nothing,
}

impl Scanner<'_> {
    pub(super) fn long(&mut self, name: &str, joined: Option<Value>) {
        match self.resolve(name) {
            Resolved::Nothing if self.load_protocol(name) => self.long(name, joined),
            Resolved::Nothing => self.unknown_long(name, joined),
            Resolved::Ambiguous(names) => {
                let message = format!("`--{name}` is short for more than one option: {}", names.join(", "));
                self.refuse("unknown-option", self.place_of(self.at), message);
                self.pass_unknown();
            }
            Resolved::General(general) => {
                let reading = self.start(joined);
                self.general(general, reading);
            }
            Resolved::Extension(module, row) => {
                let reading = self.start(joined);
                self.extension_option(module, row, reading);
            }
        }
    }

    /// The option with this name, or the only one whose name begins so.
    fn resolve(&self, name: &str) -> Resolved {
        let dashed = format!("--{name}");
        for (at, module) in self.first_ones().rev() {
            let at = self.last_like(at);
            if let Some(row) = module.extension.and_then(|extension| extension.option(&dashed)) {
                return Resolved::Extension(at, row);
            }
        }
        if let Some(general) = General::by_name(name) {
            return Resolved::General(general);
        }
        self.resolve_beginning(name, &dashed)
    }

    /// The extensions in the order in which iptables has got to know their options: a match that is named again
    /// brings no new ones.
    fn first_ones(&self) -> impl DoubleEndedIterator<Item = (usize, &Loaded)> {
        let known = |(at, module): &(usize, &Loaded)| !self.loaded.iter().take(*at).any(|other| other.is_like(module));
        self.loaded.iter().enumerate().filter(move |one| known(one))
    }

    /// The place of the last match that is the same as the one at `at`, and gets the options.
    fn last_like(&self, at: usize) -> usize {
        let same = |module: &Loaded| self.loaded.get(at).is_some_and(|first| first.is_like(module));
        self.loaded.iter().rposition(same).unwrap_or(at)
    }

    fn resolve_beginning(&self, name: &str, dashed: &str) -> Resolved {
        // Options of an extension that is not declared may have that name in full.
        if self.loaded.iter().any(Loaded::is_open) {
            return Resolved::Nothing;
        }
        let begins = |names: &[&str], begin: &str| names.iter().any(|name| name.starts_with(begin));
        let mut names = Vec::new();
        let mut found = Resolved::Nothing;
        for (at, module) in self.first_ones() {
            let at = self.last_like(at);
            for row in module.extension.map(|extension| extension.options).unwrap_or_default() {
                if row.name.starts_with(dashed) || begins(row.aliases, dashed) {
                    names.push(row.name.to_owned());
                    found = Resolved::Extension(at, row);
                }
            }
        }
        for general in GENERAL.iter().filter(|general| begins(general.names, name)) {
            names.push(format!("--{}", general.names.first().copied().unwrap_or_default()));
            found = Resolved::General(general);
        }
        if names.len() > 1 { Resolved::Ambiguous(names) } else { found }
    }

    /// Loads the match of the protocol when an option is not known otherwise; once.
    fn load_protocol(&mut self, name: &str) -> bool {
        if self.protocol_loaded {
            return false;
        }
        let GivenProtocol::Protocol(protocol, _) = self.draft.given() else { return false };
        let Some(extension) = extensions::of_protocol(protocol, self.context.family) else { return false };
        let dashed = format!("--{name}");
        let begins = |row: &OptionRow| row.aliases.iter().chain([&row.name]).any(|name| name.starts_with(&dashed));
        if !extension.options.iter().any(begins) {
            return false;
        }
        self.protocol_loaded = true;
        let place = self.place_of(self.at);
        self.loaded.push(Loaded::new(SmolStr::new_static(extension.name), Role::Match, Some(extension), place));
        true
    }

    /// A long option that nothing known has.
    fn unknown_long(&mut self, name: &str, joined: Option<Value>) {
        if let Some((module, row)) = self.added(name) {
            let problem = foreign::added(&self.loaded[module].name, row.name, self.place_of(self.at));
            self.report(problem);
            let reading = self.start(joined);
            return self.extension_option(module, row, reading);
        }
        if self.draft.given() == GivenProtocol::Unknown && !self.protocol_loaded {
            self.load_unknown_protocol();
        }
        if !self.is_open() {
            self.load_foreign_target(name);
        }
        let taker = self.loaded.iter().rposition(Loaded::is_open);
        if let Some(module) = taker {
            return self.keep(module, name, joined);
        }
        if self.is_open() {
            self.draft.undecided.push(Value::from(format!("--{name}")));
            self.negation = None;
            self.at += 1;
            return;
        }
        let problem = self.unknown_option(name);
        self.report(problem);
        self.pass_unknown();
    }

    /// The option that others have added to one of the extensions.
    fn added(&self, name: &str) -> Option<(usize, &'static OptionRow)> {
        let dashed = format!("--{name}");
        let row = |own: &Loaded| declared::added_option(&own.name, own.role, &dashed);
        let declared = self.loaded.iter().enumerate().rev().filter(|(_, own)| !own.is_open());
        declared.filter_map(|(at, own)| Some((at, row(own)?))).next()
    }

    /// `-p $P --dport 80`: the options of a protocol that is only known at run time.
    fn load_unknown_protocol(&mut self) {
        self.protocol_loaded = true;
        let name = self.draft.protocol.as_ref().map(|said| match &said.what {
            crate::model::Known::Unknown(value) => value.to_string(),
            crate::model::Known::Is(protocol) => protocol.0.to_string(),
        });
        let mut module = Loaded::new(name.unwrap_or_default().into(), Role::Match, None, self.place_of(self.at));
        module.unknown = true;
        self.loaded.push(module);
    }

    /// Keeps an option of an extension that is not declared, with the words up to the next option.
    fn keep(&mut self, module: usize, name: &str, joined: Option<Value>) {
        let dashed = format!("--{name}");
        let reading = self.start(joined);
        let mut words: Vec<Value> = reading.joined.iter().cloned().collect();
        let first = self.at;
        while let Some(word) = self.words.get(self.at) {
            if word.known().is_some_and(|text| shape(text) != Shape::Plain) {
                break;
            }
            words.push(word.value.clone());
            self.at += 1;
        }
        let argument = self.kept_argument(module, &dashed, &words);
        let option = OptionUse { name: dashed.as_str().into(), negated: reading.negation.is_some(), argument };
        let place = self.place_of(reading.option);
        if let Some(module) = self.loaded.get_mut(module) {
            module.given.push(Given { row: None, option, place });
        }
        self.record(dashed.into(), Some(module), &reading, first..self.at);
    }

    /// Ports of a protocol that is not known are read all the same; they mean the same in each.
    fn kept_argument(&self, module: usize, name: &str, words: &[Value]) -> Option<Argument> {
        let unknown = words.iter().find(|word| word.known().is_none());
        if let Some(value) = unknown {
            return Some(Argument::Unknown(value.clone()));
        }
        let texts: Vec<&str> = words.iter().filter_map(Value::known).collect();
        if self.loaded.get(module).is_some_and(|module| module.unknown) {
            let tcp = extensions::of_protocol(6, self.context.family);
            let row = tcp.and_then(|tcp| tcp.option(name)).filter(|row| row.kind.arity() == texts.len());
            if let Some(Ok(argument)) = row.map(|row| row.kind.read(&texts, self.scope())) {
                return argument;
            }
        }
        (!texts.is_empty()).then(|| words_as_they_stand(&texts))
    }

    /// What to say of a long option that iptables refuses here.
    fn unknown_option(&self, name: &str) -> Diagnostic {
        let dashed = format!("--{name}");
        let place = self.place_of(self.at);
        let error = |code, message| Diagnostic::new(code, Severity::Error, place, message);
        if leftover::is_port_option(&dashed) {
            let message = format!("`{dashed}` needs a protocol with ports before it");
            return error("port-without-protocol", message).with_help("put `-p tcp` or `-p udp` before it");
        }
        let unknown = error("unknown-option", format!("there is no option `{dashed}` here"));
        let known = |name: &&str| self.at_hand().any(|own| own.option(&format!("--{name}")).is_some());
        if let Some(near) = leftover::former(name).filter(known).or_else(|| self.relative(name)) {
            return unknown.with_hint(self.meant(near));
        }
        if self.at_hand().any(|own| ["d", "s"].iter().all(|end| own.option(&format!("--{end}{name}")).is_some())) {
            return unknown.with_hint(format!("perhaps `--d{name}` or `--s{name}` is meant"));
        }
        if let Some(help) = self.owner(&dashed) {
            return unknown.with_hint(help);
        }
        let known = self.names();
        let near = nearest(name, known.iter().map(String::as_str));
        match near {
            Some(near) if near == name => unknown.with_hint(leftover::other_family(&dashed, self.context.family)),
            Some(near) => unknown.with_hint(self.meant(near)),
            None => match self.offered() {
                Some(offered) => unknown.with_hint(offered),
                None => unknown,
            },
        }
    }

    /// Whose option it is, and what the target of the rule has instead.
    fn owner(&self, dashed: &str) -> Option<String> {
        let target = self.draft.target.as_ref().and_then(|target| target.what.0.known());
        let owner = leftover::owner_of(dashed, self.context.family, target)?;
        let other = self.loaded.last().is_some_and(|module| module.role == Role::Target);
        Some(match self.offered().filter(|_| other) {
            Some(offered) => format!("{owner}; {offered}"),
            None => owner,
        })
    }

    /// What the extension that was named last has instead, where that is not too much to say.
    fn offered(&self) -> Option<String> {
        let module = self.loaded.last()?;
        let names: Vec<&str> = module.extension?.options.iter().map(|row| row.name).collect();
        let few = (1..=MOST_OFFERED).contains(&names.len());
        few.then(|| format!("{} has `{}`", module.name, names.join("`, `")))
    }

    /// The option of a loaded extension whose name ends like `name`, as `ctstate` does like `state`.
    fn relative(&self, name: &str) -> Option<&'static str> {
        let rows = self.at_hand().flat_map(|extension| extension.options);
        let mut names = rows.map(|row| row.name.trim_start_matches('-'));
        let whole_word = |own: &str| own.strip_suffix(name).is_some_and(|before| before.ends_with('-'));
        let alike = |own: &str| own.len().min(name.len()) > 4 && (own.ends_with(name) || name.ends_with(own));
        names.find(|own| name.len() > 3 && whole_word(own) || alike(own))
    }

    /// The extensions that are loaded, and the one that `-p` would bring.
    fn at_hand(&self) -> impl Iterator<Item = &'static Extension> {
        let protocol = match self.draft.given() {
            GivenProtocol::Protocol(protocol, _) => extensions::of_protocol(protocol, self.context.family),
            _ => None,
        };
        self.loaded.iter().filter_map(|module| module.extension).chain(protocol)
    }

    /// Which option was probably meant, whose it is and what it takes.
    fn meant(&self, near: &str) -> String {
        let dashed = format!("--{near}");
        let found = self.at_hand().find_map(|own| Some((own.name, own.option(&dashed)?)));
        match found {
            Some((name, row)) => {
                let takes = row.kind.shape();
                let blank = if takes.is_empty() { "" } else { " " };
                format!("{name} has `{dashed}{blank}{takes}`")
            }
            // Options of another target are no help behind this one.
            None if self.loaded.last().is_some_and(|module| module.role == Role::Target) => {
                self.offered().unwrap_or_else(|| perhaps(&dashed))
            }
            None => perhaps(&dashed),
        }
    }

    /// Whether an extension that is not loaded has the option, or one that is spelled nearly so.
    pub(super) fn is_known_elsewhere(&self, name: &str) -> bool {
        let known = self.names();
        nearest(name, known.iter().map(String::as_str)).is_some()
    }

    /// The long options that are known here, and those that `-p` or `-m` would bring.
    fn names(&self) -> Vec<String> {
        let loaded = self.loaded.iter().filter_map(|module| module.extension);
        let others = extensions::EXTENSIONS.iter().copied();
        let of_extensions = loaded.chain(others).flat_map(|extension| extension.options);
        let long = of_extensions.flat_map(|row| row.aliases.iter().chain([&row.name]));
        let long = long.map(|name| name.trim_start_matches('-').to_owned());
        let general = GENERAL.iter().flat_map(|general| general.names).map(|name| (*name).to_owned());
        long.chain(general).collect()
    }
}
