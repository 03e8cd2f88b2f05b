//! What the function runs for each chain that a command may name.

use std::collections::BTreeSet;

use super::target;
use crate::migrate::layout::{Copy, Layout, Purpose, Side, Stage};
use crate::migrate::runtime::said::Said;

/// Commands stand on one line up to this length.
const MAX_LINE: usize = 100;

/// What is run for each chain that a command may name.
pub(super) fn chains(layout: &Layout<'_>, said: &Said) -> String {
    let names = named(layout, said);
    let calls = |places: Vec<Place>| places.iter().map(|place| call(place, layout, said)).collect::<Vec<_>>();
    let all = |name: &str| [lays(layout, said, name), calls(places(layout, name))].concat();
    let refuse = "refuse \"the chain $chain is not known\"";
    if let ([name], false) = (names.as_slice(), is_open(layout, said)) {
        let calls = all(name).join("; ");
        return format!("    [ \"$chain\" = {name} ] || {refuse}\n    each() {{ {calls}; }}");
    }
    let arm = |(pattern, calls): (&str, Vec<String>)| match packed(&calls, "            ") {
        one if !one.contains('\n') => format!("        {pattern}) {one} ;;\n"),
        several => format!("        {pattern})\n            {several} ;;\n"),
    };
    let known = names.iter().map(|name| (name.as_str(), all(name)));
    let arms: String = known.filter(|(_, calls)| !calls.is_empty()).map(arm).collect();
    let other = if is_open(layout, said) { calls(open_places(layout)) } else { vec![refuse.to_owned()] };
    format!("    each() {{\n        case $chain in\n{arms}{}        esac\n    }}", arm(("*", other)))
}

/// What goes before the commands for a chain where they may redirect or mark and nothing else does.
pub(super) fn lays(layout: &Layout<'_>, said: &Said, chain: &str) -> Vec<String> {
    let lay = |purpose: Purpose| {
        let asked = match purpose {
            Purpose::Redirect => said.may_redirect(),
            _ => said.has("-m") || said.has("-t"),
        };
        let side = Side::of_chain(chain).filter(|_| asked)?;
        let (from, to) = layout.lays(purpose, side)?;
        let pairs = if side == Side::Output && said.has("-i") { " -i:-o" } else { "" };
        Some(format!("lay {} {from} {to}{pairs}", purpose.table()?))
    };
    Purpose::OTHERS.into_iter().filter_map(lay).collect()
}

/// Commands one behind the other, on as few lines as they fit.
fn packed(commands: &[String], indentation: &str) -> String {
    let mut out = String::new();
    let mut room = 0;
    for command in commands {
        match room > command.len() {
            true => out.push_str("; "),
            false if !out.is_empty() => out.push_str(&format!("\n{indentation}")),
            false => {}
        }
        if room <= command.len() {
            room = MAX_LINE;
        }
        out.push_str(command);
        room = room.saturating_sub(command.len() + 2);
    }
    out
}

/// A chain of the output in which a rule stands.
pub(super) struct Place {
    chain: String,
    stage: Stage,
    pub(super) purpose: Purpose,
    /// The number that its first rule has.
    first: usize,
}

/// Where the rules of a chain of an unknown name stand.
fn open_places(layout: &Layout<'_>) -> Vec<Place> {
    let copies = layout.open_copies("$chain").into_iter();
    let place = |(stage, chain)| Place { chain: format!("\"{chain}\""), stage, purpose: Purpose::Filter, first: 1 };
    copies.map(place).collect()
}

/// Whether a chain may be one that the script makes under a name that is not known.
pub(super) fn is_open(layout: &Layout<'_>, said: &Said) -> bool {
    said.chains.contains(&None) && layout.makes_open_chains()
}

/// Where the rules of a chain stand.
pub(super) fn places(layout: &Layout<'_>, chain: &str) -> Vec<Place> {
    let ahead = |copy: &Copy| match copy.purpose {
        Purpose::Filter => layout.route.ahead(&copy.name),
        Purpose::Mangle if copy.name == "POSTROUTING" => layout.route.mangle_head().into_iter().count(),
        _ => 0,
    };
    let place =
        |copy: Copy| Place { first: ahead(&copy) + 1, chain: copy.name, stage: copy.stage, purpose: copy.purpose };
    layout.copies(chain).into_iter().map(place).collect()
}

