//! What the functions of the output refuse when they run although ipchains takes it, for the report.

use std::collections::BTreeMap;

use super::function::asking;
use super::{COPIED, ENDING, POLICIES, POLICY, REDIRECTING, Said, TARGET, TRANSLATE};
use crate::migrate::layout::{Layout, Stage};

/// What is said of it for each refusal that stands in the function for whole commands. What ipchains refuses as well is
/// not here.
const REFUSALS: [(&str, &str); 12] = [
    ("no translation for -j REDIRECT\"", "the target REDIRECT"),
    ("\"nothing is redirected in the chain $chain\"", "REDIRECT in chains that it has no rules for in the table nat"),
    (
        "\"nothing is marked in the chain $chain\"",
        "marks and TOS in chains that it has no rules for in the table mangle",
    ),
    ("\"which rule has the number $word is not known\"", "numbers of rules"),
    ("\"which rule of $chain has the number $place is not known\"", "numbers of rules of chains that it cannot count"),
    ("\"no translation for -m $mark: ", "marks that are added to others (`-m +1`)"),
    (
        "\"packets have been led through $chain ",
        "changes of chains that packets pass on the way to a rule that redirects or marks",
    ),
    (" redirects or marks is not laid for $chain\"", "jumps from other chains to those that redirect or mark"),
    (
        "\"which rules of the table $1 go with this one ",
        "deleting and replacing rules once one of them redirects or marks",
    ),
    ("\"which source masqueraded packets have ", "marks and TOS in output behind rules that ask for a source"),
    (
        "\"whether a masqueraded packet has the source port ",
        "rules of output for some of the ports from 61000 to 65095",
    ),
    ("\"no translation for the policy REJECT of $chain\"", "the policy REJECT of input"),
];

/// The commands that the function for whole commands does not know.
const COMMANDS: [&str; 4] = ["-C", "-L", "-M", "-S"];

/// How a redirection is named among what a variable may be.
const REDIRECT: &str = "REDIRECT [PORT] [-l]";

/// What follows the name of a target that may log.
const LOGGING: &str = " [-l]";

/// What the text of the function for whole commands refuses, of what calls may say.
pub(in crate::migrate) fn of_commands(text: &str, layout: &Layout<'_>, said: &Said) -> Option<String> {
    let mut all: Vec<String> =
        REFUSALS.iter().filter(|(line, _)| text.contains(line)).map(|(_, what)| (*what).to_owned()).collect();
    let commands: Vec<&str> = COMMANDS.into_iter().filter(|command| said.has(command)).collect();
    if !commands.is_empty() {
        all.push(format!("the commands {}", listed(&commands, "and")));
    }
    let lost = |target: &str| asking(layout, said).into_iter().any(|stage| layout.target(target, stage).is_empty());
    if lost("RETURN") {
        all.push("RETURN to a policy that may be REJECT".to_owned());
    }
    let unled = unled(layout, said);
    if !unled.is_empty() {
        all.push(format!("jumps to {} from where the script itself does not lead there", listed(&unled, "or")));
    }
    (!all.is_empty()).then(|| format!("{TRANSLATE} refuses when it runs, with a message: {}", all.join("; ")))
}

/// The chains of the script that have no copy for packets which some rule may send there.
fn unled(layout: &Layout<'_>, said: &Said) -> Vec<String> {
    let stages = asking(layout, said);
    let is_led = |chain: &String| stages.iter().all(|stage| !layout.target(chain, *stage).is_empty());
    layout.user_chains().filter(|chain| !is_led(chain)).collect()
}

/// The variables whose values a text of the output asks for as targets, each with what it may be there.
fn asked(text: &str, layout: &Layout<'_>) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let call = format!("$({TARGET} ");
    for (place, rest) in text.split(&call).skip(1).filter_map(|rest| rest.split_once(" \"")) {
        let Some((value, _)) = rest.split_once("\")") else { continue };
        let known = known(place, layout);
        let all = found.entry(value.to_owned()).or_insert_with(|| known.clone());
        // It may only say what it may in each place, where a policy is nothing that logs.
        let name = |target: &str| target.strip_suffix(LOGGING).unwrap_or(target).to_owned();
        all.retain(|target| known.iter().any(|own| name(own) == name(target)));
        all.iter_mut().filter(|target| !known.contains(target)).for_each(|target| *target = name(target));
    }
    found
}

