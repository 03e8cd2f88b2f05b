//! Commands of ipchains in texts for others: `ssh fw "ipchains -F"`, lines that are written to a file, `xargs ipchains`.
//!
//! What becomes of such a text is not followed. It stays as it is, and a person is told, as of commands that read files
//! which the kernel no longer has.

use std::collections::BTreeSet;

use super::Item;
use super::names::{ASKING, SHOWING, Script, is_program};
use super::obsolete;
use super::outcome::{Outcome, Outcomes};
use super::render::{Renamed, comment_above};
use super::roles::unquoted;
use super::sites::{CHANGING, Site};
use crate::analysis::Analysis;
use crate::dialect::ipmasqadm;
use crate::eval::{Input, is_shell};
use crate::model::Action;
use crate::syntax::{HereDocument, Kind, Node, here_documents};
use crate::text::{Place, Span, Spans, base_name};

/// Programs that look at a text, or pass it to somebody who reads.
const LOOKING: [&str; 22] = [
    "grep", "egrep", "fgrep", "sed", "awk", "gawk", "expr", "ps", "pidof", "killall", "man", "more", "less", "wc",
    "head", "tail", "sort", "cut", "tr", "mail", "column", "wall",
];

/// Programs that show a list as it is.
const SHOWN_BY: [&str; 6] = ["more", "less", "cat", "mail", "tee", "lpr"];

/// The texts of a script that others may run.
pub(super) struct Mentions<'a> {
    analysis: &'a Analysis<'a>,
    script: &'a Script<'a>,
    pipelines: Vec<Node<'a>>,
    documents: Vec<HereDocument<'a>>,
    /// What is evaluated: names of programs, and here-documents.
    evaluated: Spans,
    /// The first words of all commands.
    heads: BTreeSet<String>,
}

impl<'a> Mentions<'a> {
    pub(super) fn of(analysis: &'a Analysis<'a>, root: Node<'a>, script: &'a Script<'a>) -> Self {
        let pipes = |node: &Node<'_>| node.kind == Kind::Pipeline && node.child(Kind::Pipe).is_some();
        let evaluated =
            analysis.invocations().filter(|(_, _, own)| CHANGING.contains(&own.program)).flat_map(|(_, _, own)| {
                let read = match own.input {
                    Input::Here(place) => Some(place),
                    _ => None,
                };
                [Some(own.name), read].into_iter().flatten()
            });
        let here = |place: &Place| place.file == analysis.file && !place.span.is_empty();
        let evaluated = evaluated.filter(here).map(|place| place.span).collect();
        let (pipelines, documents) = (root.walk().filter(pipes).collect(), here_documents(root).collect());
        let simple = root.walk().filter(|node| node.kind == Kind::Simple);
        let heads = simple.filter_map(|node| node.child(Kind::Word));
        let source = analysis.sources.get(analysis.file);
        let heads = heads.map(|word| source.text(word.span).into_owned()).collect();
        Self { analysis, script, pipelines, documents, evaluated, heads }
    }

