//! The function that translates a command while the script runs, as far as the script at hand needs it.

mod calls;

use std::collections::BTreeSet;

use super::said::Said;
use crate::migrate::layout::{Layout, Purpose, Side, Stage};
use crate::migrate::route::MASQUERADED;
use calls::Place;
use calls::{chains, counted, is_open, jumps, lays, named, places};

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
    let at_the_end = layout.redirects_at_the_end.is_some() && said.may_redirect();
    let redirects_elsewhere = elsewhere("nat") && said.may_redirect();
    let redirects = redirects_elsewhere || at_the_end;
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
        "deleted_places" => !counted.is_empty() && (said.has("-D") || said.has("-R")),
        "uncounted" => numbers && counted.is_empty(),
        "lay_masqueraded" => chains.contains("lay mangle OUTPUT ") && layout.route.masquerades(),
        "redirect" => redirects,
        "redirect_elsewhere" => redirects_elsewhere,
        "redirect_at_the_end" => at_the_end,
        "unredirected" => !redirects && said.may_redirect(),
        "asks" => target(layout, said).is_none() && !redirects,
        "asks_redirecting" => target(layout, said).is_none() && redirects,
        "asks_redirecting_elsewhere" => target(layout, said).is_none() && redirects_elsewhere,
        "elsewhere" => tables,
        "elsewhere_pairs" => tables && chains.contains(":-"),
        "lay" => chains.contains("lay "),
        "stages" => target(layout, said).is_none(),
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
    if said.sets_policies_alone() {
        let begins = |begin: &str| lines.iter().position(|line| line.starts_with(begin));
        if let (Some(rules), Some(policies)) = (begins("    rule="), begins("    case $command in -P)")) {
            lines.drain(rules..policies);
            lines.retain(|line| line != "    each");
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
    if target(layout, said).is_none() { asked } else { BTreeSet::new() }
}

/// The target, where it is always the same, and what a rule says of it does not hang on a port that is read.
fn target<'s>(layout: &Layout<'_>, said: &'s Said) -> Option<&'s str> {
    match said.targets.iter().collect::<Vec<_>>().as_slice() {
        [Some(target)] if target != "REDIRECT" || layout.redirects_at_the_end.is_none() => Some(target),
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
    let elsewhere = said.may_redirect() && layout.redirects_at_the_end.is_none();
    let redirects = Some(with(Purpose::Redirect)).filter(|_| elsewhere);
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
    let ends = |side: &Side| side.host_stage().is_some_and(|stage| route.rejects_at_the_end(stage));
    let rejecting: Vec<String> =
        Side::ALL.iter().filter(|side| ends(side)).map(|side| format!("{},REJECT", side.chain())).collect();
    let rejecting = rejecting.join(" | ");
    Some(format!(
        "    case $command in -P)\n{joint}        policy=$(iptables_target policy \"$target\")\n        \
         case $chain,$target in\n        {rejecting}) refuse \"no translation for the policy REJECT of $chain\" ;;\n\
         {arms}        *) refuse \"the chain $chain has no policy\" ;;\n        esac\n{closed}        exit ;;\n    esac"
    ))
}
