//! Loops over something unknown: what is known of all their rounds together.
//!
//! The body of such a loop is run once for all rounds. Where no round looks at what an earlier one left behind,
//! the rounds hang on nothing but what the loop goes over, and on the condition under which one of them ends it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::Ipv4Addr;
use std::sync::Arc;

use super::Step;
use crate::logic::Formula;
use crate::model::{Devices, Loops, Network, Piece, Rounds, Unknown, Value, Word};

/// The shell function of migrated scripts that finds devices by their own addresses.
pub const MASQUERADED_FROM: &str = include_str!("masqueraded_from.sh");

/// How people call what that function writes; no variable has such a name.
const ANSWER: &str = "the answer of masqueraded_from";

/// What a loop goes over.
#[derive(Clone)]
pub(super) struct Over {
    text: Value,
    /// The variables that stand for it.
    names: Vec<String>,
    devices: Option<Devices>,
}

/// The loops that are being run.
#[derive(Default)]
pub(super) struct Looping {
    /// Something that the present round did may be seen in later ones, whatever variables they look at.
    pub(super) carries: bool,
    current: Option<Current>,
    /// How many outermost loops there were.
    count: u32,
    /// What `masqueraded_from` was asked.
    asked: Vec<Asked>,
}

/// What `masqueraded_from` is asked: the address and the name, and whether they must not fit.
type Asked = ((bool, Value), Option<(bool, Value)>);

struct Current {
    /// `None` where it is not known what one of them goes over.
    loops: Option<Arc<Loops>>,
    /// The path on which the outermost loop was come to.
    path: Formula,
    round: Round,
}

/// What one round does to variables.
#[derive(Default)]
struct Round {
    /// Those that it sets, each with the commands whose output it holds.
    set: BTreeMap<String, Vec<String>>,
    /// What it sets them to, in the order in which it does.
    values: BTreeMap<String, Vec<Value>>,
    /// Those that it looks at where they may still hold what an earlier round has left.
    exposed: BTreeSet<String>,
}

impl Round {
    fn carries(&self) -> bool {
        self.exposed.iter().any(|name| self.set.contains_key(name))
    }
}

/// What is put back after a loop.
pub(super) struct Outer {
    current: Option<Current>,
    carries: bool,
    settled: HashMap<String, Formula>,
}

impl Looping {
    /// A loop in which `each` stands for one of the words of `list`.
    pub(super) fn over(&self, list: &Value, each: &Unknown) -> Over {
        let mut text = Value::from(format!("for {} in ", each.name));
        text.push(list);
        let asked = match list.pieces().as_slice() {
            [Piece::Unknown(answer)] if &*answer.name == ANSWER => self.asked.get(answer.id as usize),
            _ => None,
        };
        let devices =
            asked.map(|(address, name)| Devices { address: address.clone(), name: name.clone(), each: each.clone() });
        Over { text, names: vec![each.name.to_string()], devices }
    }

    /// A loop in which variables of these names stand for the fields of one of the lines of `source`.
    pub(super) fn reading(names: &[String], source: &Value) -> Over {
        let mut text = Value::from(format!("while {} in ", names.join(",")));
        text.push(source);
        Over { text, names: names.to_vec(), devices: None }
    }

    /// What a call of `masqueraded_from` with these arguments writes, on a host with these addresses of devices if
    /// there are any.
    pub(super) fn ask(&mut self, arguments: &[Word], devices: &[(String, Ipv4Addr)]) -> Option<Value> {
        if arguments.iter().any(|word| word.splits && word.value.unknowns().any(|unknown| !unknown.single)) {
            // It may be no word, or several.
            return None;
        }
        let asked = asked(arguments.iter().map(|word| word.value.clone()))?;
        if let Some(fitting) = fitting(&asked, devices).filter(|_| !devices.is_empty()) {
            return Some(fitting.join("\n").into());
        }
        self.asked.push(asked);
        Some(Value::unknown(Unknown { name: ANSWER.into(), id: self.asked.len() as u32 - 1, single: false }))
    }

    /// Enters a loop; `None` goes over something that has no name, such as the lines of its standard input.
    pub(super) fn enter(&mut self, over: Option<Over>, path: Formula, settled: &mut HashMap<String, Formula>) -> Outer {
        let outer = self.current.take();
        let around = match &outer {
            Some(outer) => outer.loops.as_ref().map(|loops| (loops.over.clone(), loops.number)),
            None => {
                self.count += 1;
                Some((Vec::new(), self.count))
            }
        };
        let names = over.iter().flat_map(|over| over.names.clone()).map(|name| (name, path));
        let settled = std::mem::replace(settled, names.collect());
        let loops = over.zip(around).map(|(over, (mut texts, number))| {
            let devices = over.devices.filter(|_| outer.is_none());
            texts.push(over.text);
            Arc::new(Loops { over: texts, set: Vec::new(), broken: Vec::new(), number, devices })
        });
        let path = outer.as_ref().map_or(path, |outer| outer.path);
        self.current = Some(Current { loops, path, round: Round::default() });
        Outer { current: outer, carries: std::mem::take(&mut self.carries), settled }
    }

