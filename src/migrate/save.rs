//! Files of ipchains-save, and here-documents of ipchains-restore: they become input for iptables-restore.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::command::{Given, Line, Translator};
use super::frames::Frames;
use super::layout::{Layout, Side, Stage, plain_name};
use super::outcome::Outcome;
use super::policies::Policies;
use super::refusals::{self, Refusals};
use super::route::MASQUERADED;
use super::rule::{Token, Wording};
use super::{Item, Migration, Options};
use crate::analysis::{Analysis, Reading};
use crate::dialect::ipchains::saved_policy;
use crate::eval::{Act, Invocation, Step, masqueraded_from};
use crate::logic::Formula;
use crate::syntax::{Kind, Tree};
use crate::text::{Edits, Place};

/// The tables in the order in which they are written.
const TABLES: [&str; 3] = ["filter", "mangle", "nat"];

/// The lines of one table.
#[derive(Default)]
struct Section {
    /// A comment above all of it.
    comment: Option<String>,
    /// Chains with their policies, `-` for user chains.
    chains: BTreeMap<(bool, String), String>,
    rules: Vec<String>,
    /// Rules for the end.
    tails: Vec<String>,
}

/// Migrates the file under analysis, which is a save file.
pub(super) fn migrate(analysis: &Analysis<'_>, tree: &Tree, options: Options) -> Migration {
    let source = analysis.sources.get(analysis.file);
    let policies = Policies::of(analysis);
    let layout = Layout::of(analysis, &policies, options);
    let frames = Frames::default();
    let refusals = Refusals::of(analysis, &policies);
    let marks = super::marks::possible(&layout, analysis);
    let mut translator = Translator {
        layout: &layout,
        policies: &policies,
        frames: &frames,
        wide: Default::default(),
        numbers: Default::default(),
        roles: Default::default(),
        wrappers: Default::default(),
        refusals: &refusals,
        marks,
        doubts: Default::default(),
    };
    let steps: Vec<(usize, &Step)> = analysis.evaluation.steps.iter().enumerate().collect();
    let mut items = Vec::new();
    let mut sections = convert(analysis, &steps, &mut translator, &mut items);
    complete(&layout, &mut sections);
    let body = print(sections);
    let comments = tree.root().all(Kind::Comment).map(|comment| format!("{}\n", source.text(comment.span).trim_end()));
    let comments: String = comments.collect();
    let text = crate::text::encode_lossless(&(comments + &body)).into_owned();
    super::simplified(
        Migration { text, items, edits: Edits::default(), doubts: Vec::new() },
        analysis,
        &layout,
        options.staged,
    )
}

/// The steps of a here-document as the text for `iptables-restore -n`.
///
/// What ipchains-restore reads joins the rules that are there, so that only chains that it makes are declared.
pub(super) fn document(
    analysis: &Analysis<'_>,
    steps: &[(usize, &Step)],
    translator: &mut Translator<'_>,
    items: &mut Vec<Item>,
) -> String {
    print(convert(analysis, steps, translator, items))
}

type Sections = BTreeMap<&'static str, Section>;

fn print(mut sections: Sections) -> String {
    let sections = TABLES.into_iter().filter_map(|table| Some((table, sections.remove(table)?)));
    sections.map(|(table, section)| section.print(table)).collect()
}

/// The lines for the steps of a save file.
fn convert(
    analysis: &Analysis<'_>,
    steps: &[(usize, &Step)],
    translator: &mut Translator<'_>,
    items: &mut Vec<Item>,
) -> Sections {
    let mut sections = Sections::new();
    if translator.frames.all.is_empty() && translator.layout.route.needs_frame() {
        lay_way(translator, &mut sections);
    }
    for (number, step) in steps {
        match &step.act {
            Act::Chain { name, policy, .. } => {
                let (name, policy) = (name.to_string(), policy.as_deref());
                declare(analysis, step, &name, policy, translator.layout, &mut sections, items);
                if let Some(side) = Side::of_chain(&name) {
                    let policy = saved_policy(policy.unwrap_or("ACCEPT"));
                    let lines = translator.declared_policy(*number, step.guard, side, policy);
                    lines.iter().for_each(|line| add(line, &mut sections));
                }
            }
            Act::Run(invocation) => rule(analysis, (*number, step, invocation), translator, &mut sections, items),
            _ => {}
        }
    }
    sections
}

