//! What a packet filter holds after the commands of a script have run.
//!
//! A script's conditions are not decided here: every entry carries the
//! [`Formula`] under which it is there, so that one ruleset stands for all
//! outcomes of the script's tests at once.

mod buckets;
mod chains;
mod entries;
mod kernel;
mod links;
mod presence;
mod refusal;
mod renaming;
mod run;
mod same;
mod settled;

use std::sync::Arc;

use std::collections::HashMap;

pub use kernel::{builtin_chains, tables};
pub use links::{BadLink, MOST_IN_A_ROW};
pub use refusal::{NO_CHAIN, NO_TARGET, Refusal};
pub use renaming::shown_name;

use refusal::Fault;
use run::Run;

use super::{Action, Command, Dialect, Family, Rounds, Rule, Value};
use crate::diag::Variant;
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
    /// What `ipmasqadm` forwards, where it was told to; only beside rules of ipchains.
    pub forwarding: Option<Table>,
    /// The variant of iptables that is asked, where one is meant.
    pub variant: Option<Variant>,
    buckets: buckets::Buckets,
}

/// The table of `ipmasqadm`, whose modules are its chains.
pub const FORWARDING: &str = "forwarding";

/// One table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Built-in chains in the kernel's order, then user chains in order of creation.
    pub chains: Vec<Chain>,
    /// Chains may be there whose names are not known, so no chain is certainly missing.
    pub open: bool,
    /// A section of a save file is about the table, and not yet at its `COMMIT`.
    section: bool,
    /// When iptables-nft has the table in the kernel.
    made: Formula,
    /// When it had the table there as the section began.
    met: Formula,
    /// Chains that `-E` of a section has renamed for iptables-nft-restore, which does so at the `COMMIT`.
    renamed: Vec<(Value, Value)>,
    /// Chains that have given their names to others, which iptables-nft-restore makes of `-E`.
    hidden: Vec<String>,
    /// Names of built-in chains that iptables-nft has renamed, and does not know any more.
    taken: Vec<String>,
    links: links::Links,
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
    /// A section of a save file has made it or given it its policy, and its `COMMIT` is still to come.
    pub fresh: bool,
    /// The policies that a built-in chain had when the section began.
    before: Vec<Policy>,
    /// When iptables-nft has the chain in the kernel, if it is built in.
    made: Formula,
    /// A section of a save file has listed the chain, so that iptables-nft takes it to be there though it is not.
    listed: bool,
    /// `-X` of a section has made iptables-nft-restore forget the chain, which is built in.
    forgotten: bool,
    /// Some rule was put or taken at a place that depends on the run; the entries are in their textual order.
    pub ordering_uncertain: bool,
    /// The loop in whose rounds rules were last taken away, so that those of earlier rounds may be gone.
    pub emptied_in: Option<u32>,
    /// How many rules the deletions in it have looked at.
    compared: usize,
    /// So many that nobody looks on: each rule may be there or not.
    lost: bool,
    /// The command that created it.
    pub place: Option<Place>,
}

/// A rule in a chain.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The rule.
    pub rule: Arc<Rule>,
    /// When it is there.
    pub guard: Formula,
    /// It stands for any number of rules, even none: its command runs in a loop over something unknown.
    pub many: bool,
    /// It was made in a section of a save file, and its `COMMIT` is still to come.
    pub fresh: bool,
    /// The rounds in which it came about, one rule in each, where that is known of all its rules.
    pub rounds: Option<Rounds>,
}

impl Entry {
    /// An entry that comes about as `run` says, under this condition and perhaps many times.
    fn new(rule: &Arc<Rule>, (guard, many): (Formula, bool), (rounds, fresh): (Option<Rounds>, bool)) -> Self {
        Self { rule: rule.clone(), guard, many, fresh, rounds }
    }
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

impl Ruleset {
    /// The rules of a kernel that has just started.
    pub fn new(dialect: Dialect, family: Family) -> Self {
        let mut ruleset = Self {
            dialect,
            family,
            tables: Vec::new(),
            forwarding: None,
            variant: None,
            buckets: buckets::Buckets::default(),
        };
        if dialect == Dialect::Ipchains {
            ruleset.tables.extend(Table::new(dialect, &"filter".into()));
        }
        ruleset
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
        self.apply_in((many, None), command, guard, formulas)
    }

