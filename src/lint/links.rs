//! Jumps that the kernel refuses for where they lead from a built-in chain: back, or too deep.

use super::Context;
use crate::analysis::Analysis;
use crate::diag::{Diagnostic, Severity, Variant};
use crate::logic::Formulas;
use crate::model::{BadLink, Dialect, MOST_IN_A_ROW};

/// What is wrong with a jump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It closes a loop.
    Loop,
    /// It is one more than iptables-nft follows.
    Depth,
}

/// The jumps that are wrong in this way in some run of the file.
pub(super) fn find(context: &Context<'_>, fault: Fault) -> Vec<Diagnostic> {
    let mut found = of_iptables(context.analysis, fault);
    if fault == Fault::Loop {
        let loops = context.with_formulas(|formulas| of_ipchains(context.analysis, formulas));
        found.extend(loops.iter().map(report));
    }
    found
}

/// The same for all faults, of rules for iptables.
pub fn refused(analysis: &Analysis<'_>) -> Vec<Diagnostic> {
    [Fault::Loop, Fault::Depth].into_iter().flat_map(|fault| of_iptables(analysis, fault)).collect()
}

fn of_iptables(analysis: &Analysis<'_>, fault: Fault) -> Vec<Diagnostic> {
    let tables = analysis.rulesets.iter().flat_map(|ruleset| &ruleset.tables);
    let links = tables.flat_map(|table| table.bad_links());
    links.filter(|link| link.is_loop == (fault == Fault::Loop)).map(report).collect()
}

fn of_ipchains(analysis: &Analysis<'_>, formulas: &mut Formulas) -> Vec<BadLink> {
    let rulesets = analysis.rulesets.iter().filter(|ruleset| ruleset.dialect == Dialect::Ipchains);
    rulesets.flat_map(|ruleset| &ruleset.tables).flat_map(|table| table.loops(formulas)).collect()
}

fn report(link: &BadLink) -> Diagnostic {
    let way = link.way.join(" to ");
    let finding =
        |code, message| Diagnostic { only: link.only, ..Diagnostic::new(code, Severity::Error, link.place, message) };
    if !link.is_loop {
        let (count, start) = (link.way.len(), link.way.first().map_or("", String::as_str));
        let message =
            format!("this is jump {count} in a row from {start}, and iptables-nft refuses more than {MOST_IN_A_ROW}");
        return finding("deep-chain", message);
    }
    let closes = link.jump == link.place;
    let what = if closes { "closes a loop" } else { "leads into a loop" };
    let finding = finding("chain-loop", format!("this jump {what}: {way}"));
    let finding = match link.only {
        Some(Variant::Nft) => {
            finding.with_hint("iptables-legacy takes it, since a rule before it lets no packet go on")
        }
        _ => finding,
    };
    if closes { finding } else { finding.with_related(link.jump, "here the loop is closed") }
}
