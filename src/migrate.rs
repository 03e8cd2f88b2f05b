//! From ipchains to iptables: the script rewritten, with everything else left byte for byte.
//!
//! The script is evaluated first; then each command is rewritten where it stands, with
//! the script's own words. What is only known at run time goes through a shell function
//! that the output brings along. What cannot be migrated stays as a comment and is listed.
//! The output is read back before it is handed out.

mod adders;
mod cases;
mod command;
mod frames;
mod instance;
mod layout;
mod loops;
mod marks;
mod names;
mod numbers;
mod obsolete;
mod outcome;
mod policies;
mod remarks;
mod render;
mod restore;
mod roles;
mod route;
mod rule;
mod runtime;
mod save;
mod shared;
mod simplify;
mod sites;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{self, Analysis, Reading};
use crate::diag::Severity;
use crate::eval::{Input, Invocation, Program, Settings, Step};
use crate::model::Action;
use crate::packet::Kernel;
use crate::syntax::{Form, Node, Tree};
use crate::text::{Edit, Edits, FileId, Place, Source, Sources};
use command::{Given, Translator};
use frames::Frames;
use layout::Layout;
use names::Script;
use outcome::{Found, Outcome, Outcomes};
use policies::Policies;
use remarks::with_comments;
use render::Renamed;
pub use restore::restore;
use roles::Roles;
use rule::{Flag, Trouble, Wording};
use shared::Arguments;
use sites::{Site, Written};

/// A script for iptables, and what there is to say about it.
pub struct Migration {
    /// The new file.
    pub text: Vec<u8>,
    /// What a person must look at, and notes, in the order of their lines.
    pub items: Vec<Item>,
    /// What made the new file out of the old one; none where it was put together anew.
    pub edits: Edits,
}

/// Something to say about a place of the old script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The place in the old script.
    pub place: Place,
    /// What.
    pub message: String,
    /// A person must do something; else it is only a note.
    pub person: bool,
}

/// Why a file is not migrated at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is a script for ipfwadm.
    Ipfwadm,
}

impl Migration {
    /// Whether all of it was migrated.
    pub fn is_complete(&self) -> bool {
        !self.items.iter().any(|item| item.person)
    }
}

/// How a file is migrated.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The kernel whose behaviour the output must have.
    pub kernel: Kernel,
    /// Keep the three stages of forwarded packets even where fewer would do.
    pub staged: bool,
}

/// Migrates the file under analysis for a kernel of its time, as simply as it goes.
pub fn migrate(analysis: &Analysis<'_>) -> Result<Migration, Refused> {
    migrate_with(analysis, Options::default())
}

/// Migrates the file under analysis; a file without ipchains comes out unchanged.
pub fn migrate_with(analysis: &Analysis<'_>, options: Options) -> Result<Migration, Refused> {
    let source = analysis.sources.get(analysis.file);
    let unchanged = || Migration { text: source.bytes().to_vec(), items: Vec::new(), edits: Edits::default() };
    if analysis.uses(Program::Ipfwadm) && !analysis.uses(Program::Ipchains) {
        return Err(Refused::Ipfwadm);
    }
    let Some(tree) = analysis.tree() else { return Ok(unchanged()) };
    let mut migration = match tree.form {
        Form::IptablesSave => return Ok(unchanged()),
        Form::IpchainsSave => save::migrate(analysis, tree, options),
        Form::Script if !concerns(analysis, tree) => return Ok(unchanged()),
        Form::Script => migrate_script(analysis, tree, options),
    };
    read_back(&mut migration, source);
    migration.items.sort_by_key(|item| (item.place, item.message.clone()));
    migration.items.dedup();
    Ok(migration)
}

/// Whether the script has to do with ipchains.
fn concerns(analysis: &Analysis<'_>, tree: &Tree) -> bool {
    let programs = [Program::Ipchains, Program::IpchainsSave, Program::IpchainsRestore, Program::Ipmasqadm];
    let used = programs.into_iter().any(|program| analysis.uses(program));
    let script = Script::new(analysis, tree.root());
    used || !script.program_variables().is_empty()
        || analysis
            .invocations()
            .any(|(_, _, invocation)| !matches!(outcome::surrounding(invocation, "iptables"), Outcome::Keep))
}

