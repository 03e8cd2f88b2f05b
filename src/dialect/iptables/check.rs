//! Checks that need more than one option: what is missing, and what does not go together.

use super::draft::{Ordered, Said};
use super::extension::{Constraint, OptionRow, Role};
use super::general::{Fits, General, Id};
use super::kind::Given;
use super::leftover;
use super::module::Loaded;
use super::scan::Scanner;
use super::specification::{is_builtin, is_table};
use crate::diag::{Diagnostic, Severity, Variant};
use crate::model::{Address, Argument, Known, Value};
use crate::text::{Edit, Place};

/// Which built-in chains each table has.
const CHAINS: [(&str, &[&str]); 5] = [
    ("filter", &["INPUT", "FORWARD", "OUTPUT"]),
    ("nat", &["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]),
    ("mangle", &["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]),
    ("raw", &["PREROUTING", "OUTPUT"]),
    ("security", &["INPUT", "FORWARD", "OUTPUT"]),
];

/// Checks a command line that has been read to its end.
pub(super) fn whole(scanner: &mut Scanner<'_>) {
    leftovers(scanner);
    if scanner.draft.informs {
        return;
    }
    if scanner.draft.cut_short {
        let problem = policy(scanner).or_else(|| replaced(scanner));
        problem.into_iter().for_each(|problem| scanner.report(problem));
        return;
    }
    if scanner.draft.order.is_none() {
        if scanner.draft.undecided.is_empty() && !scanner.is_refused() {
            scanner.refuse("missing-argument", scanner.place, "there is no command such as `-A`");
        }
        return;
    }
    for problem in problems(scanner) {
        scanner.report(problem);
    }
}

/// The program crashes where a rule without an address is to be put in the place of another.
fn replaced(scanner: &Scanner<'_>) -> Option<Diagnostic> {
    scanner.draft.order.as_ref().filter(|order| order.general.id == Id::Replace)?;
    error("invalid-value", scanner.place, "iptables-restore crashes at `-R` for the other family".to_owned())
}

type Check = fn(&Scanner<'_>) -> Option<Diagnostic>;
type ModuleCheck = fn(&Scanner<'_>, &Loaded) -> Option<Diagnostic>;

/// What is wrong by itself, whatever else the rule gets wrong.
const BY_ITSELF: [Check; 2] = [interfaces, filtering];

/// What often only follows from an error before.
const IN_SEQUENCE: [Check; 7] =
    [options_of_command, wait, several_addresses, nowhere, queued, policy, listed_and_zeroed];

/// The same of the modules of a rule.
const MODULE_BY_ITSELF: [ModuleCheck; 1] = [wrong_table];
const MODULE_IN_SEQUENCE: [ModuleCheck; 3] = [lack, wrong_protocol, wrong_option];

/// All that is wrong, once at each place.
fn problems(scanner: &Scanner<'_>) -> Vec<Diagnostic> {
    let of_rule = |checks: &'static [Check]| checks.iter().filter_map(|check| check(scanner));
    let mut found: Vec<Diagnostic> = of_rule(&BY_ITSELF).chain(modules(scanner, &MODULE_BY_ITSELF)).collect();
    if !scanner.is_refused() {
        found.extend(of_rule(&IN_SEQUENCE).chain(modules(scanner, &MODULE_IN_SEQUENCE)));
    }
    // What both variants refuse needs no second reason in the same place.
    found.sort_by_key(|problem| problem.only.is_some());
    let mut said = Vec::new();
    found.retain(|problem| {
        let new = !said.contains(&problem.place);
        said.extend(problem.only.is_none().then_some(problem.place));
        new
    });
    found.sort_by_key(|problem| problem.place);
    found
}

/// Warns of chains that ipchains calls so; a script may have made a chain of that name.
fn leftovers(scanner: &mut Scanner<'_>) {
    let Some(order) = &scanner.draft.order else { return };
    let own = matches!(order.general.id, Id::NewChain | Id::DeleteChain | Id::RenameChain);
    if let Some((Value::Known(name), place)) = order.chain.as_ref().filter(|_| !own)
        && let Some(problem) = leftover::chain(name, *place)
    {
        scanner.report(problem);
    }
}

fn error(code: &'static str, place: Place, message: String) -> Option<Diagnostic> {
    Some(Diagnostic::new(code, Severity::Error, place, message))
}

/// Refuses options that do not go with the command.
fn options_of_command(scanner: &Scanner<'_>) -> Option<Diagnostic> {
    let order = scanner.draft.order.as_ref()?;
    let rules = order.takes_rule();
    let lists = order.general.id == Id::List;
    let fits = |general: &General| match general.fits {
        Fits::Rules => rules,
        Fits::NewRules => matches!(order.general.id, Id::Append | Id::Insert | Id::Replace | Id::Policy),
        Fits::Lists => lists,
        Fits::Command | Fits::All => true,
    };
    let (general, place) = scanner.draft.used.iter().find(|(general, _)| !fits(general))?;
    let message = format!("`{}` does not go with `{}`", general.name(), order.general.name());
    error("unknown-option", *place, message)
}

/// How to list goes only with `-L` from iptables 1.8.11 on, and no longer with `-L` and `-Z` together.
fn listed_and_zeroed(scanner: &Scanner<'_>) -> Option<Diagnostic> {
    let draft = &scanner.draft;
    let (general, place) = draft.used.iter().find(|(general, _)| draft.zero && general.fits == Fits::Lists)?;
    let message = format!("iptables 1.8.11 refuses `{}` where `-L` and `-Z` stand together", general.name());
    let problem = Diagnostic::new("conflicting-options", Severity::Warning, *place, message);
    Some(problem.with_help("list first, and zero the counters with a command of its own"))
}

/// `-W` says how often to ask for the lock that `-w` waits for.
fn wait(scanner: &Scanner<'_>) -> Option<Diagnostic> {
    let used = |id| scanner.draft.used.iter().find(|(general, _)| general.id == id);
    let (_, place) = used(Id::WaitInterval).filter(|_| used(Id::Wait).is_none())?;
    error("missing-argument", *place, "`-W` makes sense only beside `-w`".to_owned())
}

/// One rule cannot be replaced by several, and `!` at either end stands beside no list.
fn several_addresses(scanner: &Scanner<'_>) -> Option<Diagnostic> {
    let ends = || [&scanner.draft.source, &scanner.draft.destination].into_iter().flatten();
    let place = ends().find(|said| said.what.len() > 1)?.place;
    if ends().any(|said| said.negated) {
        return error("invalid-value", place, "`!` cannot stand beside several addresses".to_owned());
    }
    scanner.draft.order.as_ref().filter(|order| order.general.id == Id::Replace)?;
    error("invalid-value", place, "`-R` replaces a rule by one rule, and several addresses make several".to_owned())
}

/// `! -s 0/0` matches nothing, and iptables-nft has no rule for it.
fn nowhere(scanner: &Scanner<'_>) -> Option<Diagnostic> {
    let every = |address: &Known<Address>| match address {
        Known::Is(Address::V4(network)) => network.mask == 0,
        Known::Is(Address::V6(network)) => network.mask == 0,
        _ => false,
    };
    let ends = [&scanner.draft.source, &scanner.draft.destination];
    let said = ends.into_iter().flatten().find(|said| said.negated && said.what.iter().any(every))?;
    let message = "iptables-nft refuses a rule for no address at all".to_owned();
    error("invalid-value", said.place, message).map(|problem| problem.only_for(Variant::Nft))
}

/// The kernel of iptables-nft has no verdict that hands packets to the one queue of old.
fn queued(scanner: &Scanner<'_>) -> Option<Diagnostic> {
    let order = scanner.draft.order.as_ref().filter(|order| order.takes_rule())?;
    let target = scanner.draft.target.as_ref().filter(|target| !target.what.1 && target.what.0.is("QUEUE"))?;
    // What is only looked for is not there.
    let added = !matches!(order.general.id, Id::Check | Id::Delete);
    let message = "iptables-nft has no target `QUEUE`; write `-j NFQUEUE`".to_owned();
    error("invalid-value", target.place, message).filter(|_| added).map(|problem| problem.only_for(Variant::Nft))
}

/// A policy is ACCEPT or DROP, and only built-in chains of the table have one.
fn policy(scanner: &Scanner<'_>) -> Option<Diagnostic> {
    let order = scanner.draft.order.as_ref().filter(|order| order.general.id == Id::Policy)?;
    if let Some((Value::Known(target), place)) = &order.extra
        && !matches!(target.as_str(), "ACCEPT" | "DROP")
    {
        return Some(leftover::policy(target, *place));
    }
    let (Value::Known(chain), place) = order.chain.as_ref()? else { return None };
    let table = scanner.draft.table(scanner.context);
    let (_, chains) = CHAINS.iter().find(|(name, _)| table.is(name))?;
    if chains.contains(&chain.as_str()) {
        return None;
    }
    let code = if is_builtin(&Value::from(chain.as_str())) { "wrong-table" } else { "invalid-value" };
    error(code, *place, format!("`{chain}` is no built-in chain of the table {table}, so it has no policy"))
}

/// `-o` where packets have just arrived, `-i` where they come from this machine.
fn interfaces(scanner: &Scanner<'_>) -> Option<Diagnostic> {
    let order = scanner.draft.order.as_ref()?;
    let chain = order.chain.as_ref()?.0.known()?;
    let (arrival, departure) = (scanner.draft.in_interface.as_ref(), scanner.draft.out_interface.as_ref());
    let (option, other, place, right) = match chain {
        "INPUT" | "PREROUTING" => ("-o", "-i", departure.map(of)?, arrival.map(of)),
        "OUTPUT" | "POSTROUTING" => ("-i", "-o", arrival.map(of)?, departure.map(of)),
        _ => return None,
    };
    let message = format!("`{option}` cannot be used in {chain}");
    let help = match option {
        "-o" => "packets in this chain have no departure interface yet; use `-i`",
        _ => "packets in this chain have no arrival interface; use `-o`",
    };
    let problem = error("wrong-interface-direction", place, message)?.with_help(help);
    // With both, nobody knows which one is meant.
    Some(match right {
        None if !place.span.is_empty() => {
            problem.with_fix(leftover::fix(format!("Write `{other}`"), place, Edit::replace(place.span, other)))
        }
        _ => problem,
    })
}

/// iptables refuses to drop packets in the nat table, which sees only the first of a connection.
fn filtering(scanner: &Scanner<'_>) -> Option<Diagnostic> {
    let target = scanner.draft.target.as_ref().map(|target| (&target.what.0, target.place));
    let order = scanner.draft.order.as_ref().filter(|order| order.general.id == Id::Policy);
    let policy = order.and_then(|order| order.extra.as_ref()).map(|(policy, place)| (policy, *place));
    let (_, place) = target.or(policy).filter(|(name, _)| name.is("DROP"))?;
    if !scanner.draft.table(scanner.context).is("nat") {
        return None;
    }
    let problem = error("wrong-table", place, "`DROP` cannot be used in the table nat".to_owned());
    problem.map(|problem| problem.with_help("filter packets in the table filter, or in mangle before routing"))
}

fn of<T>(said: &Said<T>) -> Place {
    said.place
}

fn modules<'a>(scanner: &'a Scanner<'_>, checks: &'static [ModuleCheck]) -> impl Iterator<Item = Diagnostic> + 'a {
    let takes_rule = scanner.draft.order.as_ref().is_some_and(Ordered::takes_rule);
    let modules = scanner.loaded.iter().filter(move |_| takes_rule);
    modules.flat_map(move |module| checks.iter().filter_map(move |check| check(scanner, module)))
}

fn lack(scanner: &Scanner<'_>, module: &Loaded) -> Option<Diagnostic> {
    if scanner.is_open() { None } else { module.lack() }
}

/// A match or target that the kernel refuses beside the rule's protocol.
fn wrong_protocol(scanner: &Scanner<'_>, module: &Loaded) -> Option<Diagnostic> {
    let extension = module.extension.filter(|extension| !extension.protocols.is_empty())?;
    let right = match scanner.draft.given() {
        Given::Nothing => !scanner.draft.undecided.is_empty(),
        Given::Protocol(protocol, negated) => !negated && extension.protocols.contains(&protocol),
        Given::Unknown => true,
    };
    if right {
        return None;
    }
    let protocols: Vec<String> = extension.protocols.iter().filter_map(|number| name_of(*number)).collect();
    let with = protocols.join("` or `-p ");
    let problem =
        error("port-without-protocol", module.place, format!("`{}` works only with `-p {with}`", module.name));
    let problem = problem.map(|problem| problem.with_help(format!("add `-p {}`", protocols.join("`, `-p "))));
    // iptables-nft compares the ports itself and takes `! -p tcp --dport 80`.
    let compares = !module.canonical(scanner.scope()).is_empty() && !module.has("--tcp-option");
    let native = extension.native && compares;
    match scanner.draft.given() {
        Given::Protocol(protocol, true) if native && extension.protocols.contains(&protocol) => {
            let message = format!("iptables-legacy takes `{}` only with `-p {with}`", module.name);
            problem.map(|problem| Diagnostic { message, ..problem }.only_for(Variant::Legacy))
        }
        _ => problem,
    }
}

fn name_of(protocol: u16) -> Option<String> {
    let number = u8::try_from(protocol).ok()?;
    crate::dialect::names::protocol_name(number).map(str::to_owned)
}

/// What iptables wants of the protocol at the moment it reads ports.
pub(super) fn protocol_before(
    scanner: &Scanner<'_>,
    module: usize,
    row: &OptionRow,
    place: Place,
) -> Option<Diagnostic> {
    let extension = scanner.loaded.get(module)?.extension?;
    let right = match scanner.draft.given() {
        Given::Nothing => scanner.is_open(),
        Given::Protocol(protocol, negated) if extension.role == Role::Match => {
            !negated && extension.protocols.contains(&protocol)
        }
        Given::Protocol(protocol, _) => [1, 6, 17, 33, 132].contains(&protocol),
        Given::Unknown => true,
    };
    if right {
        return None;
    }
    let message = format!("`{}` needs a protocol with ports before it", row.name);
    error("port-without-protocol", place, message)
        .map(|problem| problem.with_help("put `-p tcp` or `-p udp` before it"))
}

/// An option that the kernel refuses in the rule's chain or beside its protocol.
fn wrong_option(scanner: &Scanner<'_>, module: &Loaded) -> Option<Diagnostic> {
    let chain = scanner.draft.order.as_ref().and_then(|order| order.chain.as_ref()).map(|(chain, _)| chain);
    let chain = chain.filter(|chain| is_builtin(chain)).and_then(Value::known);
    let given = |(name, text): (&str, &str)| {
        module.given.iter().find(|given| given.option.name == name && module.says(given, text) == Some(true))
    };
    module.extension?.constraints.iter().find_map(|constraint| match *constraint {
        Constraint::Hooks { option, hooks, unless } => {
            let excused = module.given.iter().any(|given| given.option.name == unless && !given.option.negated);
            let chain = chain.filter(|chain| !hooks.contains(chain) && !excused)?;
            let counts = module.canonical(scanner.scope()).iter().any(|own| own.name == option.0);
            let place = given(option).filter(|_| counts)?.place;
            let text = [option.0, option.1].join(" ");
            error(
                "wrong-table",
                place,
                format!("`{}` works only in the chains {}, not in {chain}", text.trim_end(), hooks.join(", ")),
            )
        }
        Constraint::Protocol { option, protocol } => {
            let right = match scanner.draft.given() {
                Given::Nothing => !scanner.draft.undecided.is_empty(),
                Given::Protocol(other, negated) => other == protocol && !negated,
                Given::Unknown => true,
            };
            let place = given(option).filter(|_| !right)?.place;
            let text = [option.0, option.1].join(" ");
            let name = name_of(protocol).unwrap_or_default();
            let problem =
                error("port-without-protocol", place, format!("`{}` works only with `-p {name}`", text.trim_end()));
            problem.map(|problem| problem.with_help(format!("add `-p {name}`")))
        }
        Constraint::SomeProtocol { option, unless } => {
            let right = match scanner.draft.given() {
                Given::Nothing => !scanner.draft.undecided.is_empty(),
                Given::Protocol(_, negated) => !negated,
                Given::Unknown => true,
            };
            let counts = module.canonical(scanner.scope()).iter().any(|own| own.name == option);
            let place = given((option, "")).filter(|_| counts && !right && !module.has(unless))?.place;
            error("port-without-protocol", place, format!("`{option}` needs a protocol"))
                .map(|problem| problem.with_help("add `-p` with the protocol of the connections"))
        }
        Constraint::Table { option, table: right, only } => {
            let table = scanner.draft.table(scanner.context);
            let wrong = table.known().is_some_and(|table| table != right);
            let (what, place) = match given((option, "")) {
                Some(given) => (option, given.place),
                None => (module.name.as_str(), module.place),
            };
            let who = if only == Some(Variant::Legacy) { " of iptables-legacy" } else { "" };
            let message = format!("`{what}` works only in the table {right}{who}");
            let meant = option.is_empty() || module.has(option);
            error("wrong-table", place, message)
                .filter(|_| wrong && meant)
                .map(|problem| Diagnostic { only, ..problem })
        }
        Constraint::OpeningPackets => {
            let unsure = scanner.is_open() || scanner.loaded.iter().any(tests_opening);
            let message = format!("iptables-legacy takes `{}` only beside `--syn`", module.name);
            let problem = error("missing-argument", module.place, message).filter(|_| !unsure);
            let help = "write `--tcp-flags SYN,RST SYN` before it, since only the first packets have the option";
            problem.map(|problem| problem.only_for(Variant::Legacy).with_help(help))
        }
        _ => None,
    })
}

/// Whether the match asks for the flag SYN to be set, as far as is known.
fn tests_opening(module: &Loaded) -> bool {
    let asks = |given: &super::module::Given| match &given.option.argument {
        Some(Argument::Set { among: Some(_), chosen }) => chosen.iter().any(|flag| flag == "SYN"),
        Some(Argument::Unknown(_)) => given.option.name == "--tcp-flags",
        _ => false,
    };
    module.role == Role::Match && module.given.iter().any(|given| !given.option.negated && asks(given))
}

/// A match or target in a table or built-in chain where the kernel refuses it.
fn wrong_table(scanner: &Scanner<'_>, module: &Loaded) -> Option<Diagnostic> {
    let extension = module.extension?;
    let table = scanner.draft.table(scanner.context);
    let outside = |names: &[&str], name: &str| !names.is_empty() && !names.contains(&name);
    // A table that is none is said already.
    if let Some(name) = table.known().filter(|name| is_table(name)).filter(|name| outside(extension.tables, name)) {
        let tables = extension.tables.join(" or ");
        let problem = error("wrong-table", module.place, format!("`{}` works only in the table {tables}", module.name));
        let chain = scanner.draft.order.as_ref().and_then(|order| order.chain.as_ref());
        let chain = chain.filter(|chain| is_builtin(&chain.0)).and_then(|chain| chain.0.known());
        let help = match scanner.draft.table {
            _ if chain.is_some_and(|chain| outside(extension.hooks, chain)) => {
                format!("it belongs in {} of the table {tables}", extension.hooks.join(" or "))
            }
            Some(_) => format!("the rule is in the table {name}"),
            None => format!("add `-t {}`", extension.tables.first().copied().unwrap_or_default()),
        };
        return problem.map(|problem| problem.with_help(help));
    }
    let chain = scanner.draft.order.as_ref()?.chain.as_ref()?;
    let name = chain.0.known().filter(|_| is_builtin(&chain.0))?;
    if !outside(extension.hooks, name) {
        return None;
    }
    let hooks = extension.hooks.join(", ");
    error("wrong-table", module.place, format!("`{}` works only in the chains {hooks}, not in {name}", module.name))
}
