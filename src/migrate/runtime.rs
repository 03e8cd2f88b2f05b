//! What is only known while the script runs: targets, policies, values, and whole commands.

mod function;
mod refused;
mod said;

use std::collections::BTreeSet;

use super::command::is_literal;
use super::layout::{End, Layout, Side, Stage};
use super::program::default_program;
use super::render::Renamed;
use super::roles::unquoted;
use crate::analysis::Analysis;
use crate::dialect::ipchains::{OptionSpec, options_of};
use crate::eval::{LOGGED, MASQUERADED_FROM, REDIRECTIONS};
use crate::text::Edit;
pub(super) use refused::{of_commands, of_targets};
pub(super) use said::Said;

/// The function that translates whole commands.
pub(super) const TRANSLATE: &str = "from_ipchains";

/// The variable before a call that tells it another program.
const PROGRAM: &str = "FROM_IPCHAINS";

/// The function that knows what a target is in iptables.
const TARGET: &str = "iptables_target";

/// What a place is called besides where its rule has copies in other tables.
const COPIED: &str = "-copied";

/// What a place is called besides where its rule may redirect.
const REDIRECTING: &str = "-redirecting";

/// What a place is called besides where its rule is a policy.
const POLICY: &str = "-policy";

/// What a policy may be; MASQ only of forward.
const POLICIES: [&str; 4] = ["ACCEPT", "DENY", "REJECT", "MASQ"];

/// The targets that end the way of a packet, but for those that other tables must know.
pub(super) const ENDING: [&str; 4] = ["ACCEPT", "DENY", "REJECT", "MASQ"];

/// The functions that the output may have beside the one that finds devices.
pub(super) const FUNCTIONS: [&str; 6] = [TRANSLATE, TARGET, NO_TRANSLATION, PORTS, "redirections", "logged"];

/// The function that makes chains for targets that log.
const LOGS: &str = "logged";

/// The function that says that a word has another value than those that were translated.
const NO_TRANSLATION: &str = "no_translation";

