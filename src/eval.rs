//! From the tree to the commands that a run of the file would carry out.
//!
//! A script is run symbolically: variables hold what they would hold, loops over
//! known lists are unrolled, functions are called. What cannot be known becomes an
//! [`Unknown`](crate::model::Unknown), and a condition that cannot be decided
//! becomes a variable of a [`Formula`]; both arms are then run, each under its
//! guard, so that one evaluation stands for every run of the script at once.
//! Nothing is executed and no file is read here.

mod arithmetic;
mod assignment;
mod attribute;
mod braces;
mod branch;
mod builtin;
mod compute;
mod conditions;
mod ending;
mod expand;
mod function;
mod glob;
mod here_rules;
mod invoke;
mod lines;
mod located;
mod looping;
mod loops;
mod nested;
mod options;
mod output;
mod outside;
mod own_address;
mod parameter;
mod placeholder;
mod printf;
mod program;
mod question;
mod reader;
mod restoring;

mod run;
mod save;
mod segment;
mod shell;
mod simple;
mod state;
mod test;
#[cfg(test)]
mod tests;
mod unit;

pub use builtin::is_shell;
pub use conditions::{Condition, Conditions};
pub use function::{LOGGED, REDIRECTIONS};
pub use here_rules::HereRules;
pub use looping::{MASQUERADED_FROM, masqueraded_from};
pub use own_address::OwnAddresses;
pub use program::{Program, runner};
pub use question::Question;
pub use restoring::restore_problems;
pub use simple::DECLARING;
pub use test::numbers_compare;

use std::collections::HashMap;
use std::net::Ipv4Addr;

use smol_str::SmolStr;

use crate::logic::Formula;
use crate::model::{Dialect, Family, Rounds, Value, Word};
use crate::syntax::{Form, Tree};
use crate::text::{Place, Sources, Span, base_name};

/// Finds the tree of a file by the path that a script sources.
pub type Find<'a> = &'a dyn Fn(&str) -> Option<crate::text::FileId>;

/// What is known of the run beside the file.
#[derive(Default)]
pub struct Settings<'a> {
    /// The script's own arguments, where the user names them; else they are unknown.
    pub arguments: Option<Vec<String>>,
    /// Variables whose values the user names; they win over what the environment, unreadable
    /// files or the output of commands may say.
    pub variables: Vec<(String, String)>,
    /// Variables that the environment does not set.
    pub unset: Vec<String>,
    /// Addresses of the host on which the script runs, and names of variables that hold one.
    pub own_addresses: Vec<String>,
    /// The first addresses of all devices of the host, where the user names them: what a script finds when it asks for
    /// them, and what a save file is for.
    pub devices: Vec<(String, Ipv4Addr)>,
    /// A carriage return at the end of a rule in a save file is a part of its last word, as iptables-restore has it.
    pub exact: bool,
    /// Finds the tree of a file that the script sources by this path, if it may be read.
    pub follow: Option<Find<'a>>,
}

/// Everything of interest that a run of the file would do, in order.
pub struct Evaluation {
    /// The steps.
    pub steps: Vec<Step>,
    /// What the guards of the steps speak of.
    pub conditions: Conditions,
    /// Variables that are read without ever being set, with the place of the first reading.
    pub unassigned: Vec<(String, Place)>,
    /// Variables that are read before anything sets them, with the number of steps before that.
    pub set_late: HashMap<String, usize>,
    /// A file was sourced that could not be read, so any variable may come from there.
    pub sources_unread: Vec<Place>,
    /// Which values are addresses of the host.
    pub own_addresses: OwnAddresses,
    /// Texts of the script that another shell runs, which knows nothing of this one's functions.
    pub other_shells: Vec<Place>,
    /// Where another shell reads commands that the script makes at run time.
    pub shells_fed: Vec<Place>,
    /// The save files that stand in here-documents, as far as all their lines are known.
    pub here_rules: Vec<HereRules>,
    /// Variables that the environment was taken not to set.
    pub unset: Vec<String>,
    /// The arguments of the script are known, so that it is one run of the file that was looked at.
    pub one_run: bool,
    /// Where the evaluation was cut short because it went on for too long.
    pub cut_short: Option<Place>,
}

/// One thing that happens.
#[derive(Clone, Debug)]
pub struct Step {
    /// What.
    pub act: Act,
    /// When: over the conditions of the evaluation. False where no run gets here.
    pub guard: Formula,
    /// It happens any number of times, even none: it stands in a loop over something unknown.
    pub many: bool,
    /// The rounds of those loops, where nothing of one outlives it.
    pub rounds: Option<Rounds>,
    /// It stands in a function that the file itself never calls.
    pub uncalled: bool,
    /// The simple command, or the line of a save file.
    pub place: Place,
    /// The commands that called the functions it stands in, outermost first.
    pub calls: Vec<Place>,
}