    /// Begins the section of a table in a save file; `keep` says that what is in the table stays (`--noflush`).
    ///
    /// A table that the kernel does not have is refused.
    pub fn open_section(
        &mut self,
        (table, keep): (&Value, bool),
        (guard, many): (Formula, bool),
        place: Place,
        formulas: &mut Formulas,
    ) -> Result<(), Refusal> {
        let (dialect, variant, family) = (self.dialect, self.variant, self.family);
        self.hold_buckets(&table.to_string());
        if !keep {
            for action in [Action::Flush { chain: None }, Action::DeleteChain { chain: None }] {
                self.apply(&Command { dialect, family, table: table.clone(), action, place }, guard, many, formulas)?;
            }
        }
        let place = Place::default();
        let mut run = Run { dialect, variant, fresh: false, guard, many: false, rounds: None, place, formulas };
        self.in_table(table, |table| {
            table.section = true;
            if variant == Some(Variant::Nft) && !keep {
                table.forget_policies(|_| true, &mut run);
            }
            if !keep {
                table.take_away(&mut run);
            }
            table.met = table.made;
            for chain in table.chains.iter_mut().filter(|chain| chain.builtin) {
                chain.before.clone_from(&chain.policies);
            }
            Ok(())
        })
    }

    /// Ends the sections that are open, whose rules are loaded by that under the condition `guard`.
    ///
    /// Returns the rules that the kernel refuses only now.
    pub fn commit(&mut self, guard: Formula, formulas: &mut Formulas) -> Vec<(Place, Refusal)> {
        let (dialect, variant) = (self.dialect, self.variant);
        let place = Place::default();
        let refused = self.release_buckets(formulas);
        let mut run = Run { dialect, variant, fresh: false, guard, many: false, rounds: None, place, formulas };
        for table in self.tables.iter_mut().filter(|table| table.section) {
            table.section = false;
            table.rename_at_last(&mut run);
            table.judge_section(run.variant, run.formulas);
            for chain in &mut table.chains {
                chain.fresh = false;
                chain.listed = false;
                chain.forgotten = false;
                chain.entries.iter_mut().for_each(|entry| entry.fresh = false);
            }
        }
        refused
    }

    /// Runs `command` as [`Ruleset::apply`] does; where it runs any number of times, in these rounds.
    pub fn apply_in(
        &mut self,
        (many, rounds): (bool, Option<&Rounds>),
        command: &Command,
        guard: Formula,
        formulas: &mut Formulas,
    ) -> Result<(), Refusal> {
        let (dialect, variant) = (self.dialect, self.variant);
        self.known_buckets(command, (guard, many), formulas).map_err(|fault| fault.refusal(dialect))?;
        let mut run = Run { dialect, variant, fresh: false, guard, many, rounds, place: command.place, formulas };
        self.in_table(&command.table, |table| {
            table.present(&command.action, &mut run)?;
            table.make_for(&command.action, &mut run);
            table.run_linked(&command.action, &mut run)?;
            table.follow(&command.action, &mut run);
            Ok(())
        })
    }

    /// Reads a `:CHAIN POLICY` line of a save file, under the condition `guard`.
    ///
    /// A built-in chain gets the policy. A user chain is made; one that is there already is flushed
    /// in iptables, and kept in ipchains, whose restore program asks.
    pub fn declare_chain(
        &mut self,
        (table, name): (&Value, &Value),
        policy: Option<&Value>,
        (guard, place): (Formula, Place),
        formulas: &mut Formulas,
    ) -> Result<(), Refusal> {
        let (dialect, variant) = (self.dialect, self.variant);
        let mut run = Run { dialect, variant, fresh: false, guard, many: false, rounds: None, place, formulas };
        self.in_table(table, |table| table.declare(name, policy, &mut run))
    }