/// The chains that commands may name.
pub(super) fn named(layout: &Layout<'_>, said: &Said) -> Vec<String> {
    let mut names: Vec<String> = said.chains.iter().flatten().cloned().collect();
    if said.chains.contains(&None) {
        let known = Side::ALL.map(|side| side.chain().to_owned()).into_iter().chain(layout.user_chains());
        names = known.chain(names).collect();
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// The chains whose rules are found by the numbers that they had, where commands may say numbers: those without rules
/// of which nobody knows how many they are.
pub(super) fn counted(layout: &Layout<'_>, said: &Said) -> Vec<String> {
    let numbers = ["-D", "-I", "-R"].into_iter().any(|option| said.has(option));
    let even = |chain: &String| layout.counts(chain) && !said.uneven.contains(chain);
    named(layout, said).into_iter().filter(|chain| numbers && even(chain)).collect()
}

/// The command for one chain.
fn call(place: &Place, layout: &Layout<'_>, said: &Said) -> String {
    let stage = place.stage;
    let table = place.purpose.table();
    let target = match (table, target(layout, said)) {
        (Some(_), _) | (None, Some("")) => String::new(),
        (None, Some("REDIRECT")) => layout.route.verdict("REDIRECT", stage).join(" "),
        (None, Some(target)) => layout.target(target, stage),
        (None, None) => stage.name().to_owned(),
    };
    let pairs: Vec<&str> = match stage {
        Stage::Input | Stage::Entry => vec![],
        Stage::Reply => vec!["-d:--ctrepldst", "--dport:--ctrepldstport"],
        Stage::Relayed => vec!["-d:--ctorigdst", "--dport:--ctorigdstport"],
        Stage::Forward | Stage::Output | Stage::Exit | Stage::Masqueraded => vec!["-i:-o"],
    };
    let swaps = |option: &str| said.has("-b") && matches!(option, "-d" | "--dport");
    let may = |pair: &&str| pair.split_once(':').is_some_and(|(option, _)| said.has(option) || swaps(option));
    let pairs = pairs.into_iter().filter(may).collect::<Vec<_>>().join(" ");
    let numbers = ["-D", "-I", "-R"].into_iter().any(|option| said.has(option));
    let number = (numbers && place.first > 1).then(|| place.first.to_string());
    let by_source = said.has("-s") || said.has("--sport") || said.has("-b");
    let (before, end) = match stage {
        Stage::Masqueraded if by_source => ("masqueraded ", " || exit"),
        _ => ("", ""),
    };
    let quoted = |text: String| if text.is_empty() || text.contains(' ') { format!("'{text}'") } else { text };
    let mut words = match table {
        Some(table) => vec![format!("elsewhere {table}"), place.chain.clone(), quoted(pairs)],
        None => vec!["run".to_owned(), place.chain.clone(), quoted(target), quoted(pairs)],
    };
    words.push(number.unwrap_or_else(|| quoted(String::new())));
    words.extend(table.map(|_| quoted(jumps(place, layout, said))));
    while words.last().is_some_and(|word| word == "''") {
        words.pop();
    }
    format!("{before}{}{end}", words.join(" "))
}

/// The chains to which rules of another table may jump, each with the name that it has there.
pub(super) fn jumps(place: &Place, layout: &Layout<'_>, said: &Said) -> String {
    if place.purpose == Purpose::Filter {
        return String::new();
    }
    let served = |chain: &String| layout.serves(chain, place.purpose, place.stage.side());
    let asked = |chain: &String| said.targets.iter().any(|target| target.as_ref().is_none_or(|own| own == chain));
    let chains = layout.user_chains().filter(|chain| served(chain) && asked(chain));
    let named = |chain: String| {
        let name = layout.other_name(&chain, place.purpose, place.stage);
        format!("{chain}:{name}")
    };
    chains.map(named).collect::<Vec<_>>().join(" ")
}
