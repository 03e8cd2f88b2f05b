//! Parameters: what they hold, and how they are set.

mod braced;

use std::rc::Rc;

use super::Question;
use super::run::Evaluator;
use super::state::{Arguments, Choices, Local, assign};
use super::unit::Unit;
use crate::logic::Formula;
use crate::model::{Piece, Unknown, Value};
use crate::text::Place;

/// Variables that the shell or the login sets; reading them unset is no oversight.
const ENVIRONMENT: [&str; 18] = [
    "HOME", "PATH", "PWD", "USER", "LOGNAME", "SHELL", "TERM", "HOSTNAME", "UID", "EUID", "PPID", "RANDOM", "OPTARG",
    "OPTIND", "IFS", "LANG", "REPLY", "LINENO",
];

/// Variables that some shells change by themselves, whatever the script assigns.
const CHANGING: [&str; 3] = ["RANDOM", "SECONDS", "LINENO"];

/// Variables, or their beginnings up to a `_`, that programs set for the scripts that they call: pppd, dhclient, strongSwan,
/// OpenVPN, ifupdown, NetworkManager and OpenWrt's hotplug.
const FROM_CALLERS: [&str; 24] = [
    "PPP_",
    "IFNAME",
    "IPLOCAL",
    "IPREMOTE",
    "new_",
    "old_",
    "PLUTO_",
    "IFACE",
    "IF_",
    "IP4_",
    "DEVICE_IFACE",
    "ACTION",
    "DEVICE",
    "INTERFACE",
    "interface",
    "dev",
    "ifconfig_",
    "trusted_",
    "untrusted_",
    "route_",
    "common_name",
    "script_type",
    "PEERNAME",
    "LINKNAME",
];

/// A variable that is put together from more pieces is taken for unknown.
const MAX_PIECES: usize = 64;

/// A variable that has grown longer than this is taken for unknown.
const MAX_TEXT: usize = 16_384;

/// Whether `name` is `own`, or begins so where `own` ends in `_`.
fn is_named_by(name: &str, own: &str) -> bool {
    name == own || own.ends_with('_') && name.starts_with(own)
}

