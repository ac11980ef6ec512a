"""The attack table T1-T15 and the failure rules of an opening: which test holds each row.

The tests that are named must be there: one that is renamed or dropped takes its row with it.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
ATTACKS: dict[str, tuple[str, ...]] = {
    # altered sealing code is served
    "T1": (
        "browser/test_sealing_frame.py::test_no_way_leads_out_of_the_frame",
        "browser/test_sealing_frame.py::test_the_worker_of_the_frame_reaches_nobody_either",
        "browser/test_sealing_frame.py::test_the_command_on_the_page_prints_the_digest_of_what_the_frame_sends",
        "stories/test_program.py::test_the_command_on_the_page_prints_the_digest_of_the_offline_tool",
        "stories/test_program.py::test_nobody_names_a_program_of_their_own",
        "webui/tenderer/test_check.py::test_the_page_says_which_programs_seal_and_whether_the_log_says_so_too",
        "browser/test_sealing_core.py::test_the_vendored_files_are_those_that_were_locked_and_say_whose_they_are",
    ),
    # an administrator reads bids before the opening
    "T2": (
        "stories/test_secrecy_at_rest.py::test_a_thief_learns_nothing_until_each_moment_has_come",
        "stories/test_programs.py::test_programs_alone_bid_witness_unlock_and_come_back_when_killed",
        "stories/test_fewer_than_three.py::test_no_key_no_share_and_no_plaintext_is_ever_in_the_database",
        "bidding/envelope/bid/test_bid.py::test_nothing_of_the_price_or_the_key_is_in_what_is_uploaded",
    ),
    # trustees collude early
    "T3": (
        "bidding/envelope/trustee/test_trustee.py::test_a_trustee_gives_nothing_for_a_close_that_is_not_witnessed",
        "bidding/envelope/trustee/test_trustee.py::test_a_trustee_gives_nothing_before_the_deadline",
        "bidding/envelope/trustee/test_trustee.py::test_two_batches_open_nothing_and_say_so",
        "bidding/envelope/sharing/test_sharing.py::test_two_shares_fit_every_possible_secret_alike",
        "trading/notice/test_quorum.py::test_a_quorum_that_insiders_or_one_body_can_meet_or_nobody_is_refused",
        "webui/program/test_bundle.py::test_a_close_before_the_deadline_is_refused_whoever_cosigned_it",
        "stories/test_readiness.py::test_a_share_sent_as_a_test_does_not_come_out",
    ),
    # some bids are opened and others hidden
    "T4": (
        "stories/test_opening_order.py::test_reveal_shows_every_bid_of_close_or_nothing",
        "stories/test_opening_order.py::test_unlock_waits_for_the_seal_check_and_reveal_for_a_cosigned_unlock",
        "bidding/envelope/trustee/test_trustee.py::test_a_trustee_opens_no_selection_and_no_addition",
        "stories/test_opening_attack.py::test_a_batch_with_a_gap_that_is_not_explained_is_refused",
        "webui/program/test_bundle.py::test_a_capsule_is_left_out_only_where_the_public_chain_calls_it_lost",
    ),
    # a bidder plants bad shares to keep an option
    "T5": (
        "bidding/envelope/test_capsule.py::test_commitments_to_another_key_than_r_are_refused",
        "bidding/envelope/trustee/test_trustee.py::test_a_bidder_who_deals_garbage_to_some_trustees_cannot_stop_the_opening",
        "stories/test_opening_attack.py::test_a_regretful_bidder_cannot_keep_its_bid_shut_by_a_key_of_its_own_making",
        "bidding/envelope/sharing/test_sharing.py::test_a_dealer_who_commits_to_the_negative_secret_cannot_lock_the_bid",
        "stories/test_complaint.py::test_who_deals_garbage_to_so_many_that_none_can_open_bears_it_and_the_others_open",
    ),
    # a file with two readings
    "T6": (
        "bidding/envelope/age/test_age.py::test_a_header_that_wraps_two_file_keys_has_one_reading_at_most",
        "bidding/envelope/bid/test_bid.py::test_a_second_reader_in_a_sealed_file_is_refused",
        "bidding/envelope/bid/test_bid.py::test_an_attachment_with_another_reading_than_the_letters_is_the_bidders_fault",
    ),
    # another's ciphertext is copied
    "T7": (
        "bidding/envelope/bid/test_bid.py::test_a_letter_copied_from_another_bidder_cannot_be_used",
        "webui/tenderer/test_handing.py::test_a_rivals_folder_sent_as_ones_own_is_refused",
        "bidding/envelope/test_capsule.py::test_a_share_of_another_bid_replayed_is_misbound",
        "stories/test_one_bidder.py::test_a_letter_in_another_bodys_name_stays_shut_and_the_others_open",
    ),
    # the platform drops or back-dates
    "T8": (
        "stories/test_log_attack.py::test_a_record_dropped_before_it_is_sequenced_is_named",
        "stories/test_deadline.py::test_an_arrival_cannot_be_dated_back_by_its_caller",
        "stories/test_deadline.py::test_what_arrived_before_the_deadline_is_taken_in_after_it",
        "bidding/envelope/trustee/test_trustee.py::test_every_bidder_can_show_its_leaf_under_close_and_nobody_else_can",
        "monitor/log/test_witness.py::test_a_fork_is_422",
        "bidding/envelope/test_receipt.py::test_a_changed_receipt_and_a_receipt_of_another_key_are_refused",
    ),
    # count, names and sizes leak
    "T9": (
        "stories/test_two_alike.py::test_what_is_shown_is_the_same_after_every_step",
        "stories/test_two_alike.py::test_the_log_grows_by_the_same_numbers",
        "stories/test_log_attack.py::test_a_night_with_bids_looks_like_one_without",
        "webui/tenderer/test_secret.py::test_before_close_nobody_else_sees_that_anybody_takes_part",
        "bidding/envelope/test_sealed_note.py::test_names_of_different_length_give_notes_of_one_length",
        "stories/test_attendance.py::test_who_is_there_is_seen_after_close_and_by_name_once_that_is_open",
        "stories/test_rehearsal.py::test_nobody_stands_in_it_under_its_own_name",
    ),
    # malware on the bidder's own machine: where it seals, nothing holds; where it sends, these do
    "T10": (
        "stories/test_bidders_machine.py::test_whatever_the_sending_machine_changes_is_refused",
        "stories/test_bidders_machine.py::test_it_sends_no_bid_of_its_own_making_under_the_pseudonym",
        "stories/test_bidders_machine.py::test_it_reads_no_price_and_no_name",
        "stories/test_bidders_machine.py::test_what_was_sealed_elsewhere_is_what_the_receipt_names_and_the_thief_takes_none_of_it_back",
    ),
    # a beacon is dead or sold out: nothing is sealed to one
    "T11": (
        "bidding/envelope/bid/test_beacon.py::test_everything_of_a_bid_is_sealed_to_keys_that_people_hold",
        "bidding/envelope/bid/test_beacon.py::test_a_bidder_cannot_tie_its_bid_to_a_beacon_of_its_own_choice",
        "bidding/envelope/bid/test_beacon.py::test_an_opening_asks_nobody_over_a_network",
    ),
    # parsers that differ decide openings
    "T12": (
        "bidding/envelope/age/test_age.py::test_the_cctv_kit_gets_the_outcome_it_names",
        "browser/test_sealing_core.py::test_what_anyone_seals_everyone_opens",
        "browser/test_sealing_core.py::test_shares_are_the_same_in_both_languages",
        "bidding/envelope/age/test_age.py::test_pyrage_opens_what_we_seal_and_we_open_what_pyrage_seals",
    ),
    # bombs inside sealed files
    "T13": (
        "trading/intake/pdf/test_reader.py::test_a_hostile_file_is_contained_and_named",
        "bidding/envelope/bid/test_letter.py::test_a_file_name_that_could_leave_its_folder_is_refused",
        "bidding/envelope/bid/test_letter.py::test_a_letter_longer_than_64_kib_is_refused",
    ),
    # stored now, decrypted later: no suite holds against quantum computers yet; each object names
    # its own, what was withdrawn is deleted, and the public never gets what is sealed
    "T14": (
        "bidding/envelope/test_suite.py::test_every_document_of_a_bid_and_its_opening_names_the_suite",
        "bidding/envelope/test_suite.py::test_a_manifest_of_another_suite_is_refused_even_when_its_bidder_signs_it",
        "bidding/envelope/test_suite.py::test_a_signature_made_for_one_suite_is_none_for_another",
        "stories/test_one_bidder.py::test_the_ciphertext_of_replaced_and_withdrawn_versions_is_deleted",
        "webui/archive/test_packing.py::test_the_public_bag_opens_only_what_the_public_may_see",
    ),
    # home-made cryptography that bends
    "T15": (
        "bidding/envelope/age/test_age.py::test_a_byte_changed_anywhere_is_refused",
        "bidding/envelope/age/test_age.py::test_debian_age_opens_what_we_seal_and_the_other_way_round",
        "bidding/envelope/bid/test_bid.py::test_pyrage_and_debian_age_open_the_sealed_files",
        "webui/cli/test_sealing.py::test_the_identity_file_is_one_that_debian_age_reads",
    ),
}  # fmt: skip
FAILURES: dict[str, tuple[str, ...]] = {
    "a bidder is absent, or lost its key": (
        "stories/test_programs.py::test_programs_alone_bid_witness_unlock_and_come_back_when_killed",
        "bidding/envelope/trustee/test_trustee.py::test_five_bidders_release_their_keys_and_trustees_open_the_sixth",
    ),
    "a bidder wants its bid shut": (
        "stories/test_opening_attack.py::test_a_regretful_bidder_cannot_keep_its_bid_shut_by_a_key_of_its_own_making",
    ),
    "too few trustees": (
        "stories/test_opening_order.py::test_a_bid_that_stays_shut_has_its_cause_confirmed_by_two_persons",
        "stories/test_readiness.py::test_keys_are_tried_twice_by_themselves_and_who_is_silent_is_seen",
    ),
    "a trustee posts a wrong share": (
        "stories/test_opening_attack.py::test_a_wrong_share_is_named_in_public_and_the_others_still_open",
    ),
    "a trustee says that its share is garbage": (
        "bidding/envelope/trustee/test_trustee.py::test_a_bidder_who_deals_garbage_to_some_trustees_cannot_stop_the_opening",
        "bidding/envelope/test_capsule.py::test_a_dealers_wrong_scalar_garbage_and_other_addressee_get_their_own_names",
        "bidding/envelope/trustee/test_complaint.py::test_each_way_of_dealing_a_bad_share_is_proven_to_everybody",
        "bidding/envelope/trustee/test_complaint.py::test_a_trustee_cannot_make_a_good_share_seem_bad",
        "stories/test_complaint.py::test_two_bad_shares_are_named_and_who_complains_of_a_good_one_has_given_it_by_that",
    ),
    "the body does not decrypt, or its hash differs": (
        "stories/test_opening_attack.py::test_a_stored_object_that_was_exchanged_is_the_platforms_fault_not_the_bidders",
        "stories/test_damage.py::test_only_the_very_object_that_was_received_comes_back_and_then_all_bids_are_shown",
        "stories/test_damage.py::test_a_lost_capsule_holds_the_trustees_for_its_time_and_then_keeps_no_other_bid_shut",
        "stories/test_one_bidder.py::test_a_letter_in_another_bodys_name_stays_shut_and_the_others_open",
        "bidding/envelope/bid/test_bid.py::test_ciphertext_that_r_does_not_open_is_the_bidders_fault",
    ),
    "fewer than three are left": (
        "stories/test_shortage.py::test_works_go_on_with_two_by_the_rule_that_the_record_names",
        "stories/test_shortage.py::test_procurement_is_annulled_and_nobody_evaluates_the_two",
        "stories/test_fewer_than_three.py::test_no_key_no_share_and_no_plaintext_is_ever_in_the_database",
    ),
    "sealed for the wrong trustees or tender": (
        "bidding/envelope/bid/test_bid.py::test_a_bid_sealed_to_former_trustees_is_refused",
        "webui/tenderer/test_handing.py::test_a_bid_for_another_trade_or_section_is_refused",
    ),
    "the platform is down near the deadline": (
        "webui/serve/test_outage.py::test_with_consent_a_lost_deadline_is_moved_in_public_and_closed_at_the_new_time",
    ),
    "a bid is replaced": (
        "stories/test_one_bidder.py::test_the_ciphertext_of_replaced_and_withdrawn_versions_is_deleted",
    ),
    "a bid is withdrawn": (
        "stories/test_opening_attack.py::test_a_withdrawn_and_a_replaced_bid_cannot_be_released",
    ),
    "a bid is late": (
        "stories/test_deadline.py::test_the_desk_refuses_a_late_upload_keeps_none_of_it_and_gives_a_receipt",
    ),
    "a plaintext as a rescue": (
        "webui/tenderer/test_page.py::test_a_plain_folder_gets_a_receipt_of_its_refusal",
        "bidding/envelope/bid/test_bid.py::test_a_plain_file_is_refused_by_the_rule_on_unsealed_bids",
    ),
}  # fmt: skip


@cache
def named_in(file: str) -> frozenset[str]:
    """The names of the tests of a file."""
    tree = ast.parse((TESTS / file).read_text("utf-8"))
    return frozenset(
        node.name for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )  # fmt: skip


def test_every_row_of_the_table_is_here() -> None:
    assert list(ATTACKS) == [f"T{number}" for number in range(1, 16)]
    assert [row for row, held in ATTACKS.items() if not held] == []


@pytest.mark.parametrize("row", [*ATTACKS, *FAILURES])
def test_what_holds_a_row_is_there(row: str) -> None:
    named = ATTACKS.get(row, FAILURES.get(row, ()))
    lacking = [each for each in named if each.split("::")[1] not in named_in(each.split("::")[0])]
    assert lacking == []
