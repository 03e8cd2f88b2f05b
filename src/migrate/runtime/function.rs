//! The function that translates a command while the script runs, as far as the script at hand needs it.

use std::collections::BTreeSet;

use super::said::Said;
use crate::migrate::layout::{Copy, Layout, Purpose, Side, Stage};
use crate::migrate::route::MASQUERADED;

/// The function, in POSIX shell. A line with `#: PARTS` at its end stands for scripts that need one of the parts, and
/// with `#: !PART` for those that do not need it; [`CHAINS`], [`HEADS`], [`OWN`], [`SERVED`] and [`POLICIES`] stand for what follows from
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

/// The place of what tells the chains in which packets are redirected or marked, and those whose rules can be counted.
const SERVED: &str = "#: served";

/// The place of what a policy becomes.
const POLICIES: &str = "#: policies";

/// The variable that says which program the function runs.
const PROGRAM: &str = "$FROM_IPCHAINS";

/// Sets a policy that is a rule.
const JOINT: &str = "        # The rule may not be there yet, and then comes with this policy.
        joint() { $FROM_IPCHAINS -R \"$1\" \"$2\" -j $(iptables_target \"$3\" \"$target\") 2>/dev/null || :; }
";

/// Refuses to change a chain of the script that other tables have got a copy of.
const HELD: &str =
    "    case $chain,$({ $FROM_IPCHAINS -t nat -S \"$chain\"; $FROM_IPCHAINS -t mangle -S \"$chain\"; } 2>/dev/null) in
    input,* | forward,* | output,*) ;;
    *'-A '*) refuse \"packets have been led through $chain before they are redirected or marked\" ;;
    esac";

/// Commands stand on one line up to this length.
const MAX_LINE: usize = 100;

/// A chain of the output in which a rule stands.
struct Place {
    chain: String,
    stage: Stage,
    purpose: Purpose,
    /// The number that its first rule has.
    first: usize,
}