    /// Leaves a loop whose rounds did `steps`, until one met `broken`.
    ///
    /// Gives the variables that its rounds look at, and those that they set with what they set them to.
    pub(super) fn leave(
        &mut self,
        outer: Outer,
        (steps, broken): (&mut [Step], Formula),
        settled: &mut HashMap<String, Formula>,
    ) -> (BTreeSet<String>, BTreeMap<String, Vec<Value>>) {
        let round = self.current.take().map(|current| current.round).unwrap_or_default();
        let carries = self.carries || round.carries();
        let plain = broken.is_false() && matches!(&*steps, [only] if only.rounds.as_ref().is_some_and(|own| own.every));
        for rounds in steps.iter_mut().map(|step| &mut step.rounds) {
            if carries {
                *rounds = None;
            } else if let Some(rounds) = rounds
                && (!round.set.is_empty() || !broken.is_false() || !plain && rounds.loops.devices.is_some())
            {
                let mut loops = with_variables(&rounds.loops, &round, plain);
                loops.broken.extend(Some(broken).filter(|broken| !broken.is_false()));
                rounds.loops = Arc::new(loops);
            }
        }
        self.carries |= outer.carries;
        self.current = outer.current;
        *settled = outer.settled;
        (round.exposed, round.values)
    }

    /// A variable is looked at; it is known whether the present round has certainly set it.
    pub(super) fn looks_at(&mut self, name: &str, settled: bool) {
        if let Some(current) = self.current.as_mut().filter(|_| !settled) {
            current.round.exposed.insert(name.to_owned());
        }
    }

    /// Takes back that a variable is looked at; whether it was.
    pub(super) fn overlooks(&mut self, name: &str) -> bool {
        self.current.as_mut().is_some_and(|current| current.round.exposed.remove(name))
    }

    /// Whether a variable is looked at where it may still hold what an earlier round has left.
    pub(super) fn is_exposed(&self, name: &str) -> bool {
        self.current.as_ref().is_some_and(|current| current.round.exposed.contains(name))
    }

    /// A variable is set to a value, the output of `command` where there is one.
    pub(super) fn sets(&mut self, name: &str, value: &Value, command: Option<&str>) {
        if let Some(current) = &mut self.current {
            let commands = current.round.set.entry(name.to_owned()).or_default();
            commands.extend(command.map(str::to_owned));
            current.round.values.entry(name.to_owned()).or_default().push(value.clone());
        }
    }

    /// Whether the present round has set a variable.
    pub(super) fn is_set(&self, name: &str) -> bool {
        self.current.as_ref().is_some_and(|current| current.round.set.contains_key(name))
    }

    /// A variable has been put back to what it was.
    pub(super) fn leaves(&mut self, name: &str) {
        if let Some(current) = &mut self.current {
            current.round.set.remove(name);
        }
    }

    /// Whether a loop over something unknown is being run.
    pub(super) fn is_within(&self) -> bool {
        self.current.is_some()
    }

    /// Whether a variable stands for a word of what one of the present loops goes over.
    pub(super) fn stands_for(&self, name: &str) -> bool {
        self.current.as_ref().and_then(|own| own.loops.as_ref()).is_some_and(|loops| loops.stands_for(name))
    }

    /// The rounds in which a command on `path` runs.
    pub(super) fn rounds(&self, path: Formula) -> Option<Rounds> {
        let current = self.current.as_ref()?;
        Some(Rounds { loops: Arc::clone(current.loops.as_ref()?), every: path == current.path, in_order: false })
    }
}

/// What the words behind `masqueraded_from` ask for.
fn asked(mut words: impl Iterator<Item = Value>) -> Option<Asked> {
    let mut next = || {
        let first = words.next()?;
        Some(if first.is("!") { (true, words.next()?) } else { (false, first) })
    };
    Some((next()?, next()))
}

/// The devices that `masqueraded_from` finds among these, asked in these words, where there are any and all of it is
/// known.
pub fn masqueraded_from<'d>(words: &str, devices: &'d [(String, Ipv4Addr)]) -> Option<Vec<&'d str>> {
    let asked = asked(words.split(' ').map(Value::from))?;
    fitting(&asked, devices).filter(|_| !devices.is_empty())
}

/// The devices that `masqueraded_from` finds among these, where all that it is asked is known.
fn fitting<'d>(asked: &Asked, devices: &'d [(String, Ipv4Addr)]) -> Option<Vec<&'d str>> {
    let ((outside, address), name) = asked;
    let network = Network::of_device(address.known()?)?;
    let (others, name) = match name {
        Some((others, name)) => (*others, name.known()?),
        None => (false, ""),
    };
    let named = |device: &str| match name.strip_suffix('+') {
        Some(begin) => device.starts_with(begin),
        None => name.is_empty() || device == name,
    };
    let fits = |(device, own): &&(String, Ipv4Addr)| network.holds(*own) != *outside && named(device) != others;
    Some(devices.iter().filter(fits).map(|(device, _)| device.as_str()).collect())
}

/// The loops with the variables that their rounds set; the output of a command is what the command makes of a round.
fn with_variables(loops: &Loops, round: &Round, plain: bool) -> Loops {
    let (mut over, mut set) = (loops.over.clone(), loops.set.clone());
    for (name, commands) in &round.set {
        over.extend(commands.iter().map(|command| Value::from(format!("{name}={command}"))));
        set.push(name.clone());
    }
    Loops {
        over,
        set,
        broken: loops.broken.clone(),
        number: loops.number,
        devices: loops.devices.clone().filter(|_| plain),
    }
}

/// Whether a function is the one of migrated scripts.
pub(super) fn is_masqueraded_from(name: &str, body: &str) -> bool {
    MASQUERADED_FROM.contains(&format!("\n{name}() {body}\n")) && name == "masqueraded_from"
}
