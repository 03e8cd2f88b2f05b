//! `undefined-chain`: a chain that does not exist.

use crate::diag::{Confidence, Diagnostic, Severity};
use crate::dialect::nearest::perhaps;
use crate::dialect::{ipchains, iptables};
use crate::lint::absent::{self, Absent};
use crate::lint::{Category, Context, lint};
use crate::model::{Action, Command, Dialect, builtin_chains};

lint! {
    /// Finds rules for, and jumps to, chains that do not exist.
    ///
    /// # What it does
    /// Follows the commands that make and delete chains through the script, and looks for
    /// commands that name a chain which no run of the script has made by then. Commands of a
    /// script that only take something away are left alone, unless the name is nearly that of
    /// another chain: a run before, or another script, may have left the chain. So are those
    /// that a script runs after it has asked for the chain, or in another run than makes it
    /// (`case $1 in`), scripts that read or restore a file which is not known, and a script that
    /// only adds rules to the firewall of another one: it makes no chain, sets no policy and
    /// empties no built-in chain.
    ///
    /// # Why it is bad
    /// The command is refused. Where a save file is restored, it fails as a whole, and with the
    /// newer iptables a test of it beforehand does not even notice.
    ///
    /// # Example
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -A OUTPUT -p tcp --dport 25 -j no_mail
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P OUTPUT ACCEPT
    /// iptables -N no_mail
    /// iptables -A no_mail -j REJECT
    /// iptables -A OUTPUT -p tcp --dport 25 -j no_mail
    /// ```
    pub(super) static LINT = {
        name: "undefined-chain",
        category: Category::Correctness,
        severity: Severity::Error,
        fixable: false,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let absent = if context.is_fragment() { Vec::new() } else { absent::find(context) };
    let of_another_script = context.is_script() && (context.analysis.is_addition() || context.restores_unseen());
    let excused = |absent: &&Absent<'_>| {
        let misspelt = meant_target(absent).is_some() || is_builtin_elsewhere(absent);
        let strange = !absent.careful && absent.near.is_some();
        let expected = context.is_script() && tidies_up(absent.command) && !misspelt && !strange;
        // A file that is not read may make the chain, and may have a function by the name of the program, which
        // serves both families.
        let unread = !context.is_whole() && (absent.in_other_family || !absent.made_later && absent.near.is_none());
        let made = absent.asked_for || absent.in_other_runs || unread && !misspelt;
        absent.elsewhere || expected || made || of_another_script && !misspelt
    };
    let undefined = absent.iter().filter(|absent| !excused(absent));
    context.problems().into_iter().chain(undefined.map(|absent| report(context, absent))).collect()
}

/// What other firewalls call the verdicts of iptables.
const OTHER_WORDS: [(&str, &str); 5] =
    [("ALLOW", "ACCEPT"), ("PERMIT", "ACCEPT"), ("PASS", "ACCEPT"), ("BLOCK", "DROP"), ("DISCARD", "DROP")];

/// Whether the command only takes away what an earlier run of the script may have left.
fn tidies_up(command: &Command) -> bool {
    let adds = matches!(
        command.action,
        Action::Append { .. } | Action::Insert { .. } | Action::Replace { .. } | Action::Policy { .. }
    );
    !adds
}

fn report(context: &Context<'_>, absent: &Absent<'_>) -> Diagnostic {
    Diagnostic { only: absent.only, ..finding(context, absent) }
}

fn finding(context: &Context<'_>, absent: &Absent<'_>) -> Diagnostic {
    let name = absent.name;
    let in_own_table = name.known().is_some_and(|name| {
        let table = absent.command.table.known().unwrap_or_default();
        builtin_chains(absent.command.dialect, table).is_some_and(|mut chains| chains.any(|chain| chain == name))
    });
    if in_own_table && absent.made_later {
        let message = format!("no rule can jump to {name}, which is built in");
        return context.finding(absent.place, message).with_help("jump to a chain that both use");
    }
    let message = if absent.made_later {
        format!("the chain `{name}` does not exist yet, or not any more, when this command runs")
    } else {
        format!("there is no chain or target `{name}`")
    };
    let verdict = name.known().is_some_and(|name| iptables::extensions::VERDICTS.contains(&name));
    if verdict && absent.command.dialect == Dialect::Iptables {
        return context.finding(absent.place, message).with_hint(format!("`-g` goes to chains: write `-j {name}`"));
    }
    // Another script may have made it before this one runs.
    let finding = context.finding(absent.place, message).with_confidence(Confidence::Likely);
    match meant_target(absent).or(absent.near.as_deref()).or_else(|| verdict_by_another_word(absent)) {
        Some(near) => finding.with_hint(perhaps(near)),
        None => finding.with_help("make the chain with `-N` before it is used"),
    }
}

/// Whether the other dialect has a built-in chain of that name, so that hardly any script makes one.
fn is_builtin_elsewhere(absent: &Absent<'_>) -> bool {
    let (other, tables) = match absent.command.dialect {
        Dialect::Ipchains => (Dialect::Iptables, ["filter", "nat"].as_slice()),
        Dialect::Iptables => (Dialect::Ipchains, ["filter"].as_slice()),
    };
    let mut chains = tables.iter().filter_map(|table| builtin_chains(other, table)).flatten();
    chains.any(|chain| absent.name.is(chain))
}

/// The target that is meant by a name behind `-j`.
fn meant_target(absent: &Absent<'_>) -> Option<&'static str> {
    let name = absent.name.known().filter(|_| is_jump(absent))?;
    match absent.command.dialect {
        Dialect::Ipchains => ipchains::nearest_target(name),
        Dialect::Iptables => iptables::extensions::nearest_target(name),
    }
}

/// The verdict of iptables that other firewalls call so.
fn verdict_by_another_word(absent: &Absent<'_>) -> Option<&'static str> {
    let name = absent.name.known().filter(|_| is_jump(absent) && absent.command.dialect == Dialect::Iptables)?;
    OTHER_WORDS.iter().find(|(word, _)| name.eq_ignore_ascii_case(word)).map(|(_, verdict)| *verdict)
}

/// Whether the name stands behind `-j`.
fn is_jump(absent: &Absent<'_>) -> bool {
    let mut rules = absent.command.added_rules();
    rules.any(|rule| rule.target.as_ref().is_some_and(|target| !target.goto && target.name == *absent.name))
        && !absent.made_later
}