/// What is said of the variables whose values a text of the output asks for as targets.
pub(in crate::migrate) fn of_targets(text: &str, layout: &Layout<'_>) -> Vec<String> {
    let said = |(value, known): (String, Vec<String>)| {
        let other = if known.iter().any(|own| own == REDIRECT) { "" } else { ", such as REDIRECT," };
        let known = listed(&known, "or");
        format!("while the script runs, `{value}` may be {known}; anything else{other} is refused then, with a message")
    };
    asked(text, layout).into_iter().map(said).collect()
}

/// The targets that the function for them knows in a place.
fn known(place: &str, layout: &Layout<'_>) -> Vec<String> {
    let redirecting = place.strip_suffix(REDIRECTING);
    let policy = place.strip_suffix(POLICY);
    let of_chain = redirecting.or(place.strip_suffix(COPIED)).or(policy).unwrap_or(place);
    let Some(stage) = Stage::ALL.into_iter().find(|stage| stage.name() == of_chain) else {
        return ["ACCEPT", "DENY", "REJECT"].map(str::to_owned).to_vec();
    };
    let is_known = |target: &String| !layout.target(target, stage).is_empty();
    if policy.is_some() {
        return POLICIES.map(str::to_owned).into_iter().filter(is_known).collect();
    }
    let logs = |target: String| format!("{target}{LOGGING}");
    let ending = ENDING.into_iter().map(str::to_owned).filter(is_known).map(logs);
    if of_chain != place && redirecting.is_none() {
        return ending.collect();
    }
    let chains = layout.user_chains().filter(|chain| !layout.leads_elsewhere(chain)).filter(is_known).map(logs);
    let leaves = Some("RETURN".to_owned()).filter(is_known);
    let open = layout.makes_open_chains().then(|| "a chain of the script".to_owned());
    ending.chain(chains).chain(open).chain(leaves).chain(redirecting.map(|_| REDIRECT.to_owned())).collect()
}

/// Names in a sentence.
fn listed(names: &[impl AsRef<str>], last: &str) -> String {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    match names.as_slice() {
        [first @ .., end] if !first.is_empty() => format!("{} {last} {end}", first.join(", ")),
        all => all.join(""),
    }
}

#[cfg(test)]
mod tests {
    use super::REFUSALS;

    /// What ipchains refuses as well, or what no call can say for which the function stands in the output.
    const OF_IPCHAINS: [&str; 13] = [
        "$* ",
        "$1 twice",
        "$option has no value",
        "$not$option has no value",
        "no translation for$test",
        "a name is no part of a range of ICMP types:$1",
        "-R takes a number",
        "ipchains takes no",
        "-t takes two bytes",
        "only TCP and UDP can be redirected",
        "$chain has no rule $place",
        "the chain $chain has no policy",
        "the chain $chain is not known",
    ];

    #[test]
    fn every_refusal_is_told_or_one_of_ipchains() {
        let sources = [
            include_str!("from_ipchains.sh").to_owned(),
            include_str!("function.rs").replace("\\\"", "\""),
            include_str!("function/calls.rs").replace("\\\"", "\""),
        ];
        for message in sources.iter().flat_map(|text| text.split("refuse \"").skip(1)) {
            let message = format!("\"{message}");
            let told = REFUSALS.iter().any(|(line, _)| {
                let of_line = line.trim_start_matches('"');
                message.lines().next().is_some_and(|first| first.contains(of_line))
            });
            let of_ipchains = OF_IPCHAINS.iter().any(|own| message[1..].starts_with(own));
            assert!(
                told || of_ipchains || message.starts_with("\"{refused}"),
                "{}",
                message.lines().next().unwrap_or_default()
            );
        }
    }
}
