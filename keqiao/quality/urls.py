"""The addresses of data quality."""

from __future__ import annotations

from django.urls import path

from keqiao.quality import merge_pages, merge_trust
from keqiao.quality.archive import pages as archive
from keqiao.quality.archive import record_parts as archived
from keqiao.quality.cleaning import pages as cleaning
from keqiao.quality.completion import pages as completion
from keqiao.quality.customer_form import pages as customer_form
from keqiao.quality.customer_form import public
from keqiao.quality.double_entry import pages as double_entry_pages
from keqiao.quality.double_entry import rule_pages as double_entry_rules
from keqiao.quality.duplicates import bulk_pages as duplicates_in_bulk
from keqiao.quality.duplicates import pages as duplicates
from keqiao.quality.freshness import pages as freshness
from keqiao.quality.match_models import pages as match_models
from keqiao.quality.profiling import pages as profiles
from keqiao.quality.profiling import stop_words, tidy_pages, variant_pages
from keqiao.quality.queue import pages as queue_pages
from keqiao.quality.review import pages as review_pages
from keqiao.quality.review import rule_pages as review_rules
from keqiao.quality.scenarios import hint_page
from keqiao.quality.scenarios import rule_pages as scenario_rules
from keqiao.quality.schedule import pages as schedule
from keqiao.quality.scores import desk, preferences, record_parts
from keqiao.quality.standards import rule_pages as standard_rules
from keqiao.ui import converters

__all__ = ["converters", "urlpatterns"]

urlpatterns = [
    path("<object:declared>/likely/", hint_page.likely_page),
    path("<object:declared>/merge/", merge_pages.merge_page, name="merge"),
    path("<object:declared>/<record:record_id>/merge/", merge_pages.choose_page),
    path("settings/merging/", merge_trust.settings_page),
    path("merges/<record:merge_id>/", merge_pages.merge_detail, name="merged"),
    path("merges/<record:merge_id>/undo/", merge_pages.undo_page),
    path("quality/queue/", queue_pages.sources_page, name="queue"),
    path("quality/queue/<slug:desk>/", queue_pages.desk_page, name="desk"),
    path("quality/review/", review_pages.reviews_page, name="reviews"),
    path("quality/review/<record:pending_id>/", review_pages.entry_page, name="entry"),
    path("quality/review/<record:pending_id>/correct/", review_pages.correct_page),
    path("quality/review/<record:pending_id>/withdraw/", review_pages.withdraw_page),
    path("quality/duplicates/", duplicates.pairs_page, name="duplicates"),
    path("quality/duplicates/compare/", duplicates.compare_now),
    path("quality/duplicates/merge/", duplicates_in_bulk.merge_page),
    path("quality/duplicates/merge/undo/", duplicates_in_bulk.undo_batch_page),
    path("quality/duplicates/<record:pair_id>/take-back/", duplicates.take_back_page),
    path("quality/desk/", desk.desk_page),
    path("quality/desk/count/", desk.count_page),
    path("settings/archive/", archive.rules_page),
    path("settings/archive/new/", archive.new_rule),
    path("settings/archive/<record:archive_rule_id>/", archive.edit_rule),
    path("settings/archive/runs/<record:archive_run_id>/undo/", archive.undo_page),
    path("<object:declared>/<record:record_id>/unarchive/", archived.restore_page),
    path("f/thanks/", public.thanks_page),
    path("f/<str:token>/", public.form_page),
    path("<object:declared>/<record:record_id>/ask-customer/", customer_form.ask_page),
    path(
        "<object:declared>/<record:record_id>/ask-customer/<record:form_id>/close/",
        customer_form.revoke_page,
    ),
    path("quality/profile/", profiles.overview_page),
    path("quality/profile/<object:declared>/<slug:name>/", profiles.field_page),
    path("quality/profile/<object:declared>/<slug:name>/variants/", variant_pages.variants_page),
    path("quality/profile/<object:declared>/<slug:name>/tidy/", tidy_pages.tidy_page),
    path("settings/stop-words/", stop_words.stop_words_page, name="stop-words"),
    path("quality/completion/", completion.completion_page),
    path("settings/quality-scores/", preferences.preferences_page),
    path("<object:declared>/<record:record_id>/quality/ring/", record_parts.ring_page),
    path("<object:declared>/<record:record_id>/verify/<slug:name>/", freshness.verify_page),
    path("<object:declared>/<record:record_id>/wrong/<slug:name>/", freshness.wrong_page),
    path("quality/second-entry/", double_entry_pages.key_page, name="second-entry"),
    path("settings/double-entry/", double_entry_rules.rules_page, name="double-entry"),
    path("settings/double-entry/report/", double_entry_pages.report_page),
    path("settings/double-entry/new/", double_entry_rules.new_rule),
    path("settings/double-entry/<record:entry_rule_id>/", double_entry_rules.edit_rule),
    path("settings/duplicates/", scenario_rules.rules_page, name="duplicate-rules"),
    path("settings/duplicates/new/", scenario_rules.new_rule),
    path("settings/duplicates/<record:scenario_rule_id>/", scenario_rules.edit_rule),
    path("quality/corrections/", cleaning.batches_page),
    path("quality/corrections/lines/", cleaning.lines_page),
    path("settings/correction-rules/", cleaning.rules_page),
    path("settings/correction-rules/decide/", cleaning.decide_rule),
    path("settings/correction-rules/nightly/", cleaning.decide_nightly),
    path("settings/cleaning-schedule/", schedule.schedule_page),
    path("settings/cleaning-schedule/run/", schedule.run_now),
    path("settings/cleaning-schedule/switch/", schedule.switch),
    path("settings/standards/", standard_rules.rules_page, name="standards"),
    path("settings/standards/new/", standard_rules.new_rule),
    path("settings/standards/<record:standard_rule_id>/", standard_rules.edit_rule),
    path("settings/match-models/", match_models.versions_page),
    path("settings/review-rules/", review_rules.rules_page, name="review-rules"),
    path("settings/review-rules/new/", review_rules.new_rule),
    path("settings/review-rules/<record:review_rule_id>/", review_rules.edit_rule),
]