impl Evaluator<'_> {
    /// What the parameter `name` holds on the present path.
    pub(super) fn lookup(&mut self, unit: &Unit<'_>, name: &str, place: Place) -> Choices<Value> {
        if let Some(value) = unit.unknown_piece(name) {
            return vec![(Formula::TRUE, value)];
        }
        if let Some(choices) = self.special(name, place) {
            return choices;
        }
        if CHANGING.contains(&name) {
            return vec![(Formula::TRUE, self.unknown_at(name, place))];
        }
        let path = self.path;
        self.look_at(name, path);
        let Some(choices) = self.state.variables.get(name) else {
            if let Some(array) = self.state.arrays.get(name) {
                // Without a subscript the first element is meant.
                let value = match array.as_deref() {
                    Some([]) => Value::empty(),
                    Some([first, ..]) if !first.splits => first.value.clone(),
                    _ => self.unknown_at(name, place),
                };
                return vec![(Formula::TRUE, value)];
            }
            return vec![(Formula::TRUE, self.unset(name, place))];
        };
        if path.is_false() {
            // What is left empty for somebody to fill in is looked at as if it were filled in.
            let value = choices.last().map(|(_, value)| value.clone()).filter(|value| !value.is(""));
            let filled = Unknown { name: name.into(), id: 0, single: false };
            return vec![(Formula::TRUE, value.unwrap_or(Value::unknown(filled)))];
        }
        let mut possible: Choices<Value> = choices.clone();
        possible.retain(|(guard, _)| self.conditions.formulas.compatible(*guard, path));
        if path == Formula::UNDECIDED && possible.len() > 1 {
            let one_of_them = Unknown { name: name.into(), id: u32::MAX, single: false };
            return vec![(Formula::TRUE, Value::unknown(one_of_them))];
        }
        if let [(guard, _)] = possible.as_mut_slice() {
            *guard = Formula::TRUE;
        }
        // Elsewhere scripts check what they are told, and use it as it is.
        match self.looping.stands_for(name) {
            true => possible.into_iter().flat_map(|own| self.narrowed(own)).collect(),
            false => possible,
        }
    }

    /// A variable is looked at on `path`.
    pub(super) fn look_at(&mut self, name: &str, path: Formula) {
        if self.looping.is_within() && !self.looping.is_exposed(name) {
            let settled = self.state.settled.get(name).copied().unwrap_or(Formula::FALSE);
            let settled = self.conditions.formulas.and_not(path, settled).is_false();
            self.looping.looks_at(name, settled);
        }
    }

    /// A word of a loop's list, where the path tells which of some literals it is: behind `case $word in a | b)`.
    fn narrowed(&mut self, (guard, value): (Formula, Value)) -> Choices<Value> {
        let path = self.conditions.formulas.and(self.path, guard);
        let literals = match value {
            Value::Mixed(_) if !path.is_false() => self.conditions.narrowed(&value, path),
            _ => Vec::new(),
        };
        match literals.as_slice() {
            [] => vec![(guard, value)],
            [(_, one)] => vec![(guard, Value::from(one.as_str()))],
            all => {
                let own = |(holds, text): &(Formula, String)| {
                    (self.conditions.formulas.and(guard, *holds), Value::from(text.as_str()))
                };
                all.iter().map(own).collect()
            }
        }
    }

    fn special(&mut self, name: &str, place: Place) -> Option<Choices<Value>> {
        if let Ok(number) = name.parse::<usize>() {
            return Some(self.of_arguments(|arguments| arguments.one(number)));
        }
        match name {
            "#" => Some(self.of_arguments(Arguments::count)),
            "?" | "$" | "!" | "-" => Some(vec![(Formula::TRUE, self.unknown_at(name, place))]),
            // The variable that another one names, or the names of several.
            indirect if indirect.starts_with('!') => Some(vec![(Formula::TRUE, self.unknown_at(name, place))]),
            _ => None,
        }
    }

    /// What is so of the arguments, for each way in which they may have been shifted on the present path.
    fn of_arguments(&mut self, what: impl Fn(&Arguments) -> Value) -> Choices<Value> {
        let Arguments::OneOf(choices) = &self.state.arguments else {
            return vec![(Formula::TRUE, what(&self.state.arguments))];
        };
        let (path, formulas) = (self.path, &mut self.conditions.formulas);
        let here = choices.iter().filter(|(guard, _)| formulas.compatible(*guard, path));
        let found: Choices<Value> = here.map(|(guard, arguments)| (*guard, what(arguments))).collect();
        match found.as_slice() {
            [] => vec![(Formula::TRUE, what(&self.state.arguments))],
            [(_, only)] => vec![(Formula::TRUE, only.clone())],
            _ => found,
        }
    }

    /// The value of a variable that the script has not set.
    fn unset(&mut self, name: &str, place: Place) -> Value {
        let value = self.given(name);
        if value.known().is_some() {
            return value;
        }
        let given = ENVIRONMENT.contains(&name) || FROM_CALLERS.iter().any(|own| is_named_by(name, own));
        if !given && !self.unassigned.iter().any(|(known, _)| known == name) {
            self.unassigned.push((name.to_owned(), place));
        }
        value
    }

    /// What a variable holds that the script does not set.
    fn given(&self, name: &str) -> Value {
        match self.settings.variables.iter().find(|(known, _)| known == name) {
            Some((_, value)) => Value::from(value.as_str()),
            None if self.settings.unset.iter().any(|own| own == name) => Value::empty(),
            None => Value::unknown(Unknown { name: name.into(), id: 0, single: false }),
        }
    }

    /// Something sets a variable.
    pub(super) fn note_assigned(&mut self, name: &str) {
        let is_first = self.assigned.insert(name.to_owned());
        if is_first && self.unassigned.iter().any(|(known, _)| known == name) {
            self.set_late.insert(name.to_owned(), self.steps.len());
        }
    }

    /// Sets a variable on the present path, or an element of an array.
    pub(super) fn set_variable(&mut self, name: &str, value: Value) {
        if let Some((array, _)) = name.split_once('[') {
            return self.set_array(array, None);
        }
        if !self.path.is_false() && self.state.arrays.contains_key(name) {
            self.set_array(name, None);
        }
        if self.refuses(name) {
            return;
        }
        let value = self.by_attribute(name, value);
        let named = self.settings.variables.iter().find(|(known, _)| known == name);
        let command = match value.pieces().as_slice() {
            [Piece::Unknown(unknown)] if unknown.name.starts_with(['$', '`', '<']) => Some(unknown.name.clone()),
            _ => None,
        };
        // Output of a command is best known by the variable that holds it.
        let value = match &value {
            Value::Mixed(_) if named.is_some() => Value::from(named.map_or("", |(_, value)| value)),
            Value::Mixed(pieces) => match &**pieces {
                [Piece::Unknown(unknown)] if command.is_some() => {
                    Value::unknown(Unknown { name: name.into(), id: unknown.id, single: false })
                }
                pieces if pieces.len() > MAX_PIECES => {
                    Value::unknown(Unknown { name: name.into(), id: u32::MAX, single: false })
                }
                _ => value,
            },
            Value::Known(text) if text.len() > MAX_TEXT => {
                Value::unknown(Unknown { name: name.into(), id: u32::MAX, single: false })
            }
            Value::Known(_) => value,
        };
        self.note_assigned(name);
        if let Some(unset) = self.state.unset.get(name).copied() {
            let left = self.conditions.formulas.and_not(unset, self.path);
            self.put_unset(name, Some(left).filter(|left| !left.is_false()));
        }
        if self.looping.is_within() {
            self.looping.sets(name, &value, command.as_deref());
            let settled = self.state.settled.get(name).copied().unwrap_or(Formula::FALSE);
            let settled = self.conditions.formulas.or(settled, self.path);
            Rc::make_mut(&mut self.state.settled).insert(name.to_owned(), settled);
        }
        if self.path.is_false() {
            // What no run gets to is still looked at with it.
            let given = self.given(name);
            let variables = Rc::make_mut(&mut self.state.variables);
            variables.entry(name.to_owned()).or_insert_with(|| vec![(Formula::TRUE, given), (Formula::FALSE, value)]);
            return;
        }
        let unset = self.given(name);
        let variables = Rc::make_mut(&mut self.state.variables);
        let choices = variables.entry(name.to_owned()).or_insert_with(|| vec![(Formula::TRUE, unset)]);
        self.work = self.work.saturating_sub(choices.len());
        assign(choices, value, self.path, &mut self.conditions);
        if choices.len() > super::state::MAX_CHOICES {
            *choices =
                vec![(Formula::TRUE, Value::unknown(Unknown { name: name.into(), id: u32::MAX, single: false }))];
        }
    }

    /// What a variable holds, to be put back later.
    pub(super) fn keep(&self, name: &str) -> Local {
        Local {
            name: name.to_owned(),
            path: self.path,
            held: self.state.variables.get(name).cloned(),
            array: self.state.arrays.get(name).cloned(),
            unset: self.state.unset.get(name).copied(),
            attribute: self.state.attributes.get(name).copied(),
            settled: self.state.settled.get(name).copied(),
        }
    }

    /// Puts back what a variable held on its path, where `path` is that of all runs that come here.
    pub(super) fn restore_on(&mut self, local: Local, path: Formula) {
        if local.path == path {
            return self.restore(local);
        }
        if local.path.is_false() {
            return;
        }
        let Local { name, path, held, array, unset, attribute, settled } = local;
        self.state.put_attribute(&name, None);
        if self.state.arrays.get(&name) != array.as_ref() {
            Rc::make_mut(&mut self.state.arrays).insert(name.clone(), None);
        }
        let held = held.unwrap_or_else(|| vec![(Formula::TRUE, self.given(&name))]);
        let outer = std::mem::replace(&mut self.path, path);
        self.store(&name, &held);
        self.state.put_attribute(&name, attribute);
        let was_unset = self.conditions.formulas.and(path, unset.unwrap_or(Formula::FALSE));
        self.note_unset(&name, was_unset);
        self.path = outer;
        self.settle(name, settled);
    }

    /// On `path`, which it is empty on, a variable is unset.
    pub(super) fn note_unset(&mut self, name: &str, path: Formula) {
        let unset = self.state.unset.get(name).copied().unwrap_or(Formula::FALSE);
        let unset = self.conditions.formulas.or(unset, path);
        self.put_unset(name, Some(unset).filter(|unset| !unset.is_false()));
    }

    fn put_unset(&mut self, name: &str, unset: Option<Formula>) {
        if self.state.unset.get(name).copied() == unset {
            return;
        }
        let all = Rc::make_mut(&mut self.state.unset);
        match unset {
            Some(path) => all.insert(name.to_owned(), path),
            None => all.remove(name),
        };
    }

    /// When a parameter that holds `value` is not set at all, which `${name-default}` asks.
    ///
    /// Of what comes from elsewhere nobody knows whether it is empty or not set.
    pub(super) fn unset_when(&mut self, name: &str, value: &Value, place: Place) -> Formula {
        let open = match (name.parse::<usize>(), &self.state.arguments) {
            (Ok(number), Arguments::Known(words)) if words.iter().take(number).all(|word| !word.splits) => {
                return if number <= words.len() { Formula::FALSE } else { Formula::TRUE };
            }
            (Ok(_), _) => true,
            (Err(_), _) => self.is_given(name, value),
        };
        let unset = self.state.unset.get(name).copied().unwrap_or(Formula::FALSE);
        if !open {
            return unset;
        }
        let empty = self.conditions.equal(value, &Value::empty(), place);
        let asked = self.conditions.named(Question::Test(format!("-z ${{{name}+set}}")), place);
        let formulas = &mut self.conditions.formulas;
        let given = formulas.and(empty, asked);
        formulas.or(unset, given)
    }

    /// Whether a value is what a variable holds that the script has not set.
    pub(super) fn is_given(&self, name: &str, value: &Value) -> bool {
        match value.pieces().as_slice() {
            [Piece::Unknown(own)] => own.id == 0 && &*own.name == name,
            _ => false,
        }
    }

    pub(super) fn restore(&mut self, Local { name, held, array, unset, attribute, settled, .. }: Local) {
        self.state.put_attribute(&name, attribute);
        self.settle(name.clone(), settled);
        self.put_unset(&name, unset);
        if self.state.arrays.get(&name) != array.as_ref() {
            let arrays = Rc::make_mut(&mut self.state.arrays);
            match array {
                Some(elements) => arrays.insert(name.clone(), elements),
                None => arrays.remove(&name),
            };
        }
        let variables = Rc::make_mut(&mut self.state.variables);
        match held {
            Some(choices) => variables.insert(name, choices),
            None => variables.remove(&name),
        };
    }

    /// Says on which paths the present round has set a variable.
    pub(super) fn settle(&mut self, name: String, settled: Option<Formula>) {
        let all = Rc::make_mut(&mut self.state.settled);
        match settled {
            Some(path) => all.insert(name, path),
            None => all.remove(&name),
        };
    }

    /// Stores guarded values in a variable.
    pub(super) fn store(&mut self, name: &str, choices: &[(Formula, Value)]) {
        let dead = self.path.is_false();
        for (guard, value) in choices {
            self.where_holds(*guard, |own| {
                if !own.path.is_false() || dead {
                    own.set_variable(name, value.clone());
                }
            });
        }
    }
}
