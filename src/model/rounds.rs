//! Loops over something unknown, and the commands that run in their rounds.

use std::sync::Arc;

use super::{Unknown, Value};
use crate::logic::Formula;

/// The loops in which a command runs, innermost last, where nothing of one round outlives it.
#[derive(Clone, Debug)]
pub struct Rounds {
    /// The loops.
    pub loops: Arc<Loops>,
    /// Whether the command runs in every round, if the loop is come to at all.
    pub every: bool,
    /// Whether what later rounds make stands behind what earlier ones have made.
    pub in_order: bool,
}

/// Loops within each other.
#[derive(Debug)]
pub struct Loops {
    /// What they go over, as it is written with known values put in, from the outermost on; and the commands whose
    /// output their variables hold.
    pub over: Vec<Value>,
    /// The variables that their rounds set.
    pub set: Vec<String>,
    /// When the rounds of each of them end with `break`, which decides which rounds there are.
    pub broken: Vec<Formula>,
    /// Tells the outermost loop from others of the same evaluation.
    pub number: u32,
    /// The devices that the only loop goes over, where it is known what they have in common.
    pub devices: Option<Devices>,
}

impl Loops {
    /// Whether a variable may hold something else in each round.
    pub fn changes(&self, name: &str) -> bool {
        self.stands_for(name) || self.set.iter().any(|own| own == name)
    }

    /// Whether a variable stands for a word, or a field of a line, of what one of the loops goes over.
    pub fn stands_for(&self, name: &str) -> bool {
        let names = |over: &Value| over.known_prefix().split(' ').nth(1).map(str::to_owned).unwrap_or_default();
        self.over.iter().any(|over| names(over).split(',').any(|own| own == name))
    }
}

/// The devices whose own addresses fit, as the function `masqueraded_from` of migrated scripts finds them.
#[derive(Clone, Debug)]
pub struct Devices {
    /// The address, and whether it must not fit.
    pub address: (bool, Value),
    /// Their name as rules give it, and whether it must not fit.
    pub name: Option<(bool, Value)>,
    /// What stands for one of them in the rounds.
    pub each: Unknown,
}
