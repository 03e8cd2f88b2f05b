//! Loops over something unknown: what is known of all their rounds together.
//!
//! The body of such a loop is run once for all rounds. Where no round leaves anything behind for the next,
//! and none ends the loop, the rounds hang on nothing but what the loop goes over.

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
pub(super) struct Over {
    text: Value,
    devices: Option<Devices>,
}

/// The loops that are being run.
#[derive(Default)]
pub(super) struct Looping {
    /// Something that the present round did may be seen in later ones.
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
}

/// What is put back after a loop.
pub(super) struct Outer {
    current: Option<Current>,
    carries: bool,
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
        Over { text, devices }
    }

    /// A loop in which variables of these names stand for the fields of one of the lines of `source`.
    pub(super) fn reading(names: &[String], source: &Value) -> Over {
        let mut text = Value::from(format!("while {} in ", names.join(",")));
        text.push(source);
        Over { text, devices: None }
    }

    /// What a call of `masqueraded_from` with these arguments writes, on a host with these addresses of devices if
    /// there are any.
    pub(super) fn ask(&mut self, arguments: &[Word], devices: &[(String, Ipv4Addr)]) -> Option<Value> {
        if arguments.iter().any(|word| word.splits && word.value.unknowns().any(|unknown| !unknown.single)) {
            // It may be no word, or several.
            return None;
        }
        let mut words = arguments.iter().map(|word| word.value.clone());
        let mut next = || {
            let first = words.next()?;
            Some(if first.is("!") { (true, words.next()?) } else { (false, first) })
        };
        let asked = (next()?, next());
        if let Some(fitting) = fitting(&asked, devices).filter(|_| !devices.is_empty()) {
            return Some(fitting.join("\n").into());
        }
        self.asked.push(asked);
        Some(Value::unknown(Unknown { name: ANSWER.into(), id: self.asked.len() as u32 - 1, single: false }))
    }

    /// Enters a loop; `None` goes over something that has no name, such as the lines of its standard input.
    pub(super) fn enter(&mut self, over: Option<Over>, path: Formula) -> Outer {
        let outer = self.current.take();
        let around = match &outer {
            Some(outer) => outer.loops.as_ref().map(|loops| (loops.over.clone(), loops.number)),
            None => {
                self.count += 1;
                Some((Vec::new(), self.count))
            }
        };
        let loops = over.zip(around).map(|(over, (mut texts, number))| {
            let devices = over.devices.filter(|_| outer.is_none());
            texts.push(over.text);
            Arc::new(Loops { over: texts, number, devices })
        });
        let path = outer.as_ref().map_or(path, |outer| outer.path);
        self.current = Some(Current { loops, path });
        Outer { current: outer, carries: std::mem::take(&mut self.carries) }
    }

    /// Leaves a loop whose rounds did `steps`.
    pub(super) fn leave(&mut self, outer: Outer, steps: &mut [Step]) {
        let plain = matches!(&*steps, [only] if only.rounds.as_ref().is_some_and(|own| own.every));
        for rounds in steps.iter_mut().map(|step| &mut step.rounds) {
            if self.carries {
                *rounds = None;
            } else if let Some(rounds) = rounds
                && rounds.loops.devices.is_some()
                && !plain
            {
                let (over, number) = (rounds.loops.over.clone(), rounds.loops.number);
                rounds.loops = Arc::new(Loops { over, number, devices: None });
            }
        }
        self.carries |= outer.carries;
        self.current = outer.current;
    }

    /// Whether a variable stands for a word of what one of the present loops goes over.
    pub(super) fn stands_for(&self, name: &str) -> bool {
        self.current.as_ref().and_then(|own| own.loops.as_ref()).is_some_and(|loops| loops.stands_for(name))
    }

    /// The rounds in which a command on `path` runs.
    pub(super) fn rounds(&self, path: Formula) -> Option<Rounds> {
        let current = self.current.as_ref()?;
        Some(Rounds { loops: Arc::clone(current.loops.as_ref()?), every: path == current.path })
    }
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

/// Whether a function is the one of migrated scripts.
pub(super) fn is_masqueraded_from(name: &str, body: &str) -> bool {
    MASQUERADED_FROM.contains(&format!("\n{name}() {body}\n")) && name == "masqueraded_from"
}
