//! The registry: every lint has a file here, a `mod` line and a line in the list.

mod abbreviated_option;
mod automatic_helper_assumed;
mod bare_limit;
mod bare_masquerade;
mod bidirectional_icmp;
mod blocks_all_icmp;
mod broken_continuation;
mod byte_order_mark;
mod chain_loop;
mod conflicting_options;
mod crlf_line_ends;
mod deep_chain;
mod dnat_without_forward;
mod duplicate_rule;
mod empty_chain_jump;
mod flush_keeps_policy;
mod forgotten_policy;
mod forward_interface_direction;
mod hostname_in_rule;
mod interface_alias;
mod invalid_not_dropped;
mod invalid_value;
mod ipchains_leftover;
mod ipv6_unfiltered;
mod late_established;
mod limit_then_accept;
mod limit_without_drop;
mod lockout_window;
mod malformed_suppression;
mod many_single_commands;
mod masq_outside_forward;
mod masquerade_on_static;
mod missing_argument;
mod missing_established;
mod missing_final_drop;
mod missing_helper;
mod missing_loopback;
mod missing_mss_clamp;
mod missing_wait_lock;
mod module_conflict;
mod nat_without_forwarding;
mod never_matching_rule;
mod new_without_syn;
mod old_negation;
mod open_window;
mod option_as_interface;
mod order_dependent_delete;
mod overlong_name;
mod policy_after_rules;
mod port_without_protocol;
mod redirect_outside_input;
mod redundant_match;
mod redundant_rule;
mod refused_command;
mod removed_extension;
mod shadowed_rule;
mod short_network;
mod snat_on_dynamic;
mod source_port_trust;
mod spoofable_trust;
mod state_match;
mod syntax_error;
mod table_not_flushed;
mod undefined_chain;
mod unknown_extension;
mod unknown_option;
mod unlimited_log;
mod unquoted_bang;
mod unreachable_chain;
mod unreachable_rule;
mod unset_variable;
mod unused_chain;
mod unused_policy;
mod unused_suppression;
mod world_open_admin_port;
mod wrong_interface_direction;
mod wrong_table;

use super::Lint;

/// All lints, in the order of their names.
pub static LINTS: [&Lint; 77] = [
    &abbreviated_option::LINT,
    &automatic_helper_assumed::LINT,
    &bare_limit::LINT,
    &bare_masquerade::LINT,
    &bidirectional_icmp::LINT,
    &blocks_all_icmp::LINT,
    &broken_continuation::LINT,
    &byte_order_mark::LINT,
    &chain_loop::LINT,
    &conflicting_options::LINT,
    &crlf_line_ends::LINT,
    &deep_chain::LINT,
    &dnat_without_forward::LINT,
    &duplicate_rule::LINT,
    &empty_chain_jump::LINT,
    &flush_keeps_policy::LINT,
    &forgotten_policy::LINT,
    &forward_interface_direction::LINT,
    &hostname_in_rule::LINT,
    &interface_alias::LINT,
    &invalid_not_dropped::LINT,
    &invalid_value::LINT,
    &ipchains_leftover::LINT,
    &ipv6_unfiltered::LINT,
    &late_established::LINT,
    &limit_then_accept::LINT,
    &limit_without_drop::LINT,
    &lockout_window::LINT,
    &malformed_suppression::LINT,
    &many_single_commands::LINT,
    &masq_outside_forward::LINT,
    &masquerade_on_static::LINT,
    &missing_argument::LINT,
    &missing_established::LINT,
    &missing_final_drop::LINT,
    &missing_helper::LINT,
    &missing_loopback::LINT,
    &missing_mss_clamp::LINT,
    &missing_wait_lock::LINT,
    &module_conflict::LINT,
    &nat_without_forwarding::LINT,
    &never_matching_rule::LINT,
    &new_without_syn::LINT,
    &old_negation::LINT,
    &open_window::LINT,
    &option_as_interface::LINT,
    &order_dependent_delete::LINT,
    &overlong_name::LINT,
    &policy_after_rules::LINT,
    &port_without_protocol::LINT,
    &redirect_outside_input::LINT,
    &redundant_match::LINT,
    &redundant_rule::LINT,
    &refused_command::LINT,
    &removed_extension::LINT,
    &shadowed_rule::LINT,
    &short_network::LINT,
    &snat_on_dynamic::LINT,
    &source_port_trust::LINT,
    &spoofable_trust::LINT,
    &state_match::LINT,
    &syntax_error::LINT,
    &table_not_flushed::LINT,
    &undefined_chain::LINT,
    &unknown_extension::LINT,
    &unknown_option::LINT,
    &unlimited_log::LINT,
    &unquoted_bang::LINT,
    &unreachable_chain::LINT,
    &unreachable_rule::LINT,
    &unset_variable::LINT,
    &unused_chain::LINT,
    &unused_policy::LINT,
    &unused_suppression::LINT,
    &world_open_admin_port::LINT,
    &wrong_interface_direction::LINT,
    &wrong_table::LINT,
];
