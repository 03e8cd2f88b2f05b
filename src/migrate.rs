//! From ipchains to iptables: the script rewritten, with everything else left byte for byte.
//!
//! The script is evaluated first; then each command is rewritten where it stands, with
//! the script's own words. What is only known at run time goes through a shell function
//! that the output brings along. What cannot be migrated stays as a comment and is listed.
//! The output is read back before it is handed out.

mod adders;
mod assemble;
mod cases;
mod command;
mod frames;
mod helpers;
mod inline;
mod instance;
mod invocation;
mod last_rules;
mod laying;
mod layout;
mod loops;
mod marks;
mod mentions;
mod misread;
mod names;
mod numbers;
mod obsolete;
mod outcome;
mod policies;
mod program;
mod read_back;
mod redirections;
mod refusals;
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
mod surrounding;
#[cfg(test)]
mod tests;
mod unfold;
mod unset;
mod variables;
mod wrappers;
mod writer;

use std::collections::BTreeSet;

use crate::analysis::{self, Analysis};
use crate::eval::{Input, Invocation, Program, Settings, Step};
use crate::model::Action;
use crate::packet::Kernel;
use crate::syntax::{Form, Node, Tree};
use crate::text::{Edit, Edits, FileId, Place, Source, Sources, Span, Spans};
use command::Translator;
use frames::Frames;
use inline::{Room, Round};
use layout::Layout;
use mentions::Mentions;
use names::Script;
use outcome::{Outcome, Outcomes};
use policies::Policies;
use refusals::Refusals;
use render::Renamed;
pub use restore::restore;
use roles::Roles;
use sites::Sites;
use surrounding::Around;
pub use unset::unset;
use wrappers::Wrappers;

/// A script for iptables, and what there is to say about it.
pub struct Migration {
    /// The new file.
    pub text: Vec<u8>,
    /// What a person must look at, and notes, in the order of their lines.
    pub items: Vec<Item>,
    /// What made the new file out of the old one; none where it was put together anew.
    pub edits: Edits,
    /// Why what the script does is not known in whole.
    pub doubts: Vec<Item>,
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