fn migrate_script(analysis: &Analysis<'_>, tree: &Tree, options: Options) -> Migration {
    let source = analysis.sources.get(analysis.file);
    let script = Script::new(analysis, tree.root());
    let strings = sites::strings(analysis, tree.root(), source.view());
    let mut sites = sites::all(tree.root(), source.view());
    for (span, root) in &strings {
        let inner = sites::in_string(*span, root.root(), source.view(), &sites);
        sites.extend(inner);
    }
    let sites = sites;
    let policies = Policies::of(analysis);
    let layout = Layout::of(analysis, &policies, options);
    let frames = Frames::of(analysis, &layout, &policies);
    let mut blocked = BTreeSet::new();
    let (roles, outcomes) = loop {
        let mut translator = Translator {
            layout: &layout,
            policies: &policies,
            frames: &frames,
            numbers: Default::default(),
            roles: Roles {
                blocked: blocked.clone(),
                changes_values: !analysis.uses(Program::Iptables),
                ..Roles::default()
            },
            marks: marks::possible(&layout, analysis),
        };
        let outcomes = translate_all(analysis, &sites, &mut translator, &script);
        let untranslated: Vec<Node<'_>> =
            outcomes.untranslated().filter_map(|site| sites.get(site)).map(|site| site.node).collect();
        let unfit = script.unfit(&translator.roles, &untranslated);
        if unfit.is_subset(&blocked) {
            break (translator.roles, outcomes);
        }
        blocked.extend(unfit);
    };
    let mut outcomes = outcomes;
    for place in &frames.unsettled {
        let message = "which policies hold here depends on the run, so the last rules of the stages that forwarded packets \
                       pass say DROP; look at them";
        outcomes.items.push(Item { place: *place, message: message.to_owned(), person: true });
    }
    for span in script.fed_shells() {
        let message = "commands for ipchains go to another shell here; migrate them by hand".to_owned();
        outcomes.items.push(Item { place: Place::new(analysis.file, span), message, person: true });
    }
    outcomes.name_values(&roles);
    let mut renames = script.program_edits(&sites);
    renames.extend(script.role_edits(&roles));
    let migration = assemble(analysis, &sites, outcomes, &renames, (&layout, &frames));
    simplified(migration, analysis, &layout, options)
}

/// Without what makes no difference; the rules of other files may count on anything.
fn simplified(migration: Migration, analysis: &Analysis<'_>, layout: &Layout<'_>, options: Options) -> Migration {
    match options.staged || analysis.trees.len() > 1 {
        true => migration,
        false => {
            let text = simplify::simplify(migration.text.clone(), layout);
            // Once lines are left out, the edits do not tell where the others come from.
            let edits = if text == migration.text { migration.edits } else { Edits::default() };
            Migration { text, edits, ..migration }
        }
    }
}

