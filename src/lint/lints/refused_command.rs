//! `refused-command`: what earlier commands of the file leave no room for.

use crate::analysis::Reading;
use crate::diag::{Confidence, Diagnostic, Severity};
use crate::eval::{Act, Invocation, Step};
use crate::lint::{Category, Context, emptied, lint};
use crate::model::{Action, Known, Refusal};
use crate::syntax::Form;
use crate::text::Place;

lint! {
    /// Finds commands that are well formed, and refused for what the commands before them have done.
    ///
    /// # What it does
    /// Follows chains and rules through the file, and looks for commands that insert beyond the end of a chain,
    /// delete or replace a rule that is not there, make a chain a second time, or delete a chain that is built
    /// in, still has rules, or is still jumped to; in save files also commands that ask for such a rule (`-C`) or
    /// set its counters to zero, and those at which iptables-nft-restore crashes, because they replace or zero a rule
    /// that the same table has just made (`-E` of such a chain it refuses), or are for a built-in chain that is not
    /// there for iptables-nft, since the file does not declare it. Rules of `-m hashlimit` are among them whose
    /// buckets have or lack the `--hashlimit-rate-match` of an earlier rule.
    ///
    /// Rules of others may stand in a chain, so of its rules it speaks only where the file has emptied the
    /// chain before. Save files that declare no built-in chain of a table are taken to be for `--noflush`.
    /// Commands of scripts whose success is tested, or whose messages go to `/dev/null`, are left alone.
    ///
    /// # Why it is bad
    /// A save file fails as a whole. A script goes on without the command.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -F OUTPUT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// iptables -I OUTPUT 3 -p tcp --dport 465 -j REJECT
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -F OUTPUT
    /// iptables -A OUTPUT -p tcp --dport 25 -j REJECT
    /// iptables -I OUTPUT 2 -p tcp --dport 465 -j REJECT
    /// ```
    pub(super) static LINT = {
        name: "refused-command",
        category: Category::Correctness,
        severity: Severity::Error,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    if context.is_fragment() {
        return Vec::new();
    }
    let refusals = context.analysis.refusals.iter();
    refusals.filter_map(|(number, refusal)| report(context, *number, refusal)).collect()
}

fn report(context: &Context<'_>, number: usize, refusal: &Refusal) -> Option<Diagnostic> {
    let code = refusal.code;
    let step = context.analysis.evaluation.steps.get(number)?;
    let Act::Run(invocation) = &step.act else { return None };
    let command = context.analysis.readings.get(number)?.as_ref().and_then(Reading::command)?;
    let message = message(code, &command.action)?;
    let (place, confidence) = match context.analysis.tree()?.form {
        Form::Script if step.many || context.is_careful(step) => return None,
        Form::Script => (context.analysis.written_at(step), Confidence::Likely),
        _ => (word_at_fault(step, invocation, &command.action), Confidence::Proved),
    };
    let certain = match (code, context.analysis.tree()?.form) {
        ("missing-rule", _) => emptied::by_file(context, number, command),
        // What another script has made may still be there.
        ("unmade-chain", Form::Script) => false,
        ("unmade-chain", _) => emptied::is_whole(context, command),
        _ => true,
    };
    if !certain {
        return None;
    }
    let finding = context.finding(place, message).with_confidence(confidence);
    // Later versions take what only these refuse.
    let later = code == "unmade-chain" && !matches!(command.action, Action::DeleteChain { .. });
    let severity = if later { Severity::Warning } else { finding.severity };
    Some(Diagnostic { only: refusal.only, severity, ..finding })
}

/// What is wrong, where it is the business of this lint.
fn message(code: &str, action: &Action) -> Option<String> {
    Some(match (code, action) {
        ("missing-rule", Action::Insert { chain, position: Known::Is(at), .. }) => {
            format!("{chain} has fewer than {} rules here, so nothing can be inserted at {at}", at.saturating_sub(1))
        }
        (
            "missing-rule",
            Action::Replace { chain, position: Known::Is(at), .. }
            | Action::DeleteNumber { chain, position: Known::Is(at) },
        ) => format!("{chain} has no rule {at} here"),
        ("missing-rule", Action::DeleteRule { chain, .. } | Action::Check { chain, .. }) => {
            format!("{chain} has no such rule here")
        }
        ("missing-rule", Action::Zero { chain: Some(chain), position: Some(Known::Is(at)), .. }) => {
            format!(
                "{chain} has no rule {at} here: iptables-legacy cannot set its counters to zero, nor can iptables-nft from 1.8.11 on"
            )
        }
        (
            "unfinished-rule",
            Action::Replace { chain, position: Known::Is(at), .. }
            | Action::Zero { chain: Some(chain), position: Some(Known::Is(at)), .. },
        ) => format!("iptables-nft-restore crashes here: rule {at} of {chain} waits for the `COMMIT` of this table"),
        ("unfinished-rule", Action::RenameChain { from, .. }) => {
            format!("iptables-nft-restore cannot rename {from}, which waits for the `COMMIT` of this table")
        }
        (
            "unmade-chain",
            Action::Zero { chain: Some(chain), .. }
            | Action::Append { chain, .. }
            | Action::Insert { chain, .. }
            | Action::Flush { chain: Some(chain) },
        ) => format!(
            "iptables-nft-restore before 1.8.11 finds no chain {chain} here: the file does not declare it before"
        ),
        ("unmade-chain", _) => {
            "iptables-nft-restore does not find all chains here: the file does not declare them before".to_owned()
        }
        ("other-buckets", _) => {
            "the kernel has one kind of buckets for each name of `-m hashlimit`: those of this name have \
             `--hashlimit-rate-match` in one rule and not in the other"
                .to_owned()
        }
        ("added-buckets", _) => {
            "iptables-nft-restore gives the kernel each rule at once, even one that is deleted again: of those with \
             this name for `-m hashlimit` one has `--hashlimit-rate-match`, and another has not"
                .to_owned()
        }
        ("unwritable-rule", Action::List { .. }) => {
            "iptables-legacy-restore fails at `-S` where a rule jumps to a chain".to_owned()
        }
        ("duplicate-chain", Action::NewChain { chain } | Action::RenameChain { to: chain, .. }) => {
            format!("there is a chain {chain} already")
        }
        ("builtin-chain", Action::DeleteChain { chain: Some(chain) }) => {
            format!("{chain} is built in and cannot be deleted")
        }
        ("builtin-chain", Action::RenameChain { from, .. }) => {
            format!("{from} is built in: iptables-legacy does not rename it, and iptables-nft does not find it again")
        }
        ("filled-chain", Action::DeleteChain { chain: Some(chain) }) => {
            format!("{chain} still has rules and cannot be deleted")
        }
        ("referenced-chain", Action::DeleteChain { chain: Some(chain) }) => {
            format!("a rule still jumps to {chain}, which cannot be deleted")
        }
        ("filled-chain", Action::DeleteChain { chain: None }) => {
            "a chain still has rules or is jumped to, so that none is deleted".to_owned()
        }
        _ => return None,
    })
}

/// The number of the rule, or else the chain, in a line of a save file.
fn word_at_fault(step: &Step, invocation: &Invocation, action: &Action) -> Place {
    let (chain, number) = match action {
        Action::Insert { chain, position: Known::Is(at), .. }
        | Action::Replace { chain, position: Known::Is(at), .. }
        | Action::Zero { chain: Some(chain), position: Some(Known::Is(at)), .. }
        | Action::DeleteNumber { chain, position: Known::Is(at) } => (Some(chain), Some(at.to_string())),
        Action::DeleteRule { chain, .. }
        | Action::Check { chain, .. }
        | Action::NewChain { chain }
        | Action::RenameChain { to: chain, .. }
        | Action::DeleteChain { chain: Some(chain) } => (Some(chain), None),
        _ => (None, None),
    };
    let words = &invocation.arguments;
    let found = chain.and_then(|chain| words.iter().position(|word| word.value == *chain));
    let number = found.and_then(|at| words.get(at + 1)).filter(|word| word.value.known() == number.as_deref());
    let chain = found.and_then(|at| words.get(at));
    number.or(chain).map_or(step.place, |word| word.place)
}
