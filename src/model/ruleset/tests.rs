//! Tests of rulesets under conditions, and of what is refused.

use super::*;
use crate::logic::Variable;
use crate::model::{Action, Known, Target, Unknown};

struct Bench {
    ruleset: Ruleset,
    formulas: Formulas,
}

fn bench(dialect: Dialect) -> Bench {
    Bench { ruleset: Ruleset::new(dialect, Family::V4), formulas: Formulas::new(1000) }
}

fn rule(target: &str) -> Rule {
    let target =
        Target { name: target.into(), goto: false, extension: false, options: Vec::new(), place: Place::default() };
    Rule { target: Some(target), ..Rule::new(Place::default()) }
}

fn unknown(name: &str) -> Value {
    Value::unknown(Unknown { name: name.into(), id: 1, single: false })
}

impl Bench {
    fn variable(&mut self, number: u32) -> Formula {
        self.formulas.variable(Variable(number))
    }

    fn run(&mut self, action: Action, guard: Formula) -> Result<(), String> {
        let (dialect, family) = (self.ruleset.dialect, self.ruleset.family);
        let command = Command { dialect, family, table: "filter".into(), action, place: Place::default() };
        self.ruleset.apply(&command, guard, false, &mut self.formulas).map_err(|refusal| refusal.message)
    }

    fn append(&mut self, chain: &str, target: &str, guard: Formula) -> Result<(), String> {
        self.run(Action::Append { chain: chain.into(), rules: vec![rule(target).into()] }, guard)
    }

    fn insert(&mut self, chain: &str, position: u32, target: &str, guard: Formula) -> Result<(), String> {
        let position = Known::Is(position);
        self.run(Action::Insert { chain: chain.into(), position, rules: vec![rule(target).into()] }, guard)
    }

    fn delete(&mut self, chain: &str, position: u32) -> Result<(), String> {
        self.run(Action::DeleteNumber { chain: chain.into(), position: Known::Is(position) }, Formula::TRUE)
    }

    fn new_chain(&mut self, chain: impl Into<Value>, guard: Formula) -> Result<(), String> {
        self.run(Action::NewChain { chain: chain.into() }, guard)
    }

    fn flush(&mut self, guard: Formula) {
        self.run(Action::Flush { chain: None }, guard).unwrap();
    }

    fn chain(&self, name: &str) -> &Chain {
        self.ruleset.table("filter").and_then(|table| table.chain(name)).unwrap()
    }

    fn entries(&self, name: &str) -> Vec<(String, Formula)> {
        let entries = self.chain(name).entries.iter();
        entries.map(|entry| (entry.rule.target.as_ref().unwrap().name.to_string(), entry.guard)).collect()
    }
}

#[test]
fn a_flush_leaves_rules_where_it_does_not_run() {
    let mut bench = bench(Dialect::Iptables);
    let a = bench.variable(0);
    let not_a = bench.formulas.not(a);
    bench.append("INPUT", "ACCEPT", Formula::TRUE).unwrap();
    bench.append("INPUT", "DROP", a).unwrap();
    bench.flush(a);
    assert_eq!(bench.entries("INPUT"), [("ACCEPT".to_owned(), not_a)]);
    bench.flush(Formula::TRUE);
    assert!(bench.entries("INPUT").is_empty());
}

#[test]
fn insertion_counts_the_rules_that_are_there() {
    let mut bench = bench(Dialect::Iptables);
    let a = bench.variable(0);
    let not_a = bench.formulas.not(a);
    bench.append("INPUT", "ACCEPT", a).unwrap();
    bench.append("INPUT", "DROP", Formula::TRUE).unwrap();
    bench.insert("INPUT", 2, "QUEUE", not_a).unwrap();
    assert_eq!(bench.entries("INPUT")[2], ("QUEUE".to_owned(), not_a));
    assert!(!bench.chain("INPUT").ordering_uncertain);
    bench.insert("INPUT", 1, "RETURN", Formula::TRUE).unwrap();
    assert!(!bench.chain("INPUT").ordering_uncertain);
    bench.insert("INPUT", 3, "RETURN", Formula::TRUE).unwrap();
    assert!(bench.chain("INPUT").ordering_uncertain);
    assert_eq!(bench.insert("FORWARD", 2, "ACCEPT", a), Err("Index of insertion too big.".to_owned()));
}

#[test]
fn deletion_takes_the_first_rule_that_is_there() {
    let mut bench = bench(Dialect::Ipchains);
    let a = bench.variable(0);
    for guard in [a, Formula::TRUE] {
        bench.append("input", "ACCEPT", guard).unwrap();
    }
    let delete = || Action::DeleteRule { chain: "input".into(), rules: vec![rule("ACCEPT").into()] };
    bench.run(delete(), Formula::TRUE).unwrap();
    assert_eq!(bench.entries("input"), [("ACCEPT".to_owned(), a)]);
    bench.run(delete(), Formula::TRUE).unwrap();
    assert_eq!(bench.run(delete(), Formula::TRUE), Err("No chain by that name".to_owned()));
    assert_eq!(bench.delete("input", 1), Err("No chain by that name".to_owned()));
}

