//! The function that translates a command while the script runs, as far as the script at hand needs it.

use std::collections::BTreeSet;

use super::said::Said;
use crate::migrate::layout::{Layout, Side, Stage};

/// The function, in POSIX shell. A line with `#: PARTS` at its end stands for scripts that need one of the parts, and
/// with `#: !PART` for those that do not need it; [`CHAINS`], [`HEADS`], [`OWN`] and [`POLICIES`] stand for what follows from
/// the layout.
const FUNCTION: &str = include_str!("from_ipchains.sh");

/// What separates a line of the function from the parts that it belongs to.
const PARTS: &str = " #: ";

/// The place of the chains of the output, for each of ipchains.
const CHAINS: &str = "#: chains";

/// The place of the rules that stand before those of the script in a chain, for when it is emptied.
const HEADS: &str = "#: heads";

/// The place of what passes over the chains that the script has not made.
const OWN: &str = "#: own";

/// The place of what a policy becomes.
const POLICIES: &str = "#: policies";

/// The variable that says which program the function runs.
const PROGRAM: &str = "$FROM_IPCHAINS";

/// Sets a policy that is a rule.
const JOINT: &str = "        # The rule may not be there yet, and then comes with this policy.
        joint() { $FROM_IPCHAINS -R \"$1\" \"$2\" -j $(iptables_target \"$3\" \"$target\") 2>/dev/null || :; }
";

/// Commands stand on one line up to this length.
const MAX_LINE: usize = 100;

/// A chain of the output in which a rule stands.
struct Place {
    chain: String,
    stage: Stage,
    /// The number that its first rule has.
    first: usize,
}

/// The function for what is `said`, where `program` is iptables; it is `None` where calls tell different ones.
pub(super) fn function(layout: &Layout<'_>, said: &Said, program: Option<&str>) -> String {
    let chains = chains(layout, said);
    let policies = policies(layout, said);
    let has = |part: &str| match part {
        "program" => program.is_none(),
        "long" => said.long,
        "all" => may_mean_all(layout, said),
        "icmp" => said.has_icmp(),
        "any" => ["-s", "-d", "--sport", "--dport", "-p", "-i"].into_iter().any(|option| said.has(option)),
        "changed" => said.has("-b") || chains.contains(":-"),
        "pairs" => chains.contains(":-"),
        "connection" => chains.contains(":--ct"),
        "masqueraded" => chains.contains(" masqueraded "),
        "numbered" => said.has("-I") && said.has("-l"),
        "stages" => target(said).is_none(),
        option => said.has(option),
    };
    let mut lines: Vec<String> = Vec::new();
    for line in FUNCTION.lines() {
        let (text, parts) = line.split_once(PARTS).unwrap_or((line, ""));
        let mut parts = parts.split_whitespace();
        let needed = parts.clone().next().is_none()
            || parts.any(|part| part.strip_prefix('!').map_or_else(|| has(part), |part| !has(part)));
        match line {
            CHAINS => lines.push(chains.clone()),
            HEADS => lines.extend(heads(layout, said)),
            OWN => lines.extend(own(layout).filter(|_| may_mean_all(layout, said))),
            POLICIES => lines.extend(policies.clone()),
            _ if needed => lines.push(narrowed(text, said)),
            _ => {}
        }
    }
    let text = lines.join("\n") + "\n";
    program.map_or(text.clone(), |program| text.replace(PROGRAM, program))
}

/// The stages that ask for a target when the function runs.
pub(super) fn asking(layout: &Layout<'_>, said: &Said) -> BTreeSet<Stage> {
    let names = said.chains.iter().flat_map(|chain| match chain {
        Some(chain) => vec![chain.clone()],
        None => Side::ALL.map(|side| side.chain().to_owned()).into_iter().chain(layout.user_chains()).collect(),
    });
    let known = names.flat_map(|chain| layout.stages(&chain));
    let open = said.chains.contains(&None).then(|| layout.open_stages()).into_iter().flatten();
    let asked = known.chain(open).collect();
    if target(said).is_none() { asked } else { BTreeSet::new() }
}

/// The target, where it is always the same.
fn target(said: &Said) -> Option<&str> {
    match said.targets.iter().collect::<Vec<_>>().as_slice() {
        [Some(target)] => Some(target),
        _ => None,
    }
}

/// A line with only those letters of options in brackets, as in `-[ADI]`, that may occur.
fn narrowed(line: &str, said: &Said) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, (letters, behind))) =
        rest.split_once("-[").and_then(|(before, inner)| Some((before, inner.split_once(']')?)))
    {
        let all = letters.chars().all(|letter| letter.is_ascii_alphabetic());
        let left: String = letters.chars().filter(|letter| *letter == 'v' || said.has(&format!("-{letter}"))).collect();
        out.push_str(before);
        out.push('-');
        match left.len() {
            1 if all && !before.ends_with('-') => out.push_str(&left),
            n if n > 1 && all && !before.ends_with('-') => out.push_str(&format!("[{left}]")),
            _ => out.push_str(&format!("[{letters}]")),
        }
        rest = behind;
    }
    out + rest
}

