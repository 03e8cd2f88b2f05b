//! Files that are a part of a firewall script and not the whole of one.
//!
//! What such a part lacks, the script that reads it may have: variables, chains and policies.

use super::empty::never_set;
use crate::analysis::Analysis;
use crate::model::Value;

/// Whether the file is only known in part, since it goes on for too long, or knows its filter program only by a variable
/// that nothing in it sets, as in `$IPTABLES -A INPUT`.
///
/// A file that reads others is no such part, since they may set the variable.
pub(super) fn is_fragment(analysis: &Analysis<'_>) -> bool {
    if analysis.evaluation.cut_short.is_some() {
        return true;
    }
    let never_set = never_set(analysis);
    let from_outside = |value: &Value| value.unknowns().any(|unknown| never_set.contains(&*unknown.name));
    let filters = analysis.invocations().filter(|(.., invocation)| invocation.program.filter().is_some());
    let mut names = filters.map(|(.., invocation)| &invocation.name_value).peekable();
    names.peek().is_some() && names.all(from_outside)
}