    /// What is to be said of lists of rules that a program reads.
    pub(super) fn read_lists(&self) -> impl Iterator<Item = Item> + '_ {
        let lists = self.analysis.commands().filter(|(_, command)| matches!(command.action, Action::List { .. }));
        let places: BTreeSet<Place> = lists.map(|(step, _)| step.place).collect();
        let read = places.into_iter().filter(|place| place.file == self.analysis.file).filter_map(|place| {
            let reader = self.next_reader(place.span).filter(|reader| !SHOWN_BY.contains(&reader.as_str()))?;
            Some((place, reader))
        });
        read.map(|(place, reader)| {
            let message = format!("lists of iptables have other names and columns; look at what `{reader}` reads here");
            Item { place, message, person: false }
        })
    }

    /// Lists them, and says why nothing is known of what they do.
    pub(super) fn list(&self, sites: &[Site<'_>], outcomes: &mut Outcomes, renamed: &Renamed<'_>) -> Vec<Item> {
        let mut doubts = Vec::new();
        let stays = |site: &Site<'_>, message: &str, outcomes: &mut Outcomes| {
            let place = Place::new(self.analysis.file, site.extent());
            outcomes.items.push(Item { place, message: message.to_owned(), person: true });
            let remark = format!("iptmigrate: NOT MIGRATED: {message}");
            outcomes.beside.push(comment_above(renamed, site.statement, &remark, ""));
        };
        for (at, site) in sites.iter().enumerate().filter(|(_, site)| site.string.is_none()) {
            let message = if let Some(name) = self.other_name(site) {
                let message =
                    format!("`{name}` is another name for ipchains here; migrate what it is used for by hand");
                outcomes.add(at, 0, Outcome::Person(message.clone()));
                message
            } else if let Some(program) = self.runs(site) {
                let message = format!("`{program}` runs ipchains here; migrate that by hand");
                outcomes.add(at, 0, Outcome::Person(message.clone()));
                message
            } else if self.is_left(site) {
                let message = "the script goes on for too long to be followed up to here; migrate this by hand";
                outcomes.add(at, 0, Outcome::Person(message.to_owned()));
                message.to_owned()
            } else if let Some(receiver) = self.hands_on(site) {
                let message = format!("commands of ipchains go to `{receiver}` here; migrate them by hand");
                if self.is_run_here(site, &receiver) {
                    outcomes.add(at, 0, Outcome::Person(message.clone()));
                    doubts.push(self.doubt(site, message));
                    continue;
                }
                stays(site, &message, outcomes);
                message
            } else {
                if let Some(message) = self.reads_what_is_gone(site) {
                    stays(site, &message, outcomes);
                }
                continue;
            };
            doubts.push(self.doubt(site, message));
        }
        doubts
    }

    /// The commands that run ipchains on this host, themselves or by a text for a shell, where the evaluation does not
    /// tell, each with its text.
    pub(super) fn run_here(&self, sites: &[Site<'_>]) -> Vec<(Span, String)> {
        let runs = |site: &&Site<'_>| {
            let runs = self.runs(site).is_some() || self.other_name(site).is_some();
            runs || self.hands_on(site).is_some_and(|receiver| self.is_run_here(site, &receiver))
        };
        sites.iter().filter(runs).map(|site| (site.node.span, self.text(site.node.span))).collect()
    }

    /// What is to be said of a command that reads a file which the kernel no longer has.
    fn reads_what_is_gone(&self, site: &Site<'_>) -> Option<String> {
        let asks =
            self.head(site).is_none_or(|head| ASKING.contains(&head.as_str()) || SHOWING.contains(&head.as_str()));
        let words = site.words().into_iter().skip(if asks { usize::MAX } else { 1 });
        let files = site.node.all(Kind::Redirect).filter_map(|redirect| redirect.child(Kind::Word));
        words.chain(files.map(|file| file.span)).find_map(|word| obsolete::read(unquoted(&self.text(word))))
    }

    fn doubt(&self, site: &Site<'_>, message: String) -> Item {
        Item { place: Place::new(self.analysis.file, site.node.span), message, person: true }
    }

    /// Whether a command runs the texts that it is given itself, on this host.
    fn is_run_here(&self, site: &Site<'_>, receiver: &str) -> bool {
        let fed = self.head(site).is_none_or(|head| head != receiver);
        receiver == "eval" && !fed || is_shell(receiver) && (!fed || self.file_written(site).is_none())
    }

    /// The alias that a command makes for ipchains, if the script uses it: what becomes of that nobody follows.
    fn other_name(&self, site: &Site<'_>) -> Option<String> {
        let words: Vec<String> = site.words().iter().map(|word| self.text(*word)).collect();
        let (_, names) = words.split_first().filter(|(head, _)| *head == "alias")?;
        names.iter().find_map(|word| {
            let (name, value) = word.split_once('=')?;
            let program = unquoted(value).split_whitespace().next()?;
            let name = name.trim_start_matches(['"', '\'']);
            let used = self.heads.contains(name) && self.script.calls_program(program);
            used.then(|| name.to_owned())
        })
    }

    /// The program that is given a command of ipchains as words of its own, on this machine.
    fn runs(&self, site: &Site<'_>) -> Option<String> {
        let words: Vec<String> = site.words().iter().map(|word| self.text(*word)).collect();
        let head = self.head(site)?;
        let elsewhere = matches!(head.as_str(), "ssh" | "rsh" | "remsh");
        let command = |pair: &[String]| self.script.calls_program(&pair[0]) && pair[1].starts_with('-');
        let runs = !elsewhere && !is_passive(&head) && words.get(1..)?.windows(2).any(command);
        (runs && !self.is_evaluated(site.node.span)).then_some(head)
    }

    /// Whether it is a command of ipchains that no evaluation got to.
    fn is_left(&self, site: &Site<'_>) -> bool {
        let cut = self.analysis.evaluation.cut_short.is_some();
        let head = || site.words().first().map(|word| self.text(*word));
        cut && !self.is_evaluated(site.node.span) && head().is_some_and(|head| self.script.calls_program(&head))
    }

    /// Whoever gets a text with commands of ipchains in it.
    fn hands_on(&self, site: &Site<'_>) -> Option<String> {
        let head = self.head(site)?;
        let passive = is_passive(&head) || head == "cat";
        let first = self.documents.partition_point(|here| here.redirect.span.start < site.node.span.start);
        let documents = self.documents.iter().skip(first);
        let documents = documents.take_while(|here| site.node.span.contains(here.redirect.span));
        let in_documents = documents
            .filter(|here| self.speaks(&self.text(here.body.span)))
            .any(|here| !self.is_evaluated(here.body.span));
        let all: Vec<String> = site.words().iter().skip(1).map(|word| self.text(*word)).collect();
        // What looks at a text may write one for a shell: `awk '{ print "ipchains -A input -s", $1 }' | sh`.
        let for_shell = self.fed(site).is_some_and(|receiver| is_shell(&receiver));
        let writes = SHOWING.contains(&head.as_str()) || for_shell;
        // And it may pick one out of a file: `grep '^ipchains.*DENY' /etc/rc.firewall | sh`.
        let picks = for_shell && all.iter().any(|word| word.contains("ipchains"));
        let in_words =
            (self.speaks(&all.join(" ")) || picks) && !self.is_evaluated(site.node.span) && (!passive || writes);
        (in_documents || in_words).then_some(())?;
        self.file_written(site).or_else(|| self.fed(site)).or((!passive).then_some(head))
    }

    /// The file that the output of a command goes to.
    fn file_written(&self, site: &Site<'_>) -> Option<String> {
        let mut redirects = site.node.all(Kind::Redirect);
        redirects.find_map(|redirect| {
            let operator = redirect.child(Kind::RedirectOperator).map(|operator| self.text(operator.span))?;
            let descriptor = redirect.child(Kind::Descriptor).map(|descriptor| self.text(descriptor.span));
            let file = redirect.child(Kind::Word).map(|word| self.text(word.span))?;
            let output = matches!(operator.as_str(), ">" | ">>" | ">|") && descriptor.is_none_or(|own| own == "1");
            (output && !file.starts_with("/dev/") && !file.starts_with('&')).then_some(file)
        })
    }

    /// The last command of the pipeline that a command writes into, unless that only looks at what it reads.
    fn fed(&self, site: &Site<'_>) -> Option<String> {
        self.reader(site.node.span).filter(|head| !is_passive(head) && head != "cat")
    }

    /// The last command of the pipeline that the command at `span` writes into.
    fn reader(&self, span: Span) -> Option<String> {
        self.readers(span).last().map(|word| self.called(word))
    }

    /// The command that reads what the one at `span` writes.
    fn next_reader(&self, span: Span) -> Option<String> {
        self.readers(span).next().map(|word| self.called(word))
    }

    /// The first words of the commands behind that at `span` in its pipeline.
    fn readers(&self, span: Span) -> impl Iterator<Item = Span> + '_ {
        let pipelines = self.pipelines.iter().filter(move |pipeline| pipeline.span.contains(span));
        let pipeline = pipelines.min_by_key(|pipeline| pipeline.span.len());
        let behind = pipeline
            .into_iter()
            .flat_map(|pipeline| pipeline.walk())
            .filter(move |node| node.kind == Kind::Simple && node.span.start >= span.end);
        behind.filter_map(|node| Some(node.child(Kind::Word)?.span))
    }

    fn head(&self, site: &Site<'_>) -> Option<String> {
        site.words().first().map(|word| self.called(*word))
    }

    /// The program that a word calls.
    fn called(&self, word: Span) -> String {
        base_name(unquoted(&self.text(word))).to_owned()
    }

    fn is_evaluated(&self, span: Span) -> bool {
        self.evaluated.lie_in(span) || self.evaluated.hold(span)
    }

    /// Whether a line of the text that is no comment begins a command of ipchains somewhere.
    fn speaks(&self, text: &str) -> bool {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        lines.into_iter().any(|line| {
            let words: Vec<&str> = line.split([' ', '\t', ';', '&', '|', '(', ')', '"', '\'', '`']).collect();
            let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
            let forwards = |pair: &[&str]| base_name(pair[0]) == "ipmasqadm" && ipmasqadm::is_module(pair[1]);
            words.windows(2).any(|pair| self.script.calls_program(pair[0]) && is_option(pair[1]) || forwards(pair))
                || words.iter().any(|word| is_program(word) && word.contains("ipchains-"))
        })
    }

    fn text(&self, span: Span) -> String {
        self.analysis.sources.get(self.analysis.file).text(span).into_owned()
    }
}

fn is_option(word: &str) -> bool {
    word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-'))
}

fn is_passive(head: &str) -> bool {
    SHOWING.contains(&head) || ASKING.contains(&head) || LOOKING.contains(&head) || head == ":"
}