/// The function for what is `said`, where `program` is iptables; it is `None` where calls tell different ones.
pub(super) fn function(layout: &Layout<'_>, said: &Said, program: Option<&str>) -> String {
    let chains = chains(layout, said);
    let policies = policies(layout, said);
    let elsewhere = |table: &str| ["elsewhere", "lay"].iter().any(|call| chains.contains(&format!("{call} {table} ")));
    let tables = elsewhere("nat") || elsewhere("mangle");
    let several = ["-l", "-o", "-m", "-t"].into_iter().any(|option| said.has(option));
    let all = may_mean_all(said);
    let counted = counted(layout, said);
    let numbers = ["-D", "-I", "-R"].into_iter().any(|option| said.has(option));
    let redirects = elsewhere("nat") && said.may_redirect();
    let has = |part: &str| match part {
        "program" => program.is_none(),
        "long" => said.long,
        "joined" => said.joined,
        "all" => all,
        "all_tables" => all && tables,
        "all_filter" => all && !tables,
        "icmp" => said.has_icmp(),
        "any" => ["-s", "-d", "--sport", "--dport", "-p", "-i"].into_iter().any(|option| said.has(option)),
        "changed" => said.has("-b") || chains.contains(":-"),
        "pairs" => chains.contains(":-"),
        "connection" => chains.contains(":--ct"),
        "masqueraded" => chains.contains("masqueraded run ") || chains.contains("masqueraded elsewhere "),
        "numbered" => several && (said.has("-I") || said.has("-R")),
        "places" => !counted.is_empty(),
        "uncounted" => numbers && counted.is_empty(),
        "lay_masqueraded" => chains.contains("lay mangle OUTPUT ") && layout.route.masquerades(),
        "redirect" => redirects,
        "unredirected" => !redirects && said.may_redirect(),
        "asks" => target(said).is_none() && !redirects,
        "asks_redirecting" => target(said).is_none() && redirects,
        "elsewhere" => tables,
        "elsewhere_pairs" => tables && chains.contains(":-"),
        "lay" => chains.contains("lay "),
        "stages" => target(said).is_none(),
        "-m" | "-t" => said.has(part) && elsewhere("mangle"),
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
            OWN => lines.extend(own(layout).filter(|_| all)),
            SERVED => lines.extend(served(layout, said)),
            POLICIES => lines.extend(policies.clone()),
            _ if needed => lines.push(narrowed(text, said)),
            _ => {}
        }
    }
    let mut text = lines.join("\n") + "\n";
    if !has("elsewhere") {
        text = text.replace(" $table ", " ").replace("$table$", "$");
    }
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
fn lays(layout: &Layout<'_>, said: &Said, chain: &str) -> Vec<String> {
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

/// Where the rules of a chain of an unknown name stand.
fn open_places(layout: &Layout<'_>) -> Vec<Place> {
    let copies = layout.open_copies("$chain").into_iter();
    let place = |(stage, chain)| Place { chain: format!("\"{chain}\""), stage, purpose: Purpose::Filter, first: 1 };
    copies.map(place).collect()
}

/// Whether a chain may be one that the script makes under a name that is not known.
fn is_open(layout: &Layout<'_>, said: &Said) -> bool {
    said.chains.contains(&None) && layout.makes_open_chains()
}

/// Where the rules of a chain stand.
fn places(layout: &Layout<'_>, chain: &str) -> Vec<Place> {
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
fn named(layout: &Layout<'_>, said: &Said) -> Vec<String> {
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
fn counted(layout: &Layout<'_>, said: &Said) -> Vec<String> {
    let numbers = ["-D", "-I", "-R"].into_iter().any(|option| said.has(option));
    let even = |chain: &String| layout.counts(chain) && !said.uneven.contains(chain);
    named(layout, said).into_iter().filter(|chain| numbers && even(chain)).collect()
}

/// What refuses in some chains what is only possible in others.
fn served(layout: &Layout<'_>, said: &Said) -> Vec<String> {
    let names = named(layout, said);
    let with = |purpose: Purpose| -> Vec<String> {
        let laid = |name: &str| Side::of_chain(name).is_some_and(|side| layout.lays(purpose, side).is_some());
        let has = |name: &&String| laid(name) || places(layout, name).iter().any(|place| place.purpose == purpose);
        names.iter().filter(has).cloned().collect()
    };
    let line = |subject: &str, any: &str, none: &str, chains: Vec<String>, refused: &str| {
        let all = !said.chains.contains(&None) && chains.len() == names.len();
        let own: Vec<String> = chains.iter().map(|chain| format!("{any},{chain}")).collect();
        (!all && !chains.is_empty()).then(|| {
            format!("    case {subject},$chain in {none}{}) ;; {any},*) refuse \"{refused}\" ;; esac", own.join(" | "))
        })
    };
    let redirects = Some(with(Purpose::Redirect)).filter(|_| said.may_redirect());
    let changes = Some(with(Purpose::Mangle)).filter(|_| said.has("-m") || said.has("-t"));
    let lines = [
        redirects
            .and_then(|chains| line("$target", "REDIRECT", "", chains, "nothing is redirected in the chain $chain")),
        changes.and_then(|chains| line("$mark$tos", "*", ",* | ", chains, "nothing is marked in the chain $chain")),
        line("$place", "*", ",* | ", counted(layout, said), "which rule of $chain has the number $place is not known"),
    ];
    let user = names.iter().any(|name| Side::of_chain(name).is_none()) || is_open(layout, said);
    let laid = Side::ALL.into_iter().any(|side| !lays(layout, said, side.chain()).is_empty());
    let held = (user && laid).then(|| HELD.to_owned());
    lines.into_iter().flatten().chain(held).chain(led(layout, said, &names)).collect()
}

/// What refuses jumps to chains that mark packets or redirect them, where those have no copies on the way.
fn led(layout: &Layout<'_>, said: &Said, names: &[String]) -> Vec<String> {
    let asked = |chain: &String| said.targets.iter().any(|target| target.as_ref().is_none_or(|own| own == chain));
    let leads = layout.user_chains().filter(|chain| asked(chain) && layout.leads_elsewhere(chain));
    let line = |target: String| {
        let copied =
            |place: &Place| jumps(place, layout, said).split(' ').any(|jump| jump.starts_with(&format!("{target}:")));
        let served = |name: &&String| places(layout, name).iter().any(copied);
        let own: String = names.iter().filter(served).map(|name| format!("{target},{name} | ")).collect();
        let own = own.trim_end_matches(" | ");
        let pass = if own.is_empty() { String::new() } else { format!("{own}) ;; ") };
        format!(
            "    case $target,$chain in {pass}{target},*) refuse \"what {target} redirects or marks is not laid for $chain\" ;; esac"
        )
    };
    leads.map(line).collect()
}

/// The command for one chain.
fn call(place: &Place, layout: &Layout<'_>, said: &Said) -> String {
    let stage = place.stage;
    let table = place.purpose.table();
    let target = match (table, target(said)) {
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
fn jumps(place: &Place, layout: &Layout<'_>, said: &Said) -> String {
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

/// What empties a chain in which rules of our own stand first.
fn heads(layout: &Layout<'_>, said: &Said) -> Vec<String> {
    let filter = Side::ALL.into_iter().map(|side| ("", side.builtin(), layout.route.heads(Some(side))));
    let mangle = layout.route.mangle_head().map(|head| ("-t mangle ", "POSTROUTING", vec![head]));
    let arm = |(table, name, rules): (&str, &str, Vec<String>)| {
        let rules: Vec<String> = rules.iter().map(|rule| format!("{PROGRAM} {table}{rule}")).collect();
        let again = rules.join(" && ");
        let pattern = format!("{}-F{name}", table.trim_end());
        let pattern = if table.is_empty() { pattern } else { format!("'{pattern}'") };
        (!rules.is_empty())
            .then(|| format!("        {pattern}) {PROGRAM} {table}-F {name} && {again} || exit; return ;;"))
    };
    if said.has("-F") { filter.chain(mangle).filter_map(arm).collect() } else { Vec::new() }
}

/// Whether a command may be for all chains.
fn may_mean_all(said: &Said) -> bool {
    said.chains.contains(&None) && ["-F", "-X", "-Z"].into_iter().any(|option| said.has(option))
}

/// What passes over the chains of the way of forwarded packets, and those that marks are made by.
fn own(layout: &Layout<'_>) -> Option<String> {
    let route = &layout.route;
    let mut chains: Vec<String> = route.chains().into_iter().map(str::to_owned).collect();
    chains.extend(route.mangle_head().map(|_| MASQUERADED.to_owned()));
    chains.extend(route.mark_chains());
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
