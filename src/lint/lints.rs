//! The registry: every lint has a file here, a `mod` line and a line in the list.

mod bare_masquerade;
mod broken_continuation;
mod conflicting_options;
mod duplicate_rule;
mod interface_alias;
mod invalid_value;
mod ipchains_leftover;
mod malformed_suppression;
mod missing_argument;
mod missing_final_drop;
mod module_conflict;
mod old_negation;
mod option_as_interface;
mod port_without_protocol;
mod short_network;
mod source_port_trust;
mod state_match;
mod syntax_error;
mod table_not_flushed;
mod undefined_chain;
mod unknown_extension;
mod unknown_option;
mod unlimited_log;
mod unset_variable;
mod unused_suppression;
mod wrong_interface_direction;
mod wrong_table;

use super::Lint;

/// All lints, in the order of their names.
pub static LINTS: [&Lint; 27] = [
    &bare_masquerade::LINT,
    &broken_continuation::LINT,
    &conflicting_options::LINT,
    &duplicate_rule::LINT,
    &interface_alias::LINT,
    &invalid_value::LINT,
    &ipchains_leftover::LINT,
    &malformed_suppression::LINT,
    &missing_argument::LINT,
    &missing_final_drop::LINT,
    &module_conflict::LINT,
    &old_negation::LINT,
    &option_as_interface::LINT,
    &port_without_protocol::LINT,
    &short_network::LINT,
    &source_port_trust::LINT,
    &state_match::LINT,
    &syntax_error::LINT,
    &table_not_flushed::LINT,
    &undefined_chain::LINT,
    &unknown_extension::LINT,
    &unknown_option::LINT,
    &unlimited_log::LINT,
    &unset_variable::LINT,
    &unused_suppression::LINT,
    &wrong_interface_direction::LINT,
    &wrong_table::LINT,
];