/// What becomes of each simple command.
fn translate_all(
    analysis: &Analysis<'_>,
    sites: &[Site<'_>],
    translator: &mut Translator<'_>,
    script: &Script<'_>,
) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let variables = script.program_variables();
    let renames: Vec<Edit> = script.program_edits(sites);
    let source = analysis.sources.get(analysis.file);
    let renamed = Renamed { source, edits: &renames };
    let program = outcome::program_text(analysis, &variables);
    let here: BTreeSet<Place> = analysis.invocations().filter_map(|(_, _, invocation)| rules_in(invocation)).collect();
    let strings: BTreeSet<_> = sites.iter().filter_map(|site| site.string).collect();
    let live: BTreeSet<Place> =
        analysis.invocations().filter(|(_, step, _)| !step.guard.is_false()).map(|(_, step, _)| step.place).collect();
    for (number, step, invocation) in analysis.invocations() {
        // What no run gets to says nothing about a command that other runs get to.
        if step.guard.is_false() && live.contains(&step.place) && !strings.contains(&invocation.name.span) {
            continue;
        }
        if here.iter().any(|here| here.file == step.place.file && here.span.contains(step.place.span)) {
            continue;
        }
        if step.place.file != analysis.file && step.calls.iter().all(|call| call.file != analysis.file) {
            outcomes.elsewhere(step, invocation);
            continue;
        }
        if invocation.program == Program::Ipchains {
            ipchains_command(analysis, sites, translator, (number, step, invocation), &renamed, &mut outcomes);
        } else if let Some(site) = sites::innermost(analysis, sites, step.place) {
            let outcome = outcome::surrounding_at(invocation, &program, &renamed, &sites[site]);
            outcomes.add(site, 0, keep_redirections(outcome, translator.layout, number));
        }
    }
    for place in here.into_iter().filter(|place| place.file == analysis.file) {
        let steps: Vec<(usize, &Step)> = analysis
            .evaluation
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| place.span.contains(step.place.span))
            .collect();
        let text = save::convert(analysis, &steps, translator, &mut outcomes.items);
        outcomes.here.push(Edit::replace(place.span, text));
    }
    outcomes
}

/// Emptying nat PREROUTING for the sake of forwarded ports must not take the rules of REDIRECT along.
fn keep_redirections(outcome: Outcome, layout: &Layout<'_>, step: usize) -> Outcome {
    let empties = |command: &String| command.ends_with("-t nat -F PREROUTING");
    let redirects = |placed: &layout::Placed<'_>| layout::Purpose::Redirect.is_served_by(placed.rule);
    match &outcome {
        Outcome::Commands(commands, _)
            if commands.iter().any(empties)
                && layout.placed().any(|(_, placed)| placed.step < step && redirects(placed)) =>
        {
            let reason = "iptables would remove the rules of REDIRECT too; delete the forwarded ports one by one";
            Outcome::Person(reason.to_owned())
        }
        _ => outcome,
    }
}

/// The here-document from which ipchains-restore reads its rules.
fn rules_in(invocation: &Invocation) -> Option<Place> {
    match invocation.input {
        Input::Here(place) if invocation.program == Program::IpchainsRestore => Some(place),
        _ => None,
    }
}

