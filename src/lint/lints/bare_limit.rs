//! `bare-limit`: a limit without a rate.

use crate::diag::{Applicability, Diagnostic, Fix, Severity};
use crate::eval::Step;
use crate::lint::{Category, Context, lint};
use crate::model::{Dialect, Word};
use crate::text::Edit;

lint! {
    /// Finds `-m limit` without a rate.
    ///
    /// # What it does
    /// Looks for the match limit of iptables in commands that do not say `--limit`.
    ///
    /// # Why it is bad
    /// The match then holds for three packets an hour, after a burst of five. Hardly anybody means that, and
    /// nobody sees it in the command.
    ///
    /// # Example
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp -m limit -j LOG
    /// ```
    ///
    /// # Use instead
    /// ```sh
    /// iptables -P INPUT DROP
    /// iptables -A INPUT -p tcp -m limit --limit 5/min -j LOG
    /// ```
    pub(super) static LINT = {
        name: "bare-limit",
        category: Category::Hazard,
        severity: Severity::Warning,
        fixable: true,
        check: check,
    };
}

fn check(context: &Context<'_>) -> Vec<Diagnostic> {
    let invocations = context.analysis.invocations();
    let iptables = invocations.filter(|(_, _, own)| matches!(own.program.filter(), Some((Dialect::Iptables, _))));
    iptables.flat_map(|(_, step, own)| bare(context, step, &own.arguments)).collect()
}

fn bare(context: &Context<'_>, step: &Step, words: &[Word]) -> Option<Diagnostic> {
    let loads = |pair: &[Word]| (is(&pair[0], "-m") || is(&pair[0], "--match")) && is(&pair[1], "limit");
    let name = words.windows(2).find(|pair| loads(pair)).map(|pair| &pair[1])?;
    // A word that is not known may be any option.
    let rate = |word: &Word| is(word, "--limit") || word.value.known_prefix().is_empty();
    if words.iter().any(rate) {
        return None;
    }
    let place = context.place(step, name.place);
    let finding = context.finding(place, "`-m limit` without a rate holds for 3 packets an hour");
    let finding = finding.with_help("say how many packets are meant, as in `--limit 5/min`");
    // A word that comes out of a variable is left to people.
    let written = context.analysis.sources.text(name.place) == "limit";
    let fix = written.then(|| Fix {
        title: "Write the rate that holds".to_owned(),
        applicability: Applicability::Safe,
        file: name.place.file,
        edits: vec![Edit::insert(name.place.span.end, " --limit 3/hour")],
    });
    Some(Diagnostic { fixes: fix.into_iter().collect(), ..finding })
}

fn is(word: &Word, text: &str) -> bool {
    word.value.known() == Some(text)
}
