//! The rules that cover the packets of another one, as a finding about that one names them.

use crate::diag::Diagnostic;
use crate::text::Place;

/// So many of them are named.
const SHOWN: usize = 3;

/// That the earlier rules `by` cover a rule.
pub(super) fn said(by: &[Place]) -> &'static str {
    if by.len() == 1 {
        "an earlier rule covers all packets of this one"
    } else {
        "earlier rules together cover all packets of this one"
    }
}

/// The finding, related to the places of the rules `by`; `verb` is what they do, as in `covers`.
pub(super) fn named(finding: Diagnostic, by: &[Place], verb: &str) -> Diagnostic {
    let others: Vec<Place> = by.iter().copied().filter(|place| *place != finding.place).collect();
    let share = if others.len() == 1 { "all" } else { "some" };
    let shown = others.into_iter().take(SHOWN);
    shown.fold(finding, |finding, place| finding.with_related(place, format!("{verb} {share} of them")))
}
