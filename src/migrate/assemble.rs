//! All changes of the script together: rewritten commands, the way of forwarded packets, functions and names.

use super::frames::Frames;
use super::laying::{self, Laid};
use super::layout::Layout;
use super::names::SHOWING;
use super::outcome::Outcomes;
use super::policies::Policies;
use super::program::{Calls, program_of};
use super::render::{Renamed, in_one_line};
use super::runtime::Said;
use super::sites::{self, Site, Sites, Written};
use super::writer::Writer;
use super::{Item, Migration, runtime};
use crate::analysis::Analysis;
use crate::eval::is_shell;
use crate::text::{Edit, Edits, Place, Source, Span};

/// Makes all edits.
pub(super) fn assemble(
    analysis: &Analysis<'_>,
    sites: &Sites<'_>,
    outcomes: Outcomes,
    renames: &[Edit],
    (layout, frames, policies): (&Layout<'_>, &Frames, &Policies),
) -> Migration {
    let source = analysis.sources.get(analysis.file);
    let renamed = Renamed::of(source, renames);
    let calls = Calls::of(analysis);
    let mut writer = Writer::new(analysis, sites, &renamed, (policies, &calls));
    for (site, found) in &outcomes.sites {
        writer.write(*site, found);
    }
    let said = outcomes.said_when_run();
    let mut items = outcomes.items;
    let asks_devices = writer.asks_devices;
    let mut edits = writer.finish(&mut items);
    let dos = has_dos_lines(source);
    let mut ways = Vec::new();
    for frame in &frames.all {
        let program = program_of(analysis, sites, frame.first, &renamed);
        let mut lines = frame.lines((&program, calls.trying(&program), &calls.asking), renamed.variables, dos);
        let in_string = |site: &Site<'_>| site.string.is_some_and(|string| string.contains(frame.statement));
        let mut knows_functions = !dos && !sites.iter().any(in_string);
        if let Some((before, behind)) = around_string(analysis, sites, frame.first, &renamed) {
            knows_functions = false;
            if lines.iter().any(|line| line == "fi") {
                lines = vec![in_one_line(&lines)];
            }
            lines = lines.iter().map(|line| in_quotes(line, &before, &behind)).collect();
        }
        ways.push(Laid { statement: frame.statement, lines, knows_functions });
    }
    let (laid, ways) = analysis.tree().map(|tree| laying::edits(&ways, &renamed, tree.root())).unwrap_or_default();
    edits.extend(laid);
    edits.extend(outcomes.here);
    edits.extend(outcomes.beside);
    let functions = runtime::functions(analysis, (&renamed, layout), (said.as_ref(), asks_devices), &edits, ways);
    let last = runtime::last_line(analysis, &renamed, layout, functions.as_ref());
    items.extend(refused_when_run(&edits, functions.as_ref(), analysis, layout, said.as_ref()));
    // Where the script begins with its first command, they stand before what is laid before that.
    edits.splice(0..0, functions);
    edits.extend(last);
    let replaced = reaches(&edits);
    let outside = renames.iter().filter(|edit| !is_inside(edit.span, &replaced));
    let mut all = Edits::default();
    for edit in edits.iter().chain(outside) {
        let edit = Edit { text: with_line_ends_of(source, &edit.text), ..edit.clone() };
        if all.add(edit.clone()).is_err() {
            let place = Place::new(analysis.file, edit.span);
            items.push(Item { place, message: "two changes meet here; look at this place".to_owned(), person: true });
        }
    }
    Migration { text: all.apply(source), items, edits: all, doubts: Vec::new() }
}

/// What the functions of the output refuse when they run, each said once, where it first may happen.
fn refused_when_run(
    edits: &[Edit],
    functions: Option<&Edit>,
    analysis: &Analysis<'_>,
    layout: &Layout<'_>,
    said: Option<&Said>,
) -> Vec<Item> {
    let mut all: Vec<&Edit> = edits.iter().collect();
    all.sort_by_key(|edit| edit.span);
    let note = |edit: &Edit, message| Item { place: Place::new(analysis.file, edit.span), message, person: false };
    let of_targets = |edit: &&Edit| {
        runtime::of_targets(&edit.text, layout).into_iter().map(|message| note(edit, message)).collect::<Vec<_>>()
    };
    let call = all.iter().find(|edit| runtime::translates(&edit.text));
    let of_commands = functions
        .zip(said)
        .zip(call)
        .and_then(|((functions, said), call)| Some(note(call, runtime::of_commands(&functions.text, layout, said)?)));
    let mut items: Vec<Item> = Vec::new();
    for item in all.iter().flat_map(of_targets).chain(of_commands) {
        if items.iter().all(|known| known.message != item.message) {
            items.push(item);
        }
    }
    items
}

/// Where edits that replace something begin, in order, and how far those reach that have begun by then.
fn reaches(edits: &[Edit]) -> Vec<Span> {
    let mut spans: Vec<Span> = edits.iter().map(|edit| edit.span).filter(|span| !span.is_empty()).collect();
    spans.sort();
    let mut end = 0;
    for span in &mut spans {
        end = span.end.max(end);
        span.end = end;
    }
    spans
}

/// Whether one of those edits replaces all of a span.
fn is_inside(span: Span, reaches: &[Span]) -> bool {
    let begun = reaches.partition_point(|own| own.start <= span.start);
    begun.checked_sub(1).is_some_and(|last| span.end <= reaches[last].end)
}

/// What stands before and behind the string that holds the command of a step, in the command that runs the string.
fn around_string(
    analysis: &Analysis<'_>,
    sites: &Sites<'_>,
    step: usize,
    renamed: &Renamed<'_>,
) -> Option<(String, String)> {
    let (step, invocation) = analysis.invocation(step)?;
    let Written::Here { site, .. } = sites::written(analysis, sites, step, invocation) else { return None };
    let string = sites.get(site)?.string?;
    // A here-document is no word of the command that runs it.
    renamed.source.text(string).starts_with(['"', '\'']).then_some(())?;
    let outer = sites.iter().filter(|site| site.string.is_none() && site.node.span.contains(string));
    let outer = outer.min_by_key(|site| site.node.span.len())?;
    let extent = outer.extent();
    // What a shell runs may as well stand beside it, and what only shows its words runs nothing.
    let runner = outer.words().first().map(|word| renamed.source.text(*word).into_owned())?;
    let beside = ["eval", "trap"].contains(&runner.as_str()) || SHOWING.contains(&runner.as_str()) || is_shell(&runner);
    (!beside).then_some(())?;
    let text = |start, end| renamed.text(Span { start, end });
    Some((text(extent.start, string.start), text(string.end, extent.end)))
}

/// A command as a string of another one; a comment stays.
fn in_quotes(line: &str, before: &str, behind: &str) -> String {
    if line.starts_with('#') { line.to_owned() } else { format!("{before}'{line}'{behind}") }
}

fn has_dos_lines(source: &Source) -> bool {
    let first = source.view().lines().next().map_or(0, str::len);
    source.view().get(first..).is_some_and(|rest| rest.starts_with("\r\n"))
}

/// The text with the line ends that the file has.
fn with_line_ends_of(source: &Source, text: &str) -> String {
    if has_dos_lines(source) { text.replace("\r\n", "\n").replace('\n', "\r\n") } else { text.to_owned() }
}