#[test]
fn ipchains_deletes_without_looking_at_marks() {
    let mut bench = bench(Dialect::Ipchains);
    let mut marked = rule("ACCEPT");
    marked.effects.push(crate::model::Effect::Tos { and: 1, xor: 16 });
    bench.run(Action::Append { chain: "input".into(), rules: vec![marked.into()] }, Formula::TRUE).unwrap();
    bench.run(Action::DeleteRule { chain: "input".into(), rules: vec![rule("ACCEPT").into()] }, Formula::TRUE).unwrap();
    assert!(bench.entries("input").is_empty());
}

#[test]
fn replacement_splits_a_rule_that_stays_elsewhere() {
    let mut bench = bench(Dialect::Iptables);
    let a = bench.variable(0);
    let not_a = bench.formulas.not(a);
    bench.append("INPUT", "ACCEPT", Formula::TRUE).unwrap();
    let replace = Action::Replace { chain: "INPUT".into(), position: Known::Is(1), rule: rule("DROP").into() };
    bench.run(replace, a).unwrap();
    assert_eq!(bench.entries("INPUT"), [("ACCEPT".to_owned(), not_a), ("DROP".to_owned(), a)]);
}

#[test]
fn policies_exclude_each_other() {
    let mut bench = bench(Dialect::Ipchains);
    let a = bench.variable(0);
    let not_a = bench.formulas.not(a);
    bench.run(Action::Policy { chain: "input".into(), target: "DENY".into() }, a).unwrap();
    let policies = bench.chain("input").policies.iter();
    let policies: Vec<_> = policies.map(|policy| (policy.target.to_string(), policy.guard)).collect();
    assert_eq!(policies, [("ACCEPT".to_owned(), not_a), ("DENY".to_owned(), a)]);
}

#[test]
fn chains_that_rules_jump_to_cannot_be_deleted() {
    let mut bench = bench(Dialect::Iptables);
    let a = bench.variable(0);
    bench.new_chain("web", Formula::TRUE).unwrap();
    bench.append("INPUT", "web", a).unwrap();
    let delete = || Action::DeleteChain { chain: Some("web".into()) };
    assert_eq!(bench.run(delete(), a), Err("Too many links.".to_owned()));
    bench.run(delete(), Formula::TRUE).unwrap();
    assert_eq!(bench.chain("web").exists, a);
    let references = |bench: &Bench| bench.ruleset.table("filter").unwrap().references().get("web").map_or(0, Vec::len);
    assert_eq!(references(&bench), 1);
    bench.flush(Formula::TRUE);
    bench.run(Action::DeleteChain { chain: None }, Formula::TRUE).unwrap();
    assert!(bench.ruleset.table("filter").unwrap().chain("web").is_none());
    assert_eq!(bench.new_chain("web", Formula::TRUE), Ok(()));
    assert_eq!(bench.new_chain("web", a), Err("Chain already exists.".to_owned()));
}

#[test]
fn iptables_deletes_all_user_chains_or_none() {
    for (dialect, builtin, left) in [(Dialect::Iptables, "INPUT", 2), (Dialect::Ipchains, "input", 1)] {
        let mut bench = bench(dialect);
        bench.new_chain("a", Formula::TRUE).unwrap();
        bench.new_chain("b", Formula::TRUE).unwrap();
        bench.append(builtin, "a", Formula::TRUE).unwrap();
        let refused = bench.run(Action::DeleteChain { chain: None }, Formula::TRUE).is_err();
        assert_eq!(refused, dialect == Dialect::Iptables);
        assert_eq!(bench.ruleset.tables[0].chains.iter().filter(|chain| !chain.builtin).count(), left);
    }
}

#[test]
fn a_chain_of_an_unknown_name_keeps_others_from_being_missing() {
    let mut bench = bench(Dialect::Iptables);
    assert_eq!(bench.append("web", "ACCEPT", Formula::TRUE), Err("No chain/target/match by that name.".to_owned()));
    assert_eq!(bench.append("INPUT", "web", Formula::TRUE), Err("No chain/target/match by that name.".to_owned()));
    bench.new_chain(unknown("CHAIN"), Formula::TRUE).unwrap();
    bench.append("web", "ACCEPT", Formula::TRUE).unwrap();
    bench.append("INPUT", "web", Formula::TRUE).unwrap();
    bench.append("INPUT", "other", Formula::TRUE).unwrap();
    assert_eq!(bench.chain("${CHAIN}").name, "${CHAIN}");
}

#[test]
fn a_rule_is_there_only_where_its_chain_is() {
    let mut bench = bench(Dialect::Iptables);
    let (a, b) = (bench.variable(0), bench.variable(1));
    let not_a = bench.formulas.not(a);
    bench.new_chain("web", a).unwrap();
    bench.append("web", "ACCEPT", b).unwrap();
    let both = bench.formulas.and(a, b);
    assert_eq!(bench.entries("web"), [("ACCEPT".to_owned(), both)]);
    assert!(bench.append("web", "ACCEPT", not_a).is_err());
}

