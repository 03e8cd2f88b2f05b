//! Values from outside that iptables reads otherwise than ipchains: those that begin with `!`, which ipchains took behind
//! the option, and addresses such as `10/8`, which was 0.0.0.0/8, or 010.0.0.1.

use super::Item;
use crate::analysis::{Analysis, Reading};
use crate::dialect::ipchains::{Opt, Use};
use crate::model::{Piece, Value};

/// The options whose value iptables wants without a `!` in front.
const OPTIONS: [Opt; 4] = [Opt::Protocol, Opt::Source, Opt::Destination, Opt::Interface];

/// What is said of the variables that may hold such values, where the first of them is used: where iptables refuses what
/// ipchains took, the script runs on without the rule.
pub(super) fn note(analysis: &Analysis<'_>) -> Option<Item> {
    let (mut names, mut first): (Vec<&str>, _) = (Vec::new(), None);
    for (number, step, invocation) in analysis.invocations() {
        let Some(Some(Reading::Ipchains(parsed))) = analysis.readings.get(number) else { continue };
        for found in parsed.uses.iter().filter(|_| parsed.command.is_some()) {
            let word = invocation.arguments.get(found.value_word()).map(|word| word.place);
            // In quotes the mark would be a part of the name.
            let bare = word.is_some_and(|place| analysis.sources.get(place.file).text(place.span).starts_with('$'));
            let Some(name) = variable(found).filter(|name| bare && !names.contains(name)) else { continue };
            first.get_or_insert(step.place);
            names.push(name);
        }
    }
    let names: Vec<String> = names.into_iter().map(|name| format!("`${name}`")).collect();
    let message = format!(
        "iptables refuses a value that begins with `!` behind -p, -s, -d and -i, where ipchains took it, and reads addresses \
         such as 10/8 or 010.0.0.1 otherwise; see what sets {}",
        names.join(", ")
    );
    first.map(|place| Item { place, message, person: false })
}

/// The variable of which nothing is known that is all an option says.
fn variable(found: &Use) -> Option<&str> {
    let is_name = |name: &&str| {
        name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    };
    let plain = OPTIONS.contains(&found.spec.opt) && found.joined.is_none() && !found.negated();
    match found.value.as_ref().filter(|_| plain)? {
        Value::Mixed(pieces) => match &pieces[..] {
            [Piece::Unknown(unknown)] if !unknown.single => Some(&*unknown.name).filter(is_name),
            _ => None,
        },
        _ => None,
    }
}