/// What a [`Step`] does.
#[derive(Clone, Debug)]
pub enum Act {
    /// Runs a program of interest.
    Run(Invocation),
    /// A line `*table` of a save file: the rules up to `COMMIT` are for this table.
    Table {
        /// The address family.
        family: Family,
        /// The table.
        name: String,
        /// The rules that the table holds are kept (`--noflush`).
        keep: bool,
    },
    /// A line `:chain policy` of a save file.
    Chain {
        /// The language of the file.
        dialect: Dialect,
        /// The address family.
        family: Family,
        /// The table.
        table: String,
        /// The chain.
        name: Value,
        /// The policy; `-` for user chains.
        policy: Option<String>,
    },
    /// A line `COMMIT`.
    Commit,
    /// The end of a save file whose last table has no `COMMIT`.
    Uncommitted,
    /// Something that may do anything with the rules: a command of which only the words are known.
    Outside(String),
}

/// A program with its arguments.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// Which.
    pub program: Program,
    /// Its arguments, expanded.
    pub arguments: Vec<Word>,
    /// Words that expand to nothing here.
    pub vanished: Vec<Vanished>,
    /// Words that say more than their arguments do with a blank between them; also those of the calls around it.
    pub spaced: Vec<Spaced>,
    /// The words that name the program, with any `sudo` or wrapper before it.
    pub name: Place,
    /// The program as written, expanded.
    pub name_value: Value,
    /// In a save file: the table that the line belongs to.
    pub table: Option<SmolStr>,
    /// Standard input.
    pub input: Input,
    /// Its output is read by the script (`$(...)`, a pipe).
    pub captured: bool,
    /// Which simple command it is of a text that a shell runs (`eval`, a here-document).
    pub part: Option<Part>,
}

impl Invocation {
    /// What the word at `span` says, where that is more than its arguments do with a blank between them.
    pub fn spaced_text(&self, span: Span) -> Option<String> {
        self.spaced.iter().find(|own| own.place.span == span).map(|own| own.text.clone())
    }

    /// The service that a command is about, and what is to become of it, where it is one for services: `service NAME
    /// ACTION`, `systemctl ACTION NAME`, `chkconfig NAME on`, or the init script itself.
    pub fn service(&self) -> Option<(&str, &str)> {
        let program = base_name(self.name_value.known()?);
        let words = || self.arguments.iter().filter_map(Word::known).filter(|word| !word.starts_with('-'));
        let (first, last) = (words().next()?, words().next_back()?);
        match (self.program, program) {
            (Program::Service, "service" | "rc-service" | "invoke-rc.d") => Some((first, last)),
            (Program::Service, "systemctl") => Some((last.trim_end_matches(".service"), first)),
            (Program::Service, script) => Some((script, first)),
            // `--level` has a word of its own before these.
            (Program::Chkconfig, _) => words().rev().nth(1).map(|name| (name, last)),
            _ => None,
        }
    }
}

/// One of the simple commands of a text, which all have the place of that text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its number, from 0 on, in the order in which they begin.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

/// A word that expands to no argument.
#[derive(Clone, Debug)]
pub struct Vanished {
    /// It would have been the argument before this one.
    pub before: usize,
    /// The word.
    pub place: Place,
    /// The variable in it.
    pub variable: String,
}

/// A word with other blanks than one between each two of its arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spaced {
    /// The word.
    pub place: Place,
    /// All that it says.
    pub text: String,
}

/// Where a program's standard input comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Not redirected.
    Inherited,
    /// A file.
    File(Value),
    /// A here-document; its text stands at the place.
    Here(Place),
    /// Another command's output.
    Pipe,
}

/// Evaluates the file `tree`, which is `file` of `sources`; `trees` holds the trees of all files by number.
pub fn evaluate(sources: &Sources, trees: &[Tree], file: crate::text::FileId, settings: &Settings<'_>) -> Evaluation {
    let Some(tree) = trees.get(file.0 as usize) else { return Evaluation::empty() };
    match tree.form {
        Form::Script => run::script(sources, trees, file, settings),
        form => {
            let mut evaluation = Evaluation::empty();
            evaluation.own_addresses = OwnAddresses::of(settings);
            let source = sources.get(file);
            let kind = save::SaveKind::of(form, source.view());
            let how = restoring::Restoring::default();
            evaluation.steps =
                save::Reading { kind, source, file, how: &how, exact: settings.exact }.steps(tree.root());
            evaluation
        }
    }
}

impl Step {
    /// Whether some run of the file itself gets here.
    pub fn is_live(&self) -> bool {
        !self.guard.is_false() && !self.uncalled
    }
}

impl Settings<'_> {
    /// The run with these arguments, which are unknown where there are none, and these variables.
    pub fn of_run(arguments: &[String], variables: &[(String, String)]) -> Self {
        let arguments = (!arguments.is_empty()).then(|| arguments.to_vec());
        Settings { arguments, variables: variables.to_vec(), ..Settings::default() }
    }
}

impl Evaluation {
    /// What a script that was made out of this one is evaluated with, where its arguments are not known.
    pub fn settings(&self) -> Settings<'static> {
        let (own_addresses, unset) = (self.own_addresses.declared().to_vec(), self.unset.clone());
        Settings { own_addresses, unset, ..Settings::default() }
    }

    fn empty() -> Self {
        Self {
            steps: Vec::new(),
            conditions: Conditions::default(),
            unassigned: Vec::new(),
            set_late: HashMap::new(),
            sources_unread: Vec::new(),
            own_addresses: OwnAddresses::default(),
            other_shells: Vec::new(),
            shells_fed: Vec::new(),
            here_rules: Vec::new(),
            unset: Vec::new(),
            one_run: false,
            cut_short: None,
        }
    }
}