impl Section {
    fn print(&self, table: &str) -> String {
        let comment = self.comment.iter().map(|comment| format!("{comment}\n"));
        let mut out: String = comment.chain([format!("*{table}\n")]).collect();
        for ((_, chain), policy) in &self.chains {
            out.push_str(&format!(":{chain} {policy} [0:0]\n"));
        }
        for line in self.rules.iter().chain(&self.tails) {
            out.push_str(line);
            out.push('\n');
        }
        out + "COMMIT\n"
    }

    fn chain(&mut self, name: String, policy: &str) {
        self.chains.insert((policy == "-", name), policy.to_owned());
    }
}

/// Every chain that rules stand in must be declared in a file that replaces the tables.
fn complete(layout: &Layout<'_>, sections: &mut Sections) {
    for chain in ["input", "forward", "output"].map(str::to_owned).into_iter().chain(layout.user_chains()) {
        for copy in layout.copies(&chain) {
            let section = sections.entry(copy.purpose.table().unwrap_or("filter")).or_default();
            let known = section.chains.keys().any(|(_, name)| *name == copy.name);
            if !known {
                section.chain(copy.name, if Side::of_chain(&chain).is_some() { "ACCEPT" } else { "-" });
            }
        }
    }
}

fn declare(
    analysis: &Analysis<'_>,
    step: &Step,
    chain: &str,
    policy: Option<&str>,
    layout: &Layout<'_>,
    sections: &mut Sections,
    items: &mut Vec<Item>,
) {
    let mut person = |reason: &str| {
        items.push(Item { place: Place::new(analysis.file, step.place.span), message: reason.to_owned(), person: true })
    };
    let Some(side) = Side::of_chain(chain) else {
        for copy in layout.copies(chain) {
            sections.entry(copy.purpose.table().unwrap_or("filter")).or_default().chain(copy.name, "-");
        }
        if layout.copies(chain).is_empty() {
            sections.entry("filter").or_default().chain(plain_name(chain), "-");
        }
        return;
    };
    // Old files give policies by number.
    let filter = sections.entry("filter").or_default();
    let policy = saved_policy(policy.unwrap_or("ACCEPT"));
    match policy {
        "ACCEPT" | "DENY" | "REJECT" => {}
        "MASQ" if side == Side::Forward => {}
        other => return person(&format!("`{other}` is no policy that this chain can have")),
    }
    let open = policy == "ACCEPT" && !(side == Side::Forward && layout.route.is_staged());
    filter.chain(side.builtin().to_owned(), if open { "ACCEPT" } else { "DROP" });
    if policy == "REJECT" && side.host_stage().is_some_and(|stage| layout.route.rejects_at_the_end(stage)) {
        filter.tails.push(format!("-A {} -j REJECT", side.builtin()));
    }
}

/// The way of forwarded packets, before all other rules.
fn lay_way(translator: &Translator<'_>, sections: &mut Sections) {
    let route = &translator.layout.route;
    for chain in route.chains() {
        sections.entry("filter").or_default().chain(chain.to_owned(), "-");
    }
    sections.entry("filter").or_default().comment = route.masquerades().then(|| route.mark_comment());
    let policy = |stage: Stage| {
        let policy = translator.policies.known(stage.side(), Formula::TRUE, usize::MAX).unwrap_or("DENY");
        route.verdict(policy, stage).join(" ")
    };
    for rule in route.rules(policy) {
        let (table, words) = match rule.strip_prefix("-t nat ") {
            Some(words) => ("nat", words),
            None => ("filter", rule.as_str()),
        };
        let section = sections.entry(table).or_default();
        if table == "nat" {
            section.chain("POSTROUTING".to_owned(), "ACCEPT");
        }
        section.rules.push(words.to_owned());
    }
    let mangle = sections.entry("mangle").or_default();
    for chain in route.mark_chains() {
        mangle.chain(chain, "-");
    }
    for (rule, masks) in route.mark_rules() {
        let rule = |mask: &String| super::adders::with_mask(&rule, mask);
        let all = if masks.is_empty() { vec![rule(&String::new())] } else { masks.iter().map(rule).collect() };
        mangle.rules.extend(all);
    }
    if let Some(head) = route.mangle_head() {
        mangle.chain("POSTROUTING".to_owned(), "ACCEPT");
        mangle.chain(MASQUERADED.to_owned(), "-");
        mangle.rules.push(head);
    }
    if mangle.rules.is_empty() {
        sections.remove("mangle");
    }
}