/// Its text.
pub(super) const NO_TRANSLATION_FUNCTION: &str = "\
# no_translation VALUE: says that commands are left out here, which are written for other values than this one.
no_translation() { echo \"no translation for the value '$1'\" >&2; }
";

/// The function that knows whether ports are those of masqueraded packets.
const PORTS: &str = "masqueraded_port";

/// Its text.
const PORTS_FUNCTION: &str = include_str!("runtime/masqueraded_port.sh");

/// What stands before a command that is run only if the word `ports` holds all ports that masquerading takes.
pub(super) fn unless_masqueraded(ports: &str) -> String {
    format!("! {PORTS} {ports} || ")
}

/// The command for a value that was not translated.
pub(super) fn no_translation(value: &str) -> String {
    format!("{NO_TRANSLATION} {value}")
}

/// What follows `-j` in a rule of `stage` where the variable `text` holds the target.
pub(super) fn target(stage: Stage, text: &str) -> String {
    format!("$({TARGET} {} \"{}\")", stage.name(), unquoted(text))
}

/// The same for a rule that has copies in other tables, in which it ends the way of its packets.
pub(super) fn copied_target(stage: Stage, text: &str) -> String {
    format!("$({TARGET} {}{COPIED} \"{}\")", stage.name(), unquoted(text))
}

/// The same for a rule that may redirect.
pub(super) fn redirecting_target(stage: Stage, text: &str) -> String {
    format!("$({TARGET} {}{REDIRECTING} \"{}\")", stage.name(), unquoted(text))
}

/// The same for the rule that is a policy of `stage`.
pub(super) fn policy_target(stage: Stage, text: &str) -> String {
    format!("$({TARGET} {}{POLICY} \"{}\")", stage.name(), unquoted(text))
}

/// What follows `-P` where the variable `text` holds the policy.
pub(super) fn policy(text: &str) -> String {
    format!("$({TARGET} policy \"{}\")", unquoted(text))
}

/// Whether a word of the output asks what a target is.
pub(super) fn asks(text: &str) -> bool {
    text.contains(&format!("$({TARGET} "))
}

/// Whether such a word asks it for a rule of forward, where MASQ is one.
pub(super) fn asks_of_forward(text: &str) -> bool {
    let forward = Stage::Forward.name();
    [forward.to_owned(), format!("{forward}{COPIED}")]
        .iter()
        .any(|place| text.contains(&format!("$({TARGET} {place} ")))
}

/// Whether such a word asks it for a rule that may redirect.
pub(super) fn asks_to_redirect(text: &str) -> bool {
    text.contains(&format!("{REDIRECTING} \""))
}

/// Whether a text of the output calls the function that translates whole commands.
pub(super) fn translates(text: &str) -> bool {
    text.contains(&format!("{TRANSLATE} "))
}

/// How the function that translates is called where `program` is iptables.
pub(super) fn translated(program: &str, usual: &str) -> String {
    // What the words become when they are read again, the function must see; its own words are read once.
    let (again, program) = program.strip_prefix("eval ").map_or(("", program), |program| ("eval ", program));
    if program == usual {
        return format!("{again}{TRANSLATE}");
    }
    format!("{again}{PROGRAM}=\"{}\" {TRANSLATE}", program.replace('"', ""))
}

/// The word `text` of the script with each option in it as a word of its own, by its letter.
pub(super) fn plainly(text: &str) -> String {
    let word = unquoted(text);
    // Where the value has quotes of its own, it may be empty, and is no word then.
    match options_of(word) {
        Some((options, joined)) if !word.contains(['"', '\'', '\\']) && (word == text || is_literal(word)) => {
            let options = options.into_iter().map(OptionSpec::shortest);
            options.chain(joined.map(str::to_owned)).collect::<Vec<_>>().join(" ")
        }
        _ => text.to_owned(),
    }
}

/// The function that knows what a target is in iptables, as far as `edits` ask it, or the commands that are translated
/// when they run.
fn target_function(layout: &Layout<'_>, edits: &[Edit], said: Option<&Said>, program: &str) -> Option<String> {
    let asked = |name: &str| edits.iter().any(|edit| edit.text.contains(&format!("$({TARGET} {name} ")));
    let mut stages: BTreeSet<Stage> = Stage::ALL.into_iter().filter(|stage| asked(stage.name())).collect();
    stages.extend(said.map(|said| function::asking(layout, said)).into_iter().flatten());
    let besides = |suffix: &str| -> Vec<Stage> {
        Stage::ALL.into_iter().filter(|stage| asked(&format!("{}{suffix}", stage.name()))).collect()
    };
    let (copied, redirecting, policies) = (besides(COPIED), besides(REDIRECTING), besides(POLICY));
    let policy = asked("policy") || said.is_some_and(|said| said.has("-P"));
    if [&copied, &redirecting, &policies].iter().all(|places| places.is_empty()) && stages.is_empty() && !policy {
        return None;
    }
    let translates = said.is_some_and(|said| !function::asking(layout, said).is_empty());
    // A rule that asks for its target alone has no copy in other tables for that.
    let alone = Stage::ALL.into_iter().any(|stage| asked(stage.name()));
    let mut targets: Vec<String> = ENDING.into_iter().chain(["RETURN"]).map(str::to_owned).collect();
    targets.extend(layout.user_chains().filter(|chain| !alone || !layout.leads_elsewhere(chain)));
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for target in &targets {
        let mut means: Vec<(String, String)> =
            stages.iter().map(|stage| (stage.name().to_owned(), layout.target(target, *stage))).collect();
        let ends = copied.iter().filter(|_| ENDING.contains(&target.as_str()));
        means.extend(ends.map(|stage| (format!("{}{COPIED}", stage.name()), layout.target(target, *stage))));
        let redirects = redirecting.iter();
        means.extend(redirects.map(|stage| (format!("{}{REDIRECTING}", stage.name()), layout.target(target, *stage))));
        let of_policy = if target == "ACCEPT" { "ACCEPT" } else { "DROP" };
        let is_policy = policy && matches!(target.as_str(), "ACCEPT" | "DENY" | "REJECT");
        means.extend(is_policy.then(|| ("policy".to_owned(), of_policy.to_owned())));
        let rules = policies.iter().filter(|_| POLICIES.contains(&target.as_str()));
        means.extend(rules.map(|stage| (format!("{}{POLICY}", stage.name()), layout.target(target, *stage))));
        let places = stages.len() + copied.len() + redirecting.len() + policies.len() + usize::from(policy);
        // Where whole commands are translated nothing is proved, which takes patterns that each stand for one value.
        let same = translates && means.len() == places && means.iter().all(|(_, what)| *what == means[0].1);
        for (place, what) in if same { vec![("*".to_owned(), means[0].1.clone())] } else { means } {
            let pattern = format!("{place},{target}");
            match rows.iter_mut().find(|(known, _)| *known == what) {
                Some((_, patterns)) => patterns.push(pattern),
                None => rows.push((what, vec![pattern])),
            }
        }
    }
    rows.retain(|(what, _)| !what.is_empty());
    rows.extend(Side::ALL.into_iter().filter_map(|side| logging_row(side, asked, program)));
    rows.extend(redirecting.iter().flat_map(|stage| redirect_rows(layout, *stage)));
    if translates {
        rows.push((String::new(), vec!["*,".to_owned()]));
    }
    let mut refused = "*".to_owned();
    let mut open = Vec::new();
    if layout.makes_open_chains() {
        // A name that iptables takes for a target of its own is none of a chain.
        let places = [(policy, "policy,*".to_owned()), (!copied.is_empty(), format!("*{COPIED},*"))];
        let places = places.into_iter().filter(|(asked, _)| *asked).map(|(_, pattern)| format!(" | {pattern}"));
        // A chain that the script itself leads to from elsewhere has no copy for this place.
        let asking: BTreeSet<Stage> = stages.iter().chain(&redirecting).copied().collect();
        let unled = layout.user_chains().flat_map(|chain| {
            let stages = asking.iter().filter(|stage| layout.target(&chain, **stage).is_empty());
            stages.map(|stage| format!(" | {}*,{chain}", stage.name())).collect::<Vec<_>>()
        });
        refused = format!("*,DROP | *,LOG{}{}", places.collect::<String>(), unled.collect::<String>());
        let places = |stage: Stage| {
            let plain = stages.contains(&stage).then(|| format!("{},*", stage.name()));
            let redirects = redirecting.contains(&stage).then(|| format!("{}{REDIRECTING},*", stage.name()));
            plain.into_iter().chain(redirects).collect::<Vec<_>>()
        };
        let copies = layout.open_copies("$2").into_iter().map(|(stage, name)| (format!("\"{name}\""), places(stage)));
        open.extend(copies.filter(|(_, places)| !places.is_empty()));
    }
    let row = |(what, patterns): &(String, Vec<String>)| {
        let echo = match what.as_str() {
            "" => String::new(),
            what if what.starts_with(LOGS) => format!("{what} "),
            what => format!("echo {what} "),
        };
        format!("    {}) {echo};;\n", patterns.join(" | "))
    };
    let (rows, open): (String, String) = (rows.iter().map(row).collect(), open.iter().map(row).collect());
    Some(format!(
        "# {TARGET} PLACE TARGET: what a target of ipchains is in iptables, by where its rule stands. For one\n\
         # that is not known here it gives nothing, so that iptables refuses the rule.\n\
         {TARGET}() {{\n    case $1,$2 in\n{rows}    {refused}) echo {REFUSED} >&2 ;;\n{open}    esac\n}}\n"
    ))
}

/// What a target is that logs, for the chains of `side`, where such rules ask for it.
fn logging_row(side: Side, asked: impl Fn(&str) -> bool, program: &str) -> Option<(String, Vec<String>)> {
    let stages = Stage::ALL.into_iter().filter(|stage| stage.side() == side);
    let places = stages.flat_map(|stage| ["", COPIED, REDIRECTING].map(|suffix| format!("{}{suffix}", stage.name())));
    let patterns: Vec<String> = places.filter(|place| asked(place)).map(|place| format!("{place},*\" -l\"")).collect();
    (!patterns.is_empty()).then(|| (format!("{LOGS} {program} {} \"$@\"", side.chain()), patterns))
}

/// What REDIRECT is in the filter table where a rule may redirect; the comment is for [`REDIRECTIONS`].
fn redirect_rows(layout: &Layout<'_>, stage: Stage) -> Vec<(String, Vec<String>)> {
    let place = format!("{}{REDIRECTING}", stage.name());
    let verdict = layout.route.verdict("REDIRECT", stage).join(" ");
    match stage {
        Stage::Input => vec![
            (format!("{verdict} -m comment --comment redirect-to-same"), vec![format!("{place},REDIRECT")]),
            (
                format!("\"{verdict} -m comment --comment redirect-to-${{2#REDIRECT }}\""),
                vec![format!("{place},\"REDIRECT \"*")],
            ),
        ],
        _ => vec![(verdict, vec![format!("{place},REDIRECT*")])],
    }
}

/// What is said of a target that is not known.
const REFUSED: &str = "\"iptables_target: no translation for the target '$2'\"";

/// The functions that the output needs, before the first command of the script and behind its opening
/// comments: the one that translates commands which may say what is `said`, and the one that finds devices by their
/// addresses.
pub(super) fn functions(
    analysis: &Analysis<'_>,
    (text, layout): (&Renamed<'_>, &Layout<'_>),
    (said, asks_devices): (Option<&Said>, bool),
    edits: &[Edit],
    ways: Vec<String>,
) -> Option<Edit> {
    let program = default_program(analysis);
    let tells = edits.iter().any(|edit| edit.text.contains(&format!("{PROGRAM}=")));
    let mut functions = Vec::new();
    if let Some(said) = said {
        let function = function::function(layout, said, (!tells).then_some(program.as_str()));
        functions.push(function.replace(&format!("{{{PROGRAM}:=iptables}}"), &format!("{{{PROGRAM}:={program}}}")));
    }
    let asks_devices = asks_devices || functions.iter().any(|function| function.contains("$(masqueraded_from "));
    if asks_devices {
        functions.push(MASQUERADED_FROM.to_owned());
    }
    let asks_ports = edits.iter().any(|edit| edit.text.contains(&format!("! {PORTS} ")));
    functions.extend(asks_ports.then(|| PORTS_FUNCTION.to_owned()));
    functions.extend(target_function(layout, edits, said, &program));
    if functions.iter().any(|function| function.contains(&format!(") {LOGS} "))) {
        functions.push(LOGGED.to_owned());
    }
    let asked = edits.iter().any(|edit| edit.text.contains(&no_translation("")));
    functions.extend(asked.then(|| NO_TRANSLATION_FUNCTION.to_owned()));
    let asked = edits.iter().any(|edit| asks_to_redirect(&edit.text));
    let translated = layout.redirects_at_the_end.is_some() && said.is_some_and(Said::may_redirect);
    if asked || translated {
        let trap = layout.redirects_at_the_end == Some(End::Shell);
        let trap = if trap { format!("trap 'redirections {program}' 0\n") } else { String::new() };
        functions.push(format!("{REDIRECTIONS}{trap}"));
    }
    functions.extend(ways);
    (!functions.is_empty()).then(|| at_the_top(text, &functions.join("\n")))
}

/// The last line of the output, where it redirects what its rules ask for by one of its `functions` and has no shell of
/// its own that could do so.
pub(super) fn last_line(
    analysis: &Analysis<'_>,
    text: &Renamed<'_>,
    layout: &Layout<'_>,
    functions: Option<&Edit>,
) -> Option<Edit> {
    let view = text.source.view();
    let gap = if view.ends_with('\n') { "" } else { "\n" };
    let line = format!("{gap}redirections {}\n", default_program(analysis));
    let redirects = functions.is_some_and(|edit| edit.text.contains(REDIRECTIONS));
    let last = layout.redirects_at_the_end == Some(End::Text) && redirects;
    last.then(|| Edit::insert(view.len() as u32, line))
}

fn at_the_top(text: &Renamed<'_>, functions: &str) -> Edit {
    let view = text.source.view();
    let mut at = if view.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    for line in view.get(at..).unwrap_or_default().split_inclusive('\n') {
        if !line.starts_with('#') {
            break;
        }
        at += line.len();
    }
    let gap = if view.get(..at).is_none_or(|before| before.is_empty() || before.ends_with('\n')) { "" } else { "\n" };
    Edit::insert(at as u32, format!("{gap}\n{functions}\n"))
}
