//! What a packet filter holds after the commands of a script have run.
//!
//! A script's conditions are not decided here: every entry carries the
//! [`Formula`] under which it is there, so that one ruleset stands for all
//! outcomes of the script's tests at once.

use std::collections::HashMap;

use super::{Command, Dialect, Family, Rule, Value};
use crate::logic::{Formula, Formulas};
use crate::text::Place;

/// All tables of one address family.
#[derive(Clone, Debug)]
pub struct Ruleset {
    /// Whose semantics the rules have.
    pub dialect: Dialect,
    /// The address family.
    pub family: Family,
    /// The tables that were touched, in the order of their first use; ipchains has the one table `filter`.
    pub tables: Vec<Table>,
}

/// One table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Built-in chains in the kernel's order, then user chains in order of creation.
    pub chains: Vec<Chain>,
    index: HashMap<String, usize>,
}

/// One chain.
#[derive(Clone, Debug)]
pub struct Chain {
    /// Its name; unknown parts show as `${NAME}`.
    pub name: String,
    /// Whether the kernel made it.
    pub builtin: bool,
    /// When it exists; always for built-in chains.
    pub exists: Formula,
    /// The rules in order, each with the formula under which it is there.
    pub entries: Vec<Entry>,
    /// The policies of a built-in chain, each with the formula under which it holds; the formulas exclude each other.
    pub policies: Vec<Policy>,
    /// The command that created it.
    pub place: Option<Place>,
}

/// A rule in a chain.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The rule.
    pub rule: Rule,
    /// When it is there.
    pub guard: Formula,
    /// It stands for any number of rules, even none: its command runs in a loop over something unknown.
    pub many: bool,
}

/// The policy of a built-in chain.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `ACCEPT`, `DROP`, `DENY`... or a value that is only known at run time.
    pub target: Value,
    /// When it holds.
    pub guard: Formula,
    /// The command that set it; `None` for the kernel's own.
    pub place: Option<Place>,
}

/// The kernel or the program would refuse a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What the program would say, or close to it.
    pub message: String,
    /// The lint that it belongs to.
    pub code: &'static str,
}

impl Ruleset {
    /// An empty ruleset: the built-in chains with policy ACCEPT.
    pub fn new(dialect: Dialect, family: Family) -> Self {
        Self { dialect, family, tables: Vec::new() }
    }

    /// A line `:chain policy` of a save file.
    pub fn declare_chain(
        &mut self,
        table: &str,
        name: &Value,
        policy: Option<&str>,
        guard: Formula,
        place: Place,
        formulas: &mut Formulas,
    ) -> Result<(), Refusal> {
        let _ = (table, name, policy, guard, place, formulas);
        Ok(())
    }

    /// Runs `command` under the condition `guard`.
    ///
    /// `many` says that the command runs any number of times. A refused command changes nothing.
    pub fn apply(
        &mut self,
        command: &Command,
        guard: Formula,
        many: bool,
        formulas: &mut Formulas,
    ) -> Result<(), Refusal> {
        let _ = (command, guard, many, formulas);
        Ok(())
    }
}

impl Table {
    /// The chain called `name`.
    pub fn chain(&self, name: &str) -> Option<&Chain> {
        self.index.get(name).and_then(|at| self.chains.get(*at))
    }
}