#[test]
fn a_renamed_chain_keeps_its_rules_and_jumps() {
    let mut bench = bench(Dialect::Iptables);
    let a = bench.variable(0);
    let not_a = bench.formulas.not(a);
    bench.new_chain("old", Formula::TRUE).unwrap();
    bench.append("old", "DROP", Formula::TRUE).unwrap();
    bench.append("INPUT", "old", Formula::TRUE).unwrap();
    bench.run(Action::RenameChain { from: "old".into(), to: "new".into() }, a).unwrap();
    assert_eq!(bench.entries("INPUT"), [("old".to_owned(), not_a), ("new".to_owned(), a)]);
    assert_eq!((bench.entries("old"), bench.entries("new")), (vec![("DROP".into(), not_a)], vec![("DROP".into(), a)]));
    assert!(bench.run(Action::RenameChain { from: "INPUT".into(), to: "x".into() }, a).is_err());
}

#[test]
fn a_declared_chain_starts_empty_in_iptables() {
    let mut bench = bench(Dialect::Iptables);
    let table = Value::from("filter");
    for _ in 0..2 {
        let name = Value::from("web");
        let when = (Formula::TRUE, Place::default());
        bench.ruleset.declare_chain((&table, &name), None, when, &mut bench.formulas).unwrap();
        assert!(bench.entries("web").is_empty());
        bench.append("web", "ACCEPT", Formula::TRUE).unwrap();
    }
    let (name, drop) = (Value::from("INPUT"), Value::from("DROP"));
    let when = (Formula::TRUE, Place::default());
    bench.ruleset.declare_chain((&table, &name), Some(&drop), when, &mut bench.formulas).unwrap();
    assert_eq!(bench.chain("INPUT").policies.len(), 1);
}

#[test]
fn a_refused_command_leaves_no_table_behind() {
    let mut bench = bench(Dialect::Iptables);
    assert!(bench.append("nosuch", "ACCEPT", Formula::TRUE).is_err());
    assert!(bench.ruleset.tables.is_empty());
}

#[test]
fn appending_many_rules_takes_no_time_to_speak_of() {
    let mut bench = bench(Dialect::Ipchains);
    for _ in 0..100_000 {
        bench.append("input", "DENY", Formula::TRUE).unwrap();
    }
    assert_eq!(bench.chain("input").entries.len(), 100_000);
}

#[test]
fn deleting_many_rules_in_a_loop_takes_no_time_to_speak_of() {
    let mut bench = bench(Dialect::Ipchains);
    for _ in 0..50_000 {
        bench.append("input", "DENY", Formula::UNDECIDED).unwrap();
    }
    let delete = Action::DeleteRule { chain: "input".into(), rules: vec![rule("DENY").into()] };
    let command = Command {
        dialect: Dialect::Ipchains,
        family: Family::V4,
        table: "filter".into(),
        action: delete,
        place: Place::default(),
    };
    bench.ruleset.apply(&command, Formula::TRUE, true, &mut bench.formulas).unwrap();
    assert!(bench.chain("input").entries.iter().all(|entry| entry.many));
}

#[test]
fn deletions_without_end_leave_a_chain_of_which_nothing_is_certain() {
    let mut bench = bench(Dialect::Ipchains);
    for _ in 0..20_000 {
        bench.append("input", "ACCEPT", Formula::TRUE).unwrap();
    }
    let delete = || Action::DeleteRule { chain: "input".into(), rules: vec![rule("DENY").into()] };
    assert!(bench.run(delete(), Formula::TRUE).is_err());
    let lost = (0..3_000).position(|_| bench.run(delete(), Formula::TRUE).is_ok());
    assert!(lost.is_some_and(|deletions| deletions > 1_000));
    bench.append("input", "REJECT", Formula::TRUE).unwrap();
    assert!(bench.chain("input").ordering_uncertain);
    assert!(bench.chain("input").entries.iter().all(|entry| entry.many));
}

#[test]
fn a_jump_that_closes_a_loop_is_refused_in_the_runs_in_which_it_does() {
    let mut bench = bench(Dialect::Iptables);
    let some = bench.variable(0);
    for chain in ["a", "b"] {
        bench.run(Action::NewChain { chain: chain.into() }, Formula::TRUE).unwrap();
    }
    bench.append("INPUT", "a", some).unwrap();
    bench.append("a", "b", Formula::TRUE).unwrap();
    bench.append("b", "a", Formula::TRUE).unwrap();
    let table = &bench.ruleset.tables[0];
    let [bad] = table.bad_links() else { unreachable!("{:?}", table.bad_links()) };
    assert_eq!((bad.runs, bad.is_loop, bad.only), (some, true, None));
    assert_eq!(table.chain("b").unwrap().entries[0].guard, bench.formulas.not(some));
}
