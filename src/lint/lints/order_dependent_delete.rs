//! `order-dependent-delete`: the third rule, whichever that is.

use std::collections::HashMap;

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::eval::Step;
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Command, Known, Value};

lint! {
    /// Finds rules that are deleted by a number that the script cannot be sure of.
    ///
    /// # What it does
    /// Looks for `-D CHAIN NUMBER` in scripts where the chain may hold rules of others, since the same run has
    /// not emptied it before; where a rule that only some runs add stands in it; or where an earlier deletion has
    /// moved the rules. What the script itself has inserted at the top, and commands whose success it tests, are
    /// left alone.
    ///
    /// # Why it is bad
    /// The number is that of the moment. Another rule more, and the script deletes the wrong one and says
    /// nothing.
    ///
    /// # Example
    /// ```sh
    /// iptables -D INPUT 3
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -D INPUT -p tcp --dport 8080 -j ACCEPT
    /// ```
    pub(super) static LINT = {
        name: "order-dependent-delete",
        category: Category::Script,
        severity: Severity::Warning,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    if !context.is_script() {
        return Vec::new();
    }
    let commands: Vec<(&Step, &Command)> = context.live_commands().collect();
    let mut found = Vec::new();
    // What is known of a chain on the same runs goes on from where it was asked last.
    let mut known: HashMap<_, (usize, Numbers)> = HashMap::new();
    for (at, (step, command)) in commands.iter().enumerate() {
        let Action::DeleteNumber { chain, position: Known::Is(number) } = &command.action else { continue };
        let Some(name) = chain.known().filter(|_| !step.many && !context.is_tested(step.place)) else { continue };
        let same =
            |own: &Command| (own.dialect, own.family, &own.table) == (command.dialect, command.family, &command.table);
        let key = (step.guard, command.dialect, command.family, &command.table, name);
        let (done, numbers) = known.entry(key).or_default();
        for (other, own) in commands[*done..at].iter().filter(|(_, own)| same(own)) {
            if context.compatible(other.guard, step.guard) {
                let sure = !other.many && context.and_not(step.guard, other.guard).is_false();
                numbers.take(&own.action, name, sure);
            }
        }
        *done = at;
        if let Some(why) = numbers.doubt(*number) {
            let message = format!("which rule of {name} is number {number} here is not certain: {why}");
            let finding =
                context.finding(context.analysis.written_at(step), message).with_confidence(Confidence::Likely);
            found.push(finding.with_help("delete the rule by what it says"));
        }
    }
    found
}

/// What is known of the numbers of a chain.
#[derive(Default)]
struct Numbers {
    /// All rules in it are the script's own.
    emptied: bool,
    /// Whether some rule is there is a matter of the run.
    unsure: bool,
    /// So many rules at the top are the script's own.
    top: usize,
    /// The lowest number by which a rule was deleted.
    lowest: Option<u32>,
}

impl Numbers {
    /// Follows a command; `sure` says that it certainly ran, once.
    fn take(&mut self, action: &Action, name: &str, sure: bool) {
        let here = |chain: &Value| chain.known().is_none_or(|own| own == name);
        match action {
            Action::Flush { chain } if sure && chain.as_ref().is_none_or(|own| own.is(name)) => *self = Self::new(),
            Action::NewChain { chain } if sure && chain.is(name) => *self = Self::new(),
            Action::Append { chain, .. } if here(chain) => self.unsure |= !sure,
            Action::Insert { chain, position: Known::Is(1), rules } if sure && chain.is(name) => {
                self.top += rules.len()
            }
            Action::Insert { chain, .. } | Action::DeleteRule { chain, .. } if here(chain) => self.unsure |= !sure,
            Action::DeleteNumber { chain, position: Known::Is(other) } if sure && chain.is(name) => {
                self.lowest = self.lowest.into_iter().chain([*other]).min();
                self.top = self.top.saturating_sub(1);
            }
            Action::DeleteNumber { chain, .. } if here(chain) => self.unsure = true,
            _ => {}
        }
    }

    fn new() -> Self {
        Self { emptied: true, ..Self::default() }
    }

    /// Why the number may mean another rule than the author thinks.
    fn doubt(&self, number: u32) -> Option<&'static str> {
        match self {
            Self { emptied: false, top, .. } if number as usize > *top => Some("rules of others may be there"),
            Self { unsure: true, .. } => Some("some rules are there in some runs only"),
            Self { lowest: Some(lowest), .. } if *lowest < number => Some("an earlier deletion has moved the rules"),
            _ => None,
        }
    }
}