    /// The table called `name`.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Lets `change` work on a table, which comes about with its first use.
    fn in_table(&mut self, name: &Value, change: impl FnOnce(&mut Table) -> Result<(), Fault>) -> Result<(), Refusal> {
        let text = name.to_string();
        if text == FORWARDING
            && let Some(made) = Table::new(self.dialect, name)
        {
            let table = self.forwarding.get_or_insert(made);
            return change(table).map_err(|fault| fault.refusal(self.dialect));
        }
        let at = self.tables.iter().position(|table| table.name == text);
        let before = self.tables.len();
        let at = match at {
            Some(at) => at,
            None => {
                self.tables.push(Table::new(self.dialect, name).ok_or(Fault::NoTable.refusal(self.dialect))?);
                self.tables.len() - 1
            }
        };
        change(&mut self.tables[at]).map_err(|fault| {
            self.tables.truncate(before);
            fault.refusal(self.dialect)
        })
    }
}

impl Table {
    /// The table as the kernel makes it; none where the kernel has no such table.
    ///
    /// A table whose name is not known has no chains of its own, and may have any.
    fn new(dialect: Dialect, name: &Value) -> Option<Self> {
        let mut table = Self {
            name: name.to_string(),
            chains: Vec::new(),
            open: name.known().is_none(),
            section: false,
            made: Formula::FALSE,
            met: Formula::FALSE,
            renamed: Vec::new(),
            hidden: Vec::new(),
            taken: Vec::new(),
            links: links::Links::default(),
            index: HashMap::new(),
        };
        if let Some(known) = name.known() {
            for chain in kernel::builtin_chains(dialect, known)? {
                table.push(Chain::builtin(chain));
            }
        }
        Some(table)
    }

    /// The chain called `name`.
    pub fn chain(&self, name: &str) -> Option<&Chain> {
        self.index.get(name).and_then(|at| self.chains.get(*at))
    }

    /// Adds a chain of the user's with these rules, which is there in all runs.
    pub fn add_chain(&mut self, name: &str, entries: Vec<Entry>) {
        let chain = Chain::user(name.to_owned(), Formula::TRUE, None);
        self.push(Chain { entries, ..chain });
    }

    /// The entries that jump to a chain or name a verdict, by that name: in which chain, and at which index there.
    ///
    /// Jumps in variables are not among them.
    pub fn references(&self) -> HashMap<&str, Vec<(&Chain, usize)>> {
        let mut references: HashMap<&str, Vec<(&Chain, usize)>> = HashMap::new();
        for chain in &self.chains {
            for (at, entry) in chain.entries.iter().enumerate() {
                let name = entry.rule.target.as_ref().and_then(|target| target.name.known());
                name.into_iter().for_each(|name| references.entry(name).or_default().push((chain, at)));
            }
        }
        references
    }
}

impl Chain {
    fn builtin(name: &str) -> Self {
        let accept = Policy { target: "ACCEPT".into(), guard: Formula::TRUE, place: None };
        let chain = Self::user(name.to_owned(), Formula::TRUE, None);
        Self { builtin: true, policies: vec![accept], ..chain }
    }

    fn user(name: String, exists: Formula, place: Option<Place>) -> Self {
        let (entries, policies) = (Vec::new(), Vec::new());
        Self {
            name,
            builtin: false,
            exists,
            entries,
            policies,
            fresh: false,
            before: Vec::new(),
            made: Formula::FALSE,
            listed: false,
            forgotten: false,
            ordering_uncertain: false,
            emptied_in: None,
            compared: 0,
            lost: false,
            place,
        }
    }
}

#[cfg(test)]
mod tests;
