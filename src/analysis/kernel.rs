//! What the kernel holds after the commands of a file, and which of them it refuses.

use std::collections::BTreeMap;

use super::Reading;
use crate::diag::Variant;
use crate::dialect::{ipchains, ipmasqadm};
use crate::eval::{Act, Conditions, Evaluation, Program, Step};
use crate::logic::{Formula, Formulas, Variable};
use crate::model::{Action, Command, Dialect, Family, Refusal, Rounds, Ruleset, Value};
use crate::text::Place;

/// The rules as the commands build them up.
pub(super) struct Kernel {
    pub(super) rulesets: Vec<Ruleset>,
    pub(super) refusals: Vec<(usize, Refusal)>,
    /// The questions whether there is a rule, each with the runs in which the answer is that of the file itself.
    pub(super) answers: Vec<(Variable, Formula)>,
    variant: Option<Variant>,
    /// What a `COMMIT` has refused, by the lines of the rules.
    late: Vec<(Place, Refusal)>,
}

impl Kernel {
    /// What the kernel holds after the steps; of each reading `command` says which command it is.
    pub(super) fn after(
        evaluation: &mut Evaluation,
        readings: &[Option<Reading>],
        command: fn(&Reading) -> Option<&Command>,
        variant: Option<Variant>,
    ) -> Self {
        let (rulesets, refusals, late) = (Vec::new(), Vec::new(), Vec::new());
        let mut kernel = Self { rulesets, refusals, answers: Vec::new(), variant, late };
        let Evaluation { steps, conditions, .. } = evaluation;
        for (number, (step, reading)) in steps.iter().zip(readings).enumerate() {
            if step.is_live() {
                let command = reading.as_ref().and_then(command);
                if let (Some(command), Some(next)) = (command, steps.get(number + 1)) {
                    kernel.answer((command, step), next.guard, conditions);
                }
                kernel.take(number, step, command, &mut conditions.formulas);
                kernel.name_late_refusals(steps, number);
            }
        }
        kernel
    }

    /// Where none is meant, refuses what one of the variants refuses, and names the one that does so alone.
    ///
    /// What is there differs between them behind `-E`: iptables-nft-restore renames at the `COMMIT`.
    pub(super) fn name_variants(&mut self, evaluation: &mut Evaluation, readings: &[Option<Reading>]) {
        let renames = |reading: &Reading| {
            reading.command().is_some_and(|command| matches!(command.action, Action::RenameChain { .. }))
        };
        if self.variant.is_some() || !readings.iter().flatten().any(renames) {
            return;
        }
        let [legacy, nft] = [Variant::Legacy, Variant::Nft].map(|variant| -> BTreeMap<usize, Refusal> {
            let kernel = Self::after(evaluation, readings, Reading::command, Some(variant));
            kernel.refusals.into_iter().filter(|(_, own)| own.only.is_none_or(|only| only == variant)).collect()
        });
        let mut all: BTreeMap<usize, Refusal> = legacy.clone().into_iter().chain(nft.clone()).collect();
        all.extend(std::mem::take(&mut self.refusals));
        for (number, refusal) in &mut all {
            refusal.only = match (legacy.contains_key(number), nft.contains_key(number)) {
                (true, false) => Some(Variant::Legacy),
                (false, true) => Some(Variant::Nft),
                _ => refusal.only,
            };
        }
        self.refusals = all.into_iter().collect();
    }

    /// Where what follows hangs on whether `-C` finds a rule: it does where the file has put it there before.
    fn answer(&mut self, (command, step): (&Command, &Step), next: Formula, conditions: &mut Conditions) {
        let (Action::Check { chain, rule }, Dialect::Iptables) = (&command.action, command.dialect) else { return };
        // The newest variable comes last.
        let asked = conditions.formulas.example(next).and_then(|path| path.last().copied());
        let asked = asked.map(|(variable, _)| variable);
        let is_own = |variable: &Variable| conditions.condition(*variable).is_some_and(|own| own.place == step.place);
        let Some(variable) = asked.filter(is_own) else { return };
        let formulas = &mut conditions.formulas;
        let held = self.ruleset(command.dialect, command.family).holds((&command.table, chain), rule, formulas);
        let succeeds = formulas.variable(variable);
        let otherwise = formulas.differ(succeeds, held);
        let otherwise = formulas.and(step.guard, otherwise);
        self.answers.push((variable, otherwise.opposite()));
    }

    fn take(&mut self, number: usize, step: &Step, command: Option<&Command>, formulas: &mut Formulas) {
        let done = match (&step.act, command) {
            (Act::Run(_), Some(command)) => {
                self.ruleset(command.dialect, command.family).apply_in(often(step), command, step.guard, formulas)
            }
            (Act::Run(invocation), None) if invocation.program == Program::Ipmasqadm => {
                let command = ipmasqadm::parse(&invocation.arguments, step.place);
                self.ruleset(command.dialect, command.family).apply_in(often(step), &command, step.guard, formulas)
            }
            (Act::Table { family, name, keep }, _) => {
                let (table, often) = ((&Value::from(name.as_str()), *keep), (step.guard, step.many));
                self.ruleset(Dialect::Iptables, *family).open_section(table, often, step.place, formulas)
            }
            (Act::Chain { dialect, family, table, name, policy }, _) => {
                let policy = policy.as_deref().filter(|policy| *policy != "-");
                let policy = policy.map(|policy| match dialect {
                    Dialect::Ipchains => Value::from(ipchains::saved_policy(policy)),
                    Dialect::Iptables => Value::from(policy),
                });
                let place = (step.guard, step.place);
                self.ruleset(*dialect, *family).declare_chain(
                    (&table.as_str().into(), name),
                    policy.as_ref(),
                    place,
                    formulas,
                )
            }
            (Act::Commit, _) => {
                let refused = self.rulesets.iter_mut().flat_map(|ruleset| ruleset.commit(step.guard, formulas));
                self.late.extend(refused);
                Ok(())
            }
            _ => Ok(()),
        };
        // A script asks whether there is a rule; a save file whose answer is no fails.
        let asks = matches!(command.map(|command| &command.action), Some(Action::Check { .. }));
        let of_script = matches!(&step.act, Act::Run(invocation) if invocation.table.is_none());
        if let Err(refusal) = done
            && !(asks && of_script && refusal.code == "missing-rule")
        {
            self.refusals.push((number, refusal));
        }
    }

    /// Finds the lines of a section that the kernel refuses at its `COMMIT`, which is step `number`.
    fn name_late_refusals(&mut self, steps: &[Step], number: usize) {
        for (place, refusal) in std::mem::take(&mut self.late) {
            if let Some(line) = steps[..number].iter().rposition(|step| step.place == place) {
                let at = self.refusals.partition_point(|(own, _)| *own <= line);
                self.refusals.insert(at, (line, refusal));
            }
        }
    }

    fn ruleset(&mut self, dialect: Dialect, family: Family) -> &mut Ruleset {
        let at = self.rulesets.iter().position(|ruleset| ruleset.dialect == dialect && ruleset.family == family);
        let at = at.unwrap_or_else(|| {
            let mut made = Ruleset::new(dialect, family);
            made.variant = self.variant;
            self.rulesets.push(made);
            self.rulesets.len() - 1
        });
        &mut self.rulesets[at]
    }
}

/// How often a command runs.
fn often(step: &Step) -> (bool, Option<&Rounds>) {
    (step.many, step.rounds.as_ref())
}
