//! One file read, judged, and repaired where that is asked for.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::super::dialect_name;
use super::super::files::{self, Loaded};
use super::super::output::complain;
use super::config::Config;
use super::{Kind, LintArgs, VariantName};
use crate::analysis::Analysis;
use crate::diag::{Applicability, Diagnostic};
use crate::dialect::iptables::Installed;
use crate::eval::Settings;
use crate::lint::Selection;
use crate::report::{Checked, Failure};
use crate::text::{Edits, STACK, threads};

/// A repair may make another one possible; after so many rounds something repairs itself again and again.
const MAX_ROUNDS: usize = 10;

/// A file to be judged.
pub(super) struct Job {
    pub(super) path: PathBuf,
    pub(super) config: Config,
}

/// A file that was judged.
pub(super) struct Done {
    pub(super) checked: Checked,
    /// What the repairs made of it, where there were any.
    pub(super) repaired: Option<Repaired>,
}

/// A file before and after its repairs.
pub(super) struct Repaired {
    pub(super) path: PathBuf,
    pub(super) before: Vec<u8>,
    pub(super) after: Vec<u8>,
    /// Line in the round that made it, name of the lint, and title.
    pub(super) fixes: Vec<(usize, &'static str, String)>,
}

/// Judges all files, several at a time; the answers are in the order of the files.
pub(super) fn all(jobs: &[Job], args: &LintArgs) -> Vec<Result<Done, Failure>> {
    let next = AtomicUsize::new(0);
    let answers = Mutex::new(Vec::new());
    let work = || {
        while let Some((at, job)) = Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, jobs.get(at)?)))
        {
            let answer = one(job, args);
            answers.lock().unwrap_or_else(|poison| poison.into_inner()).push((at, answer));
        }
    };
    let threads = threads().min(jobs.len());
    let started = std::thread::scope(|scope| {
        let start = |_| std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        (0..threads).map(start).filter(Result::is_ok).count()
    });
    if started == 0 {
        work();
    }
    let mut answers = answers.into_inner().unwrap_or_else(|poison| poison.into_inner());
    answers.sort_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn one(job: &Job, args: &LintArgs) -> Result<Done, Failure> {
    let loaded = files::load(&job.path, args.stdin_filename.as_deref(), args.dialect.map(Kind::form))?;
    let shown = if job.path.as_os_str() == "-" { args.stdin_filename.as_deref().map(Path::new) } else { None };
    let selection = args.select.selection(&job.config, shown.unwrap_or(&job.path));
    let (mut checked, cut_short) = judge(loaded, &selection, job, args);
    if let Some(line) = cut_short {
        let message = "the script goes on for too long to follow; what comes behind is not judged";
        complain("iptlint", &format!("{}:{line}: {message}", checked.path()));
    }
    let repaired = args.repairs().then(|| repair(&mut checked, &selection, job, args)).flatten();
    if let Some(least) = args.min_severity {
        checked.findings.retain(|finding| finding.severity >= least.severity());
    }
    Ok(Done { checked, repaired })
}

/// What there is to say of a file, and the line where its evaluation was cut short.
fn judge(mut loaded: Loaded, selection: &Selection, job: &Job, args: &LintArgs) -> (Checked, Option<usize>) {
    let variables = job.config.variables.iter().map(|(name, value)| (name.clone(), value.clone()));
    let settings = Settings { variables: variables.collect(), ..Settings::default() };
    loaded.installed =
        Installed { declared: job.config.extensions.clone(), variant: args.variant.map(VariantName::variant) };
    if args.follow {
        loaded.follow(&settings);
    }
    let mut analysis = loaded.analyse(&settings);
    let mut judged = crate::lint::judge(&mut analysis, selection, &job.config.facts.facts());
    judged.findings.retain(|finding| loaded.installed.minds(finding.only));
    let (dialect, complete) = (dialect_name(&analysis), is_complete(&analysis));
    let cut_short = analysis.evaluation.cut_short.map(|place| analysis.sources.get(place.file).line(place.span.start));
    drop(analysis);
    let checked = Checked {
        sources: loaded.sources,
        file: Loaded::FILE,
        dialect,
        complete,
        findings: judged.findings,
        suppressed: judged.suppressed.len(),
        baselined: 0,
    };
    (checked, cut_short)
}

fn is_complete(analysis: &Analysis<'_>) -> bool {
    analysis.evaluation.cut_short.is_none() && analysis.tree().is_some_and(|tree| tree.problems.is_empty())
}

/// Repairs the file in rounds until nothing is left to repair; `checked` is then about the new text.
fn repair(checked: &mut Checked, selection: &Selection, job: &Job, args: &LintArgs) -> Option<Repaired> {
    let before = checked.sources.get(checked.file).bytes().to_vec();
    let mut fixes = Vec::new();
    for _ in 0..MAX_ROUNDS {
        let (edits, done) = round(checked, args.unsafe_fixes);
        if edits.is_empty() {
            break;
        }
        let after = edits.apply(checked.sources.get(checked.file));
        let loaded = Loaded::of(checked.path(), after, args.dialect.map(Kind::form));
        let (next, _) = judge(loaded, selection, job, args);
        // A repair that breaks the text would be our mistake; the text before it is the better one.
        if errors(&next.findings) > errors(&checked.findings) {
            break;
        }
        *checked = next;
        fixes.extend(done);
    }
    let after = checked.sources.get(checked.file).bytes().to_vec();
    // A filter gives its text back even where there is nothing to repair.
    let filter = args.fix && job.path.as_os_str() == "-";
    (filter || after != before).then(|| Repaired { path: job.path.clone(), before, after, fixes })
}

fn errors(findings: &[Diagnostic]) -> usize {
    findings.iter().filter(|finding| finding.code == "syntax-error").count()
}

/// The edits of one round, and what they do; a repair that overlaps another one waits for the next round.
fn round(checked: &Checked, unsafe_too: bool) -> (Edits, Vec<(usize, &'static str, String)>) {
    let (mut edits, mut done) = (Edits::default(), Vec::new());
    for finding in &checked.findings {
        let allowed = |applicability| {
            applicability == Applicability::Safe || unsafe_too && applicability == Applicability::Unsafe
        };
        let Some(fix) = finding.fixes.first().filter(|fix| allowed(fix.applicability) && fix.file == checked.file)
        else {
            continue;
        };
        if edits.add_all(fix.edits.clone()).is_ok() {
            let line = checked.sources.get(checked.file).line(finding.place.span.start);
            done.push((line, finding.code, fix.title.clone()));
        }
    }
    (edits, done)
}