fn ipchains_command(
    analysis: &Analysis<'_>,
    sites: &[Site<'_>],
    translator: &mut Translator<'_>,
    (number, step, invocation): (usize, &Step, &Invocation),
    renamed: &Renamed<'_>,
    outcomes: &mut Outcomes,
) {
    let Some(Some(Reading::Ipchains(parsed))) = analysis.readings.get(number) else { return };
    let (site, first, numbers, with_program) = match sites::written(analysis, sites, step, invocation) {
        Written::Here { site, first, words, with_program } => (site, first, words, with_program),
        Written::Mixed { site: Some(site) } => return outcomes.add(site, 0, Outcome::RunTime(unknowns(invocation))),
        Written::Mixed { site: None } => return outcomes.elsewhere(step, invocation),
    };
    let Some(command) = &parsed.command else {
        return outcomes.add(site, first, Outcome::Person(refused(parsed)));
    };
    let words = sites.get(site).map(Site::words).unwrap_or_default();
    if with_program && first > 0 && words.first().is_some_and(|word| renamed.text(*word) == "eval") {
        let reason = "the commands that this runs stand elsewhere; migrate them by hand";
        return outcomes.add(site, first, Outcome::Person(reason.to_owned()));
    }
    if let Some(name) = outcome::foreign_chain(&command.action, analysis) {
        let message = format!("ipchains has no chain `{name}`; its built-in chains are input, forward and output");
        return outcomes.add(site, first, Outcome::Person(message));
    }
    let written: Vec<String> = words.get(first..).unwrap_or_default().iter().map(|word| renamed.text(*word)).collect();
    let program = with_program.then(|| names::iptables_name(&invocation.name_value.to_string()));
    let arguments = Arguments::new(&invocation.arguments, &written, &numbers, &parsed.uses, program);
    let texts = &arguments.texts;
    let options_written =
        parsed.uses.iter().all(|found| texts.get(found.word).is_some_and(|text| command::is_literal(text)));
    let head: Vec<&str> = words
        .get(..first)
        .unwrap_or_default()
        .iter()
        .filter_map(|word| renamed.source.view().get(word.range()))
        .collect();
    let (flag, ports) = undecided(parsed, &invocation.arguments, texts);
    let in_string = sites.get(site).is_some_and(|site| site.string.is_some());
    let wording = Wording {
        words: &invocation.arguments,
        texts,
        uses: &parsed.uses,
        unquoted: !with_program && !outcome::is_plain_program(&head) || in_string,
        flag,
        ports: &ports,
    };
    let live = !step.guard.is_false() && !step.uncalled;
    let given =
        Given { step: number, guard: step.guard, certain: step.guard.is_true() && !step.many, counts: live, wording };
    let result = if options_written { translator.translate(&given, &command.action) } else { Err(Trouble::RunTime) };
    let mut outcome = Outcome::of(result);
    if let Outcome::Lines(lines) = &mut outcome
        && !arguments.settle(lines, &mut translator.roles)
    {
        outcome = Outcome::RunTime(BTreeSet::new());
    }
    if let Outcome::RunTime(names) = &mut outcome {
        *names = unknowns(invocation);
        if let Some(reason) = outcome::beyond_run_time(&command.action) {
            outcome = Outcome::Person(reason);
        }
    }
    if matches!(outcome, Outcome::RunTime(_)) && outcome::side_is_open(&command.action) {
        let place = step.place;
        let message = "whether this chain is reached from input or from output is not known, so `-i` or REJECT may mean the other side";
        outcomes.items.push(Item { place, message: message.to_owned(), person: true });
    }
    if let Some(reason) = always_refused(analysis, step.place) {
        outcome = Outcome::Person(reason);
    } else {
        check_names(analysis, number, &command.action, invocation, outcomes);
    }
    let deciding = arguments.deciding(&invocation.arguments, &written, &parsed.uses);
    outcomes.add_run(site, Found { first, outcome, prefix: arguments.prefix(), order: 0 }, deciding);
}

/// The variable that may be the flag for the log, and the words that may be ports.
fn undecided(
    parsed: &crate::dialect::ipchains::Parsed,
    words: &[crate::model::Word],
    texts: &[String],
) -> (Option<Flag>, Vec<usize>) {
    let open = parsed.open_words(words);
    let text = |at: usize| texts.get(at).map(String::as_str).unwrap_or_default();
    let name = |at: usize| Some(text(at)).filter(|text| text.starts_with('$')).and_then(roles::variable);
    let ports = open.ports.into_iter().filter(|at| name(*at).is_some() || text(*at).starts_with('@')).collect();
    (open.flag.and_then(name).map(|name| Flag { name }), ports)
}

/// The names of what is unknown in the words of a command.
fn unknowns(invocation: &Invocation) -> BTreeSet<String> {
    let arguments = invocation.arguments.iter().flat_map(|word| word.value.unknowns());
    let empty = invocation.vanished.iter().map(|vanished| vanished.variable.clone());
    arguments.map(|unknown| unknown.name.to_string()).chain(empty).filter(|name| !name.is_empty()).collect()
}

/// Why ipchains takes the command of this place in no run. A script that builds only a part of a
/// firewall may count on chains and rules that others have made, so this holds only where the script
/// makes user chains itself, or has put rules into the chain.
fn always_refused(analysis: &Analysis<'_>, place: Place) -> Option<String> {
    let refusal = |number: usize| {
        let refusal = analysis.refusals.iter().find(|(step, _)| *step == number).map(|(_, refusal)| refusal)?;
        let earlier = || analysis.readings.iter().take(number).flatten().filter_map(Reading::command);
        let own =
            match (refusal.code, analysis.readings.get(number)?.as_ref()?.command().map(|command| &command.action)) {
                ("undefined-chain", Some(Action::Append { .. } | Action::Insert { .. } | Action::Replace { .. })) => {
                    analysis.commands().any(|(_, command)| matches!(&command.action, Action::NewChain { .. }))
                }
                (
                    "missing-rule",
                    Some(
                        Action::DeleteNumber { chain, .. }
                        | Action::Insert { chain, .. }
                        | Action::Replace { chain, .. },
                    ),
                ) => earlier()
                    .any(|command| matches!(&command.action, Action::Append { chain: other, .. } if other == chain)),
                _ => false,
            };
        own.then(|| format!("ipchains refuses this command: {}", refusal.message))
    };
    let mut runs =
        analysis.invocations().filter(|(_, step, _)| step.place == place).map(|(number, ..)| refusal(number));
    let first = runs.next()??;
    runs.all(|refused| refused.is_some()).then_some(first)
}

/// Lists a command whose chain or target is not there, which ipchains refuses when it runs.
fn check_names(
    analysis: &Analysis<'_>,
    number: usize,
    action: &Action,
    invocation: &Invocation,
    outcomes: &mut Outcomes,
) {
    let adds = matches!(action, Action::Append { .. } | Action::Insert { .. } | Action::Replace { .. });
    let refused = analysis.refusals.iter().find(|(step, refusal)| *step == number && refusal.code == "undefined-chain");
    if adds && refused.is_some() {
        let place = invocation.arguments.iter().map(|word| word.place).reduce(Place::cover).unwrap_or_default();
        let message = "ipchains refuses this command: it names a chain or target that is not there at this point";
        outcomes.items.push(Item { place, message: message.to_owned(), person: true });
    }
}

/// Why a command is not migrated that ipchains itself refuses.
fn refused(parsed: &crate::dialect::ipchains::Parsed) -> String {
    let problem = parsed.problems.iter().find(|problem| problem.severity == Severity::Error);
    if parsed.problems.iter().any(|problem| problem.message.starts_with("` `")) {
        return "the backslash at the end of the line is followed by a blank, so the command ends there".to_owned();
    }
    let said = problem.map(|problem| problem.message.clone()).or_else(|| parsed.refusal.clone()).unwrap_or_default();
    format!("ipchains refuses this command: {said}")
}

/// Makes all edits.
fn assemble(
    analysis: &Analysis<'_>,
    sites: &[Site<'_>],
    outcomes: Outcomes,
    renames: &[Edit],
    (layout, frames): (&Layout<'_>, &Frames),
) -> Migration {
    let source = analysis.sources.get(analysis.file);
    let renamed = Renamed { source, edits: renames };
    let mut writer = outcome::Writer::new(analysis, sites, &renamed);
    for (site, found) in &outcomes.sites {
        writer.write(*site, found);
    }
    let mut items = outcomes.items;
    let asks_devices = writer.asks_devices;
    let (mut edits, tails, needs_function) = writer.finish(&mut items);
    edits.extend(tails);
    let dos = has_dos_lines(source);
    for frame in &frames.all {
        let program = program_of(analysis, sites, frame.first, &renamed);
        let lines = frame.lines(&program, dos);
        let lines = match around_string(analysis, sites, frame.first, &renamed) {
            Some((before, behind)) => lines.iter().map(|line| in_quotes(line, &before, &behind)).collect(),
            None => lines,
        };
        edits.push(renamed.before(frame.statement, &lines));
    }
    edits.extend(outcomes.here);
    let asks_devices = asks_devices || needs_function && layout.route.disguises();
    let functions = runtime::functions(analysis, &renamed, layout, (needs_function, asks_devices), &edits);
    edits.extend(functions);
    let replaced: Vec<_> = edits.iter().map(|edit| edit.span).collect();
    let outside =
        renames.iter().filter(|edit| !replaced.iter().any(|span| !span.is_empty() && span.contains(edit.span)));
    let mut all = Edits::default();
    for edit in edits.iter().chain(outside) {
        let edit = Edit { text: with_line_ends_of(source, &edit.text), ..edit.clone() };
        if all.add(edit.clone()).is_err() {
            let place = Place::new(analysis.file, edit.span);
            items.push(Item { place, message: "two changes meet here; look at this place".to_owned(), person: true });
        }
    }
    Migration { text: all.apply(source), items, edits: all }
}

/// What stands before and behind the string that holds the command of a step, in the command that runs the string.
fn around_string(
    analysis: &Analysis<'_>,
    sites: &[Site<'_>],
    step: usize,
    renamed: &Renamed<'_>,
) -> Option<(String, String)> {
    let (_, step, invocation) = analysis.invocations().find(|(number, ..)| *number == step)?;
    let Written::Here { site, .. } = sites::written(analysis, sites, step, invocation) else { return None };
    let string = sites.get(site)?.string?;
    let outer = sites.iter().filter(|site| site.string.is_none() && site.node.span.contains(string));
    let extent = outer.min_by_key(|site| site.node.span.len())?.extent();
    let text = |start, end| renamed.text(crate::text::Span { start, end });
    Some((text(extent.start, string.start), text(string.end, extent.end)))
}

/// A command as a string of another one; a comment stays.
fn in_quotes(line: &str, before: &str, behind: &str) -> String {
    if line.starts_with('#') { line.to_owned() } else { format!("{before}'{line}'{behind}") }
}

/// The words by which the command of a step calls its program, where they mean the same elsewhere.
fn program_of(analysis: &Analysis<'_>, sites: &[Site<'_>], step: usize, renamed: &Renamed<'_>) -> String {
    let own = || {
        let (_, step, invocation) = analysis.invocations().find(|(number, ..)| *number == step)?;
        let Written::Here { site, first, with_program: false, .. } = sites::written(analysis, sites, step, invocation)
        else {
            return None;
        };
        sites.get(site).filter(|site| site.string.is_none())?;
        let words = sites.get(site)?.words();
        let (begin, end) = (words.first()?.start, words.get(first.checked_sub(1)?)?.end);
        let text = renamed.text(crate::text::Span { start: begin, end });
        let positional = text.contains("$@") || text.contains("$*") || text.contains("$1") || text.contains('"');
        (!positional && !text.contains('\n')).then_some(text)
    };
    own().unwrap_or_else(|| runtime::default_program(analysis))
}

fn has_dos_lines(source: &Source) -> bool {
    let first = source.view().lines().next().map_or(0, str::len);
    source.view().get(first..).is_some_and(|rest| rest.starts_with("\r\n"))
}

/// The text with the line ends that the file has.
fn with_line_ends_of(source: &Source, text: &str) -> String {
    if has_dos_lines(source) { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text.to_owned() }
}

/// Reads the output with the project's own parsers: it must be well formed and hold no ipchains command.
fn read_back(migration: &mut Migration, old: &Source) {
    let mut sources = Sources::default();
    let file = sources.add(Source::new(old.path(), migration.text.clone()));
    let trees = [analysis::parse(sources.get(file), file, None)];
    let analysis = analysis::analyse(&sources, &trees, file, &Settings::default());
    let mut left: BTreeMap<usize, String> = BTreeMap::new();
    for (_, step, invocation) in analysis.invocations() {
        if matches!(invocation.program, Program::Ipchains | Program::IpchainsSave | Program::IpchainsRestore) {
            let line = sources.get(FileId(0)).line(step.place.span.start);
            left.insert(line, sources.text(step.place).into_owned());
        }
    }
    for (line, text) in left {
        let message =
            format!("line {line} of the output still runs ipchains: {}", text.lines().next().unwrap_or_default());
        migration.items.push(Item { place: Place::default(), message, person: true });
    }
    let before = analysis::parse(old, file, None).problems.len();
    if trees[0].problems.len() > before {
        let message = "the output is not well formed; please report this".to_owned();
        migration.items.push(Item { place: Place::default(), message, person: true });
    }
}