/// What is run for each chain that a command may name.
fn chains(layout: &Layout<'_>, said: &Said) -> String {
    let mut names: Vec<String> = said.chains.iter().flatten().cloned().collect();
    if said.chains.contains(&None) {
        let known = Side::ALL.map(|side| side.chain().to_owned()).into_iter().chain(layout.user_chains());
        names = known.chain(names).collect();
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    let calls = |places: Vec<Place>| places.iter().map(|place| call(place, layout, said)).collect::<Vec<_>>();
    let refuse = "refuse \"the chain $chain is not known\"";
    if let ([name], false) = (names.as_slice(), is_open(layout, said)) {
        let calls = calls(places(layout, name)).join("; ");
        return format!("    [ \"$chain\" = {name} ] || {refuse}\n    each() {{ {calls}; }}");
    }
    let arm = |(pattern, calls): (&str, Vec<String>)| match packed(&calls, "            ") {
        one if !one.contains('\n') => format!("        {pattern}) {one} ;;\n"),
        several => format!("        {pattern})\n            {several} ;;\n"),
    };
    let known = names.iter().map(|name| (name.as_str(), calls(places(layout, name))));
    let arms: String = known.filter(|(_, calls)| !calls.is_empty()).map(arm).collect();
    let other = if is_open(layout, said) { calls(open_places(layout)) } else { vec![refuse.to_owned()] };
    format!("    each() {{\n        case $chain in\n{arms}{}        esac\n    }}", arm(("*", other)))
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

/// Where the rules of a chain of an unknown name stand.
fn open_places(layout: &Layout<'_>) -> Vec<Place> {
    let copies = layout.open_copies("$chain").into_iter();
    copies.map(|(stage, chain)| Place { chain: format!("\"{chain}\""), stage, first: 1 }).collect()
}

/// Whether a chain may be one that the script makes under a name that is not known.
fn is_open(layout: &Layout<'_>, said: &Said) -> bool {
    said.chains.contains(&None) && layout.makes_open_chains()
}

/// Where the rules of a chain stand.
fn places(layout: &Layout<'_>, chain: &str) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for stage in layout.stages(chain) {
        let name = layout.filter_name(chain, stage);
        if !places.iter().any(|place| place.chain == name) {
            places.push(Place { first: layout.route.ahead(&name) + 1, chain: name, stage });
        }
    }
    places
}

/// The command for one chain.
fn call(place: &Place, layout: &Layout<'_>, said: &Said) -> String {
    let stage = place.stage;
    let target = match target(said) {
        Some("") => String::new(),
        Some(target) => layout.target(target, stage),
        None => stage.name().to_owned(),
    };
    let target = if target.is_empty() || target.contains(' ') { format!("'{target}'") } else { target };
    let pairs: Vec<&str> = match stage {
        Stage::Input | Stage::Entry => vec![],
        Stage::Reply => vec!["-d:--ctrepldst", "--dport:--ctrepldstport"],
        Stage::Relayed => vec!["-d:--ctorigdst", "--dport:--ctorigdstport"],
        Stage::Forward | Stage::Output | Stage::Exit | Stage::Masqueraded => vec!["-i:-o"],
    };
    let swaps = |option: &str| said.has("-b") && matches!(option, "-d" | "--dport");
    let may = |pair: &&str| pair.split_once(':').is_some_and(|(option, _)| said.has(option) || swaps(option));
    let pairs = pairs.into_iter().filter(may).collect::<Vec<_>>().join(" ");
    let pairs = if pairs.is_empty() || pairs.contains(' ') { format!("'{pairs}'") } else { pairs };
    let number = (said.has("-I") && place.first > 1).then(|| place.first.to_string());
    let by_source = said.has("-s") || said.has("--sport") || said.has("-b");
    let (run, end) = match stage {
        Stage::Masqueraded if by_source => ("masqueraded", " || exit"),
        _ => ("run", ""),
    };
    let mut words = vec![run.to_owned(), place.chain.clone(), target, pairs];
    words.extend(number);
    while words.last().is_some_and(|word| word == "''") {
        words.pop();
    }
    format!("{}{end}", words.join(" "))
}

/// What empties a chain in which rules of our own stand first.
fn heads(layout: &Layout<'_>, said: &Said) -> Vec<String> {
    let of_side = |side: Side| {
        let rules = layout.route.heads(Some(side));
        let rules: Vec<String> = rules.iter().map(|rule| format!("{PROGRAM} {rule}")).collect();
        let name = side.builtin();
        let again = rules.join(" && ");
        (!rules.is_empty()).then(|| format!("        -F{name}) {PROGRAM} -F {name} && {again} || exit; return ;;"))
    };
    if said.has("-F") { Side::ALL.into_iter().filter_map(of_side).collect() } else { Vec::new() }
}

/// Whether a command may be for all chains. What redirects or marks would have to go too, and then it is refused.
fn may_mean_all(layout: &Layout<'_>, said: &Said) -> bool {
    let elsewhere = ["nat", "mangle"].into_iter().any(|table| layout.uses_table(table));
    said.chains.contains(&None) && ["-F", "-X", "-Z"].into_iter().any(|option| said.has(option)) && !elsewhere
}

/// What passes over the chains of the way of forwarded packets.
fn own(layout: &Layout<'_>) -> Option<String> {
    let chains = layout.route.chains();
    (!chains.is_empty()).then(|| format!("            case $chain in {}) continue ;; esac", chains.join(" | ")))
}

/// What sets a policy.
fn policies(layout: &Layout<'_>, said: &Said) -> Option<String> {
    if !said.has("-P") {
        return None;
    }
    let route = &layout.route;
    let joints = route.joints();
    let set = |chain: &str| format!("{PROGRAM} -P {chain} \"$policy\" || exit");
    let arm = |side: Side| {
        let own = side != Side::Forward || joints.is_empty() && !route.is_direct();
        let builtin = own.then(|| set(side.builtin()));
        let forward = route.is_direct_for(side).then(|| set(Side::Forward.builtin()));
        let joints = joints.iter().filter(|joint| joint.stage.side() == side);
        let joints =
            joints.map(|joint| format!("joint {} {} {}", joint.chain, joint.policy_number(), joint.stage.name()));
        let commands: Vec<String> = builtin.into_iter().chain(forward).chain(joints).collect();
        format!("        {},*) {} ;;\n", side.chain(), commands.join("; "))
    };
    // Without its rules FORWARD lets pass only what every policy does.
    let closed = format!("        case $policy in DROP) {PROGRAM} -P FORWARD DROP ;; esac\n");
    let (joint, closed) = if joints.is_empty() { ("", "") } else { (JOINT, closed.as_str()) };
    let arms: String = Side::ALL.map(arm).concat();
    Some(format!(
        "    case $command in -P)\n{joint}        policy=$(iptables_target policy \"$target\")\n        \
         case $chain,$target in\n        input,REJECT) refuse \"no translation for the policy REJECT of input\" ;;\n\
         {arms}        *) refuse \"the chain $chain has no policy\" ;;\n        esac\n{closed}        exit ;;\n    esac"
    ))
}