fn rule(
    analysis: &Analysis<'_>,
    (number, step, invocation): (usize, &Step, &Invocation),
    translator: &mut Translator<'_>,
    sections: &mut Sections,
    items: &mut Vec<Item>,
) {
    let Some(Some(Reading::Ipchains(parsed))) = analysis.readings.get(number) else { return };
    let mut say = |message: String, person| {
        items.push(Item { place: Place::new(analysis.file, step.place.span), message, person })
    };
    let Some(command) = &parsed.command else {
        return say(refusals::of(parsed), true);
    };
    let texts: Vec<String> =
        invocation.arguments.iter().map(|word| analysis.sources.text(word.place).into_owned()).collect();
    let wording = Wording {
        words: &invocation.arguments,
        texts: &texts,
        uses: &parsed.uses,
        unquoted: false,
        flag: None,
        ports: &[],
        given: &[],
    };
    let given = Given { step: number, guard: step.guard, certain: true, counts: true, wording };
    match Outcome::of(translator.translate(&given, &command.action)) {
        Outcome::Lines(lines) => {
            let lines = by_device(lines, analysis.evaluation.own_addresses.devices());
            if lines.iter().any(|line| matches!(line, Line::EachDevice { .. })) {
                let message = "what this rule says of the source of masqueraded packets hangs on the addresses of the \
                               host's devices: name them all with `--own-address DEVICE=ADDRESS`";
                say(message.to_owned(), true);
            }
            std::mem::take(&mut translator.doubts).into_iter().for_each(|doubt| say(doubt, true));
            lines.iter().for_each(|line| add(line, sections));
        }
        Outcome::Never => say("this rule can match no packet, so it is left out".to_owned(), false),
        Outcome::Person(reason) => say(reason, true),
        _ => say("a save file cannot hold what is only known at run time".to_owned(), true),
    }
}

/// The lines with a rule for each of the devices whose own address fits, where those of all devices are known.
fn by_device(lines: Vec<Line>, devices: &[(String, Ipv4Addr)]) -> Vec<Line> {
    let of_device = |tokens: &[Token], device: &str| {
        let own = ["-o", device].map(|text| Token { anchor: usize::MAX, text: text.to_owned() });
        Line::Filter { tokens: tokens.iter().cloned().chain(own).collect(), main: false }
    };
    let lines = lines.into_iter().flat_map(|line| match &line {
        Line::EachDevice { tokens, devices: asked } => match masqueraded_from(&asked.arguments, devices) {
            Some(fitting) => fitting.into_iter().map(|device| of_device(tokens, device)).collect(),
            None => vec![line],
        },
        _ => vec![line],
    });
    lines.collect()
}

fn add(line: &Line, sections: &mut Sections) {
    let (tokens, tail) = match line {
        Line::Filter { tokens, .. } => (tokens, false),
        Line::Tail(tokens) => (tokens, true),
        Line::EachDevice { .. }
        | Line::Flagged { .. }
        | Line::Rejecting { .. }
        | Line::Shell(_)
        | Line::Refused(_)
        | Line::Clear { .. }
        | Line::Behind(_)
        | Line::Perhaps(_) => return,
    };
    let (table, rest): (&str, &[Token]) = match tokens.as_slice() {
        [option, table, rest @ ..] if option.text == "-t" => {
            (TABLES.into_iter().find(|known| *known == table.text).unwrap_or("filter"), rest)
        }
        all => ("filter", all),
    };
    let words: Vec<&str> = rest.iter().map(|token| token.text.as_str()).collect();
    let section = sections.entry(table).or_default();
    if let ["-P", chain, policy] = words.as_slice() {
        return section.chain((*chain).to_owned(), policy);
    }
    if tail { &mut section.tails } else { &mut section.rules }.push(words.join(" "));
}
