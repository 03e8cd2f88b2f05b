//! What general options say: addresses, interfaces, protocol, target and settings.

use smol_str::ToSmolStr;

use super::draft::Said;
use super::extension::{Extension, Role};
use super::general::{Fits, General, Id};
use super::kind::protocol;
use super::module::Loaded;
use super::order::{wrong_chain_name, wrong_name_code};
use super::scan::{Reading, Scanner, Taken};
use super::{Use, address, declared, extensions, foreign, leftover};
use crate::diag::{Diagnostic, Severity};
use crate::dialect::nearest::{nearest, perhaps};
use crate::model::{Dialect, Family, Interface, Known, Protocol, Value, builtin_chains, tables};
use crate::text::Place;

/// The longest interval between attempts to get the lock, in microseconds.
const LONGEST_INTERVAL: u64 = 999_999;

impl Scanner<'_> {
    /// Acts on a general option.
    pub(super) fn apply(&mut self, general: &'static General, taken: Option<Taken>, reading: &Reading) {
        if general.fits == Fits::Command {
            return self.order(general, taken, reading);
        }
        match (general.id, taken) {
            (Id::Source | Id::Destination, Some(taken)) => self.address(general, &taken, reading),
            (Id::InInterface | Id::OutInterface, Some(taken)) => self.interface(general, &taken, reading),
            (Id::Protocol, Some(taken)) => self.protocol(&taken, reading),
            (Id::Jump, Some(taken)) => self.target(taken, reading, false),
            (Id::Goto, Some(taken)) => self.target(taken, reading, true),
            (Id::Match, Some(taken)) => self.load(&taken),
            (Id::Table, Some(taken)) => self.table(taken),
            (Id::Counters, Some(taken)) => self.counters(&taken, reading),
            (Id::Fragment, _) => self.fragment(reading),
            (Id::Wait, taken) => self.wait(taken, reading),
            (Id::WaitInterval, Some(taken)) => self.wait_interval(&taken),
            (Id::Setting, _) => {
                let there = self.draft.used.iter().filter(|(used, _)| used.names == general.names).count() > 1;
                self.again(there, &general.name(), reading);
            }
            (Id::Version4, _) => self.version(Family::V4, reading),
            (Id::Version6, _) => self.version(Family::V6, reading),
            (Id::Help | Id::Version, _) => {
                // The program prints what is asked for and ends here.
                self.draft.informs = true;
                self.at = self.words.len();
            }
            _ => {}
        }
    }

    fn wait_interval(&mut self, taken: &Taken) {
        let Some(text) = taken.value.known() else { return };
        if address::leading_number(text).is_none_or(|number| number > LONGEST_INTERVAL) {
            let message = format!("`{text}` is no number of microseconds up to {LONGEST_INTERVAL}");
            self.refuse("invalid-value", taken.place, message);
        }
    }

    /// Refuses a second `-s`, `-p` and so on.
    fn again(&mut self, there: bool, general: &str, reading: &Reading) -> bool {
        if there {
            let target = self.draft.target.as_ref().filter(|_| matches!(general, "-j" | "-g"));
            let other = target.map(|said| if said.what.1 { "-g" } else { "-j" }).filter(|other| *other != general);
            let message = match other {
                Some(other) => format!("`{general}` cannot stand beside `{other}`"),
                None => format!("`{general}` is given twice"),
            };
            let problem = Diagnostic::new("invalid-value", Severity::Error, self.place_of(reading.option), message);
            self.report(match general {
                "-s" | "-d" => problem.with_hint(format!("several addresses are written `{general} A,B`")),
                "-p" => problem.with_hint("a rule has one protocol; write a rule for each"),
                "-j" | "-g" => problem.with_hint("a rule has one target; write a rule for each"),
                _ => problem,
            });
        }
        there
    }

    fn address(&mut self, general: &General, taken: &Taken, reading: &Reading) {
        let there = match general.id {
            Id::Source => self.draft.source.is_some(),
            _ => self.draft.destination.is_some(),
        };
        if self.again(there, &general.name(), reading) {
            return;
        }
        let negated = reading.negation.is_some();
        let what = match taken.value.known() {
            None => vec![Known::Unknown(taken.value.clone())],
            Some(text) => {
                let read = |one| address::read(one, self.context.family).map(Known::Is);
                match address::split(text).map(read).collect::<Result<Vec<_>, String>>() {
                    Ok(addresses) => addresses,
                    Err(message) => {
                        return self.report(leftover::address(
                            text,
                            message,
                            general,
                            self.context.family,
                            taken.place,
                        ));
                    }
                }
            }
        };
        let doubts = taken.value.known().into_iter().flat_map(address::split).filter_map(address::doubt_scope);
        for doubt in doubts.collect::<Vec<_>>() {
            self.report(Diagnostic::new("invalid-value", Severity::Warning, taken.place, doubt));
        }
        if negated && what.len() > 1 {
            self.refuse("invalid-value", taken.place, "`!` cannot stand before several addresses");
        }
        let said = Some(Said { what, negated, place: self.place_of(reading.option) });
        match general.id {
            Id::Source => self.draft.source = said,
            _ => self.draft.destination = said,
        }
    }

    fn interface(&mut self, general: &General, taken: &Taken, reading: &Reading) {
        let there = match general.id {
            Id::InInterface => self.draft.in_interface.is_some(),
            _ => self.draft.out_interface.is_some(),
        };
        if self.again(there, &general.name(), reading) {
            return;
        }
        let what = match taken.value.known() {
            None => Some(Known::Unknown(taken.value.clone())),
            Some(text) => match address::interface(text) {
                Ok(interface) => interface.map(Known::Is),
                Err(message) => {
                    let code = if text.len() > 15 { "overlong-name" } else { "invalid-value" };
                    return self.refuse(code, taken.place, message);
                }
            },
        };
        self.doubt_interface(what.as_ref(), taken);
        let said = Some(Said { what, negated: reading.negation.is_some(), place: self.place_of(reading.option) });
        match general.id {
            Id::InInterface => self.draft.in_interface = said,
            _ => self.draft.out_interface = said,
        }
    }

    /// Names that iptables takes but that no interface has.
    fn doubt_interface(&mut self, what: Option<&Known<Interface>>, taken: &Taken) {
        let Some(Known::Is(interface)) = what else { return };
        if interface.name.starts_with('-') || interface.name.contains(['/', ' ', ',']) {
            let message = format!("no interface is called `{interface}`");
            let problem = Diagnostic::new("invalid-value", Severity::Warning, taken.place, message);
            let list = interface.name.contains(',');
            let help = "a rule takes one interface, or with `+` all whose names begin so: write a rule for each";
            self.report(if list { problem.with_help(help) } else { problem });
        }
    }

    fn protocol(&mut self, taken: &Taken, reading: &Reading) {
        if self.again(self.draft.protocol.is_some(), "-p", reading) {
            return;
        }
        let negated = reading.negation.is_some();
        let what = match taken.value.known().map(protocol) {
            None => Known::Unknown(taken.value.clone()),
            Some(Ok(0)) if negated => {
                return self.refuse("invalid-value", taken.place, "a rule for no protocol at all never matches");
            }
            Some(Ok(number)) => {
                // iptables looks for the match by the name as it is written, and only this name is that of one.
                let mobility =
                    number == 135 && !taken.value.known().is_some_and(|name| name.eq_ignore_ascii_case("mh"));
                self.protocol_loaded |= mobility;
                Known::Is(Protocol(number))
            }
            Some(Err(message)) => {
                self.report(leftover::protocol(&taken.value, message, taken.place));
                Known::Unknown(taken.value.clone())
            }
        };
        self.draft.protocol = Some(Said { what, negated, place: self.place_of(reading.option) });
    }

    fn target(&mut self, taken: Taken, reading: &Reading, goto: bool) {
        if self.again(self.draft.target.is_some(), if goto { "-g" } else { "-j" }, reading) {
            return;
        }
        if let Some(name) = taken.value.known() {
            if let Some(message) = wrong_chain_name(name) {
                return self.refuse(wrong_name_code(name), taken.place, message);
            }
            if let Some(problem) = leftover::target(name, taken.place) {
                self.report(problem);
            }
        }
        if !goto {
            self.load_target(&taken);
        }
        self.draft.target = Some(Said { what: (taken.value, goto), negated: false, place: taken.place });
    }

    fn load_target(&mut self, taken: &Taken) {
        let Some(name) = taken.value.known() else { return self.load_as(Role::Target, None, taken) };
        let known = self.find(name, Role::Target);
        let addon = declared::find_addon(name, Role::Target).filter(|_| known.is_none());
        if addon.is_some() {
            self.report(foreign::unknown(name, Role::Target, self.context, taken.place));
        }
        if let Some(extension) = known.or(addon) {
            self.load_as(Role::Target, Some(extension), taken);
        }
    }

    fn load(&mut self, taken: &Taken) {
        let Some(name) = taken.value.known() else { return self.load_as(Role::Match, None, taken) };
        if name.is_empty() {
            return self.refuse("invalid-value", taken.place, "the name of the match is empty");
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) || name.starts_with('-') {
            return self.refuse("invalid-value", taken.place, format!("`{name}` cannot be the name of a match"));
        }
        let name = extensions::match_name(name);
        let known = self.find(name, Role::Match);
        let addon = declared::find_addon(name, Role::Match).filter(|_| known.is_none());
        let other = match self.context.family {
            Family::V4 => Family::V6,
            Family::V6 => Family::V4,
        };
        if known.is_none() && addon.is_none() && extensions::find(name, Role::Match, other).is_some() {
            self.refuse("invalid-value", taken.place, format!("this address family has no match `{name}`"));
        } else if known.is_none() {
            self.report(foreign::unknown(name, Role::Match, self.context, taken.place));
        }
        self.load_as(Role::Match, known.or(addon), taken);
    }

    /// The extension of that name; what the user declares comes first.
    fn find(&self, name: &str, role: Role) -> Option<&'static Extension> {
        self.context.installed.declared.find(name, role).or_else(|| extensions::find(name, role, self.context.family))
    }

    fn load_as(&mut self, role: Role, extension: Option<&'static Extension>, taken: &Taken) {
        let name = taken.value.to_smolstr();
        let name = if role == Role::Match { extensions::match_name(&name).into() } else { name };
        let mut module = Loaded::new(name, role, extension, taken.place);
        module.unknown = taken.value.known().is_none();
        self.loaded.push(module);
    }

    fn table(&mut self, taken: Taken) {
        if self.context.restore {
            return self.refuse(
                "invalid-value",
                taken.place,
                "`-t` cannot stand in a save file, whose sections name the table",
            );
        }
        // Of several tables the last one counts, and is the only one that is looked at.
        if let Some((_, before)) = self.draft.table.take() {
            self.problems.retain(|problem| problem.place != before);
        }
        if let Some(name) = taken.value.known().filter(|name| !is_table(name)) {
            let message = format!("there is no table `{name}`");
            let problem = Diagnostic::new("invalid-value", Severity::Error, taken.place, message);
            self.report(match nearest(name, tables(Dialect::Iptables)) {
                Some(near) => problem.with_hint(perhaps(near)),
                None => problem
                    .with_hint(format!("the tables are {}", tables(Dialect::Iptables).collect::<Vec<_>>().join(", "))),
            });
        }
        self.draft.table = Some((taken.value, taken.place));
    }

    /// `-c packets bytes`, or both in one word.
    fn counters(&mut self, taken: &Taken, reading: &Reading) {
        if self.again(self.draft.counters.is_some(), "-c", reading) {
            return;
        }
        let Some(first) = taken.value.known() else { return self.pass_second_counter() };
        if first.contains(',') {
            self.draft.counters = address::counters(first);
        } else {
            let second = self.words.get(self.at).filter(|word| !word.value.known_prefix().starts_with(['-', '!']));
            let Some(second) = second else {
                return self.refuse("missing-argument", taken.place, "`-c` needs packets and bytes");
            };
            self.at += 1;
            let Some(bytes) = second.known() else { return };
            self.draft.counters = address::leading_number(first).zip(address::leading_number(bytes));
            let place = second.place;
            if address::leading_number(first).is_some() && self.draft.counters.is_none() {
                return self.refuse("invalid-value", place, format!("`-c`: `{bytes}` is no number of bytes"));
            }
        }
        if self.draft.counters.is_none() {
            self.refuse("invalid-value", taken.place, format!("`-c`: `{first}` does not start a pair of counters"));
        }
    }

    fn pass_second_counter(&mut self) {
        let next = self.words.get(self.at).map(|word| word.value.known_prefix());
        self.at += usize::from(next.is_some_and(|text| !text.starts_with(['-', '!'])));
    }

    fn fragment(&mut self, reading: &Reading) {
        if self.again(self.draft.fragment.is_some(), "-f", reading) {
            return;
        }
        let place = self.place_of(reading.option);
        if self.context.family == Family::V6 {
            return self.refuse("unknown-option", place, "ip6tables has no `-f`; use `-m frag`");
        }
        self.draft.fragment = Some(Said { what: (), negated: reading.negation.is_some(), place });
    }

    fn wait(&mut self, taken: Option<Taken>, reading: &Reading) {
        if self.context.restore {
            let place = self.place_of(reading.option);
            return self.refuse("invalid-value", place, "`-w` cannot stand in a save file");
        }
        let seconds = taken.as_ref().and_then(|taken| taken.value.known());
        if let (Some(text), Some(taken)) = (seconds, &taken)
            && address::leading_number(text).is_none()
        {
            self.refuse("invalid-value", taken.place, format!("`{text}` is no number of seconds"));
        }
    }

    /// A save file may serve both families; a command line may not ask for the other one.
    fn version(&mut self, family: Family, reading: &Reading) {
        if family == self.context.family {
            return;
        }
        if self.context.restore {
            // The program reads no further. What it looks at behind all options, it never looks at: addresses, and
            // the chain of rules.
            let of_address = |own: &&Use| matches!(own.name.as_str(), "-s" | "-d");
            let arguments = self.uses.iter().filter(of_address).flat_map(|own| own.arguments.clone());
            let order = self.draft.order.as_ref().filter(|order| order.takes_rule());
            let chain = order.and_then(|order| order.chain.as_ref()).map(|(_, place)| *place);
            let unseen: Vec<Place> = arguments.map(|index| self.place_of(index)).chain(chain).collect();
            self.problems.retain(|problem| {
                let about = |place: &Place| place.file == problem.place.file && place.span.contains(problem.place.span);
                !unseen.iter().any(about)
            });
            self.draft.cut_short = true;
            self.at = self.words.len();
            return;
        }
        let (option, program) = match family {
            Family::V4 => ("-4", "iptables"),
            Family::V6 => ("-6", "ip6tables"),
        };
        let message = format!("`{option}` is for {program}");
        self.refuse("invalid-value", self.place_of(reading.option), message);
    }
}

/// Whether iptables has a table of that name.
pub(super) fn is_table(name: &str) -> bool {
    builtin_chains(Dialect::Iptables, name).is_some()
}

/// Whether a value is a built-in chain's name in any table.
pub(super) fn is_builtin(chain: &Value) -> bool {
    let builtin = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];
    chain.known().is_some_and(|name| builtin.contains(&name))
}