    /// Its doubts, each with its place.
    pub fn reasons(&self, sources: &Sources) -> Vec<String> {
        let reason = |item: &Item| {
            let source = sources.get(item.place.file);
            format!("{}:{}: {}", source.path(), source.line(item.place.span.start), item.message)
        };
        self.doubts.iter().map(reason).collect()
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

/// A migration before its text was read back.
pub struct Draft(Migration);

impl Draft {
    /// The new file.
    pub fn text(&self) -> &[u8] {
        &self.0.text
    }

    /// How much of it is left to a person.
    pub fn left(&self) -> usize {
        self.0.items.iter().filter(|item| item.person).count()
    }

    /// The migration, with what there is to say about its text, which `after` is an analysis of; `before` is the
    /// one that it was made from.
    pub fn read_back(self, before: &Analysis<'_>, after: &Analysis<'_>) -> Migration {
        let Self(mut migration) = self;
        migration.items.extend(read_back::check(before, after));
        migration.items.sort_by_key(|item| (item.place, item.message.clone()));
        migration.items.dedup();
        migration
    }
}

/// Migrates the file under analysis for a kernel of its time, as simply as it goes.
pub fn migrate(analysis: &Analysis<'_>) -> Result<Migration, Refused> {
    let draft = draft(analysis, Options::default())?;
    let mut sources = Sources::default();
    let file = sources.add(Source::new(analysis.sources.get(analysis.file).path(), draft.text().to_vec()));
    let form = analysis.tree().and_then(|tree| tree.form.of_rewritten());
    let trees = [analysis::parse(sources.get(file), file, form)];
    let after = analysis::analyse(&sources, &trees, file, &Settings::default());
    Ok(draft.read_back(analysis, &after))
}

/// Migrates the file under analysis; a file without ipchains comes out unchanged.
pub fn draft(analysis: &Analysis<'_>, options: Options) -> Result<Draft, Refused> {
    let source = analysis.sources.get(analysis.file);
    let unchanged =
        || Migration { text: source.bytes().to_vec(), items: Vec::new(), edits: Edits::default(), doubts: Vec::new() };
    let newer = [Program::Ipchains, Program::Iptables].iter().any(|program| analysis.uses(*program));
    if analysis.uses(Program::Ipfwadm) && !newer {
        return Err(Refused::Ipfwadm);
    }
    Ok(Draft(match analysis.tree() {
        Some(tree) if tree.form == Form::IpchainsSave => save::migrate(analysis, tree, options),
        Some(tree) if tree.form == Form::Script && concerns(analysis, tree) => {
            migrate_script(analysis, tree, options, Room::ALL).0
        }
        _ => unchanged(),
    }))
}

/// Whether the script has to do with ipchains, or may have where it was not followed to its end.
fn concerns(analysis: &Analysis<'_>, tree: &Tree) -> bool {
    let programs = [Program::Ipchains, Program::IpchainsSave, Program::IpchainsRestore, Program::Ipmasqadm];
    let used = programs.into_iter().any(|program| analysis.uses(program));
    let script = Script::new(analysis, tree.root());
    // A script for iptables may well put away what was there before it.
    let newer = [Program::Iptables, Program::IptablesRestore].into_iter().any(|program| analysis.uses(program));
    let changes = |invocation: &Invocation| {
        names::service(invocation).is_some() || surrounding::surrounding(invocation, "iptables") != Outcome::Keep
    };
    used || analysis.evaluation.cut_short.is_some()
        || !script.program_variables().is_empty()
        || !newer && analysis.invocations().any(|(_, _, invocation)| changes(invocation))
        || hands_on(analysis, tree, &script)
}

/// Whether the script has commands of ipchains run on this host where the evaluation does not tell.
fn hands_on(analysis: &Analysis<'_>, tree: &Tree, script: &Script<'_>) -> bool {
    let sites = sites::all(tree.root(), analysis.sources.get(analysis.file).view());
    !Mentions::of(analysis, tree.root(), script).run_here(&sites).is_empty()
}

/// The script for iptables, and how many commands are left to a person or have no translation that stands in it;
/// functions are written out as far as there is room.
fn migrate_script(analysis: &Analysis<'_>, tree: &Tree, options: Options, room: Room) -> (Migration, (usize, usize)) {
    let source = analysis.sources.get(analysis.file);
    let script = Script::new(analysis, tree.root());
    let strings = sites::strings(analysis, tree.root(), source.view());
    let mut sites = sites::all(tree.root(), source.view());
    for (span, root) in &strings {
        let inner = sites::in_string(analysis, *span, root.root(), source.view(), &sites);
        sites.extend(inner);
    }
    let sites = Sites::of(sites, sites::wordy(tree.root(), source.view()));
    let policies = Policies::of(analysis);
    let layout = Layout::of(analysis, &policies, options);
    let frames = Frames::of(analysis, &layout, &policies);
    let program_names = script.program_edits(&sites);
    let renamed = Renamed::of(source, &program_names);
    let ground = (&layout, &policies, &frames);
    let (roles, wrappers, mut outcomes) = translated(analysis, tree, (&script, &sites, &renamed), ground);
    let left = outcomes.left();
    let spans = |site: &usize| sites.get(*site).map(|site| site.node.span);
    let unwritten: Vec<Span> = outcomes.open_to_calls().iter().chain(&wrappers.valued()).filter_map(spans).collect();
    // What is translated when it runs anyway is so as well in the function.
    let is_better = |own: &(usize, usize)| left.1 == 0 && *own == left || *own < left;
    if let Some(round) = inline::inline(analysis, tree.root(), &sites, &unwritten, room)
        && let Some(inlined) = migrate_changed(analysis, round, options).filter(|(_, own)| is_better(own))
    {
        return inlined;
    }
    outcomes.items.extend(said_of_all(analysis, &script, &frames));
    let when_run = outcomes.open();
    let is_of_these = |place| sites.innermost(analysis, place).is_some_and(|site| when_run.contains(&site));
    outcomes.items.extend(misread::notes(analysis, is_of_these));
    let mentions = Mentions::of(analysis, tree.root(), &script);
    outcomes.items.extend(mentions.read_lists());
    let doubts = mentions.list(&sites, &mut outcomes, &renamed);
    outcomes.name_values(&roles);
    let apart = outcomes.written_apart(&sites, &renamed);
    if let Some(round) = unfold::unfold(analysis, tree.root(), &sites, &apart, room)
        && let Some(unfolded) = migrate_changed(analysis, round, options).filter(|(_, own)| *own <= left)
    {
        return unfolded;
    }
    wrappers.settle(&mut outcomes, &sites, &roles);
    let mut renames = program_names.clone();
    renames.extend(script.role_edits(&roles));
    let left_whole = script.commands_left(&outcomes.without_program(&sites, &renamed));
    renames.retain(|edit| !left_whole.hold(edit.span));
    renames.sort();
    let migration = assemble::assemble(analysis, &sites, outcomes, &renames, (&layout, &frames, &policies));
    let whole = options.staged || frames.others.are_joined();
    (Migration { doubts, ..simplified(migration, analysis, &layout, whole) }, left)
}

/// What becomes of all commands, with the values that variables get; those that cannot have theirs, and functions whose
/// calls do not fit, are left as they are until all of it goes together.
fn translated(
    analysis: &Analysis<'_>,
    tree: &Tree,
    (script, sites, renamed): (&Script<'_>, &Sites<'_>, &Renamed<'_>),
    (layout, policies, frames): (&Layout<'_>, &Policies, &Frames),
) -> (Roles, Wrappers, Outcomes) {
    let refusals = Refusals::of(analysis, policies);
    let mut wrappers = Wrappers::of(analysis, tree.root(), sites);
    let (mut blocked, mut wide) = (frames.asked.clone(), BTreeSet::new());
    loop {
        let mut translator = Translator {
            layout,
            policies,
            frames,
            wide: wide.clone(),
            numbers: Default::default(),
            roles: Roles {
                blocked: blocked.clone(),
                changes_values: !analysis.uses(Program::Iptables),
                ..Roles::default()
            },
            wrappers,
            refusals: &refusals,
            marks: marks::possible(layout, analysis),
            doubts: Default::default(),
        };
        let mut outcomes = translate_all(analysis, sites, &mut translator, renamed);
        let untranslated: Vec<Node<'_>> =
            outcomes.untranslated().filter_map(|site| sites.get(site)).map(|site| site.node).collect();
        let mut unfit = script.unfit(&translator.roles, &untranslated);
        unfit.extend(outcomes.blurred(&translator.roles));
        let unfit_wrappers = translator.wrappers.unfit(&outcomes, sites, &translator.roles);
        // What an arm counts may be added by a later one.
        let counted = !frames.others.are_counted() || *translator.numbers.wide() == wide;
        if unfit.is_subset(&blocked) && unfit_wrappers.is_empty() && counted {
            let lists = analysis.commands().any(|(_, command)| matches!(command.action, Action::List { .. }));
            outcomes.settle_numbers(translator.numbers.uneven(), layout, lists);
            return (translator.roles, translator.wrappers, outcomes);
        }
        blocked.extend(unfit);
        wide.extend(translator.numbers.wide().iter().cloned());
        wrappers = translator.wrappers.without(&unfit_wrappers);
    }
}

/// What there is to say of the script as a whole.
fn said_of_all(analysis: &Analysis<'_>, script: &Script<'_>, frames: &Frames) -> Vec<Item> {
    let mut items = Vec::new();
    for (span, old, new) in script.set_elsewhere(&script.program_variables()) {
        let message =
            format!("nothing here sets `${old}`, which is `${new}` now; where it is set, that must name iptables");
        items.push(Item { place: Place::new(analysis.file, span), message, person: false });
    }
    items.extend(script.programs_kept());
    if let Some(place) = analysis.evaluation.cut_short {
        let message = "the script goes on for too long to follow; whether what it does from here on is right for iptables \
                       is not known";
        items.push(Item { place, message: message.to_owned(), person: true });
    }
    for place in &frames.unsettled {
        let message = "which policies hold here depends on the run, so the last rules of the stages that forwarded packets \
                       pass say DROP; look at them";
        items.push(Item { place: *place, message: message.to_owned(), person: true });
    }
    let forgotten = frames.others.notes().map(|(place, message)| Item { place, message, person: false });
    items.extend(forgotten);
    items
}

/// A script with some edits, as a file of its own.
fn changed(source: &Source, edits: &Edits) -> (Sources, FileId, [Tree; 1]) {
    let mut sources = Sources::default();
    let file = sources.add(Source::new(source.path(), edits.apply(source)));
    let trees = [analysis::parse(sources.get(file), file, Some(Form::Script))];
    (sources, file, trees)
}

/// Migrates the script as a round has made it; what is said is said of the script as it was.
fn migrate_changed(old: &Analysis<'_>, round: Round, options: Options) -> Option<(Migration, (usize, usize))> {
    let Round { edits, notes, room } = round;
    let (sources, file, trees) = changed(old.sources.get(old.file), &edits);
    let analysis = analysis::analyse(&sources, &trees, file, &old.evaluation.settings());
    let (migration, open) = migrate_script(&analysis, trees.first()?, options, room);
    let origins = edits.origins();
    let was = |item: Item| {
        let start = origins.of(item.place.span.start);
        Item { place: Place::new(old.file, Span { start, end: start }), ..item }
    };
    let items = migration.items.into_iter().map(was).chain(notes).collect();
    let doubts = migration.doubts.into_iter().map(was).collect();
    Some((Migration { items, doubts, edits: Edits::default(), ..migration }, open))
}

/// Without what makes no difference, unless it is to stay `whole`; the rules of other files may count on anything.
fn simplified(migration: Migration, analysis: &Analysis<'_>, layout: &Layout<'_>, whole: bool) -> Migration {
    match whole || analysis.trees.len() > 1 {
        true => migration,
        false => {
            let text = simplify::simplify(migration.text.clone(), layout, analysis);
            // Once lines are left out, the edits do not tell where the others come from.
            let edits = if text == migration.text { migration.edits } else { Edits::default() };
            Migration { text, edits, ..migration }
        }
    }
}

/// What becomes of each simple command.
fn translate_all(
    analysis: &Analysis<'_>,
    sites: &Sites<'_>,
    translator: &mut Translator<'_>,
    renamed: &Renamed<'_>,
) -> Outcomes {
    let mut outcomes = Outcomes::default();
    let around = Around::of(analysis, sites, renamed);
    let here: BTreeSet<Place> = analysis.invocations().filter_map(|(_, _, invocation)| rules_in(invocation)).collect();
    let of_file = |file| here.iter().filter(|place| place.file.0 as usize == file).map(|place| place.span).collect();
    let documents: Vec<Spans> = (0..analysis.trees.len()).map(of_file).collect();
    let strings: BTreeSet<_> = sites.iter().filter_map(|site| site.string).collect();
    let live: BTreeSet<Place> =
        analysis.invocations().filter(|(_, step, _)| !step.guard.is_false()).map(|(_, step, _)| step.place).collect();
    for (number, step, invocation) in analysis.invocations() {
        // What no run gets to says nothing about a command that other runs get to.
        if step.guard.is_false() && live.contains(&step.place) && !strings.contains(&invocation.name.span) {
            continue;
        }
        if documents.get(step.place.file.0 as usize).is_some_and(|own| own.hold(step.place.span)) {
            continue;
        }
        if step.place.file != analysis.file && step.calls.iter().all(|call| call.file != analysis.file) {
            outcomes.elsewhere(step, invocation);
            continue;
        }
        if invocation.program == Program::Ipchains {
            invocation::translate(analysis, sites, translator, (number, step, invocation), renamed, &mut outcomes);
        } else if let Some((site, written)) = surrounding::written(analysis, sites, step, invocation) {
            let outcome = surrounding::surrounding_at(invocation, &written, &around, renamed, &sites[site]);
            outcomes.add(site, 0, redirections::keep(outcome, analysis, translator, number));
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
        let text = save::document(analysis, &steps, translator, &mut outcomes.items);
        outcomes.here.push(Edit::replace(place.span, text));
    }
    outcomes
}

/// The here-document from which ipchains-restore reads its rules.
fn rules_in(invocation: &Invocation) -> Option<Place> {
    match invocation.input {
        Input::Here(place) if invocation.program == Program::IpchainsRestore => Some(place),
        _ => None,
    }
}
