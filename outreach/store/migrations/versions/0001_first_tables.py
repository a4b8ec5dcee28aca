"""The tables of the first version."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from outreach.store.types import json_type

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

HELD_BY_FEW = (
    "open_incident_id",
    "promise_changed_at",
    "promised_again_at",
    "refund_promise_changed_at",
    "refund_promised_at",
)


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_attempts_message_id", "attempts", ["message_id"])
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("detail", json_type(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_table(
        "batches",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decision", sa.String(), nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("old", json_type(), nullable=True),
        sa.Column("new", json_type(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("history", sa.Boolean(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_changes_subject", "changes", ["kind", "subject_id", "at"])
    op.create_table(
        "consents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("granted", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_consents_customer_id", "consents", ["customer_id"])
    op.create_index(
        "ix_consents_message",
        "consents",
        ["message_id"],
        sqlite_where=sa.text("message_id IS NOT NULL"),
        postgresql_where=sa.text("message_id IS NOT NULL"),
    )
    op.create_table(
        "coupon_shelves",
        sa.Column("pool", sa.String(), nullable=False),
        sa.Column("warn_below", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("pool"),
    )
    op.create_table(
        "coupons",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("pool", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("rule", sa.String(), nullable=True),
        sa.Column("amount", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(), nullable=True),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code", name="ux_coupons_code"),
        sa.UniqueConstraint("message_id", name="ux_coupons_message"),
    )
    op.create_index("ix_coupons_customer", "coupons", ["customer_id", "taken_at"])
    for name, columns, which in (
        ("ix_coupons_free", ["pool", "id"], "state = 'free'"),
        ("ix_coupons_rule", ["rule", "taken_at"], "state <> 'free'"),
        ("ix_coupons_taken", ["pool", "taken_at"], "state <> 'free'"),
    ):
        op.create_index(
            name,
            "coupons",
            columns,
            sqlite_where=sa.text(which),
            postgresql_where=sa.text(which),
        )
    op.create_table(
        "cursors",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "customers",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=True),
        sa.Column("first_name", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("phone", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("zone", sa.String(), nullable=True),
        sa.Column("country", sa.String(), nullable=True),
        sa.Column("region", sa.String(), nullable=True),
        sa.Column("postal_code", sa.String(), nullable=True),
        sa.Column("city", sa.String(), nullable=True),
        sa.Column("tier", sa.String(), nullable=True),
        sa.Column("tags", json_type(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=True),
        sa.Column("first_order_at", sa.BigInteger(), nullable=True),
        sa.Column("last_order_at", sa.BigInteger(), nullable=True),
        sa.Column("open_tickets", sa.Integer(), nullable=False),
        sa.Column("open_handoffs", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_contact_at", sa.BigInteger(), nullable=True),
        sa.Column("last_score", sa.Integer(), nullable=True),
        sa.Column("last_answered_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("custom", json_type(), nullable=True),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_customers_created_at", "customers", ["created_at"])
    op.create_index("ix_customers_email", "customers", ["email"])
    op.create_index("ix_customers_first_order_at", "customers", ["first_order_at"])
    op.create_index("ix_customers_last_answered_at", "customers", ["last_answered_at"])
    op.create_index("ix_customers_last_contact_at", "customers", ["last_contact_at"])
    op.create_index("ix_customers_last_order_at", "customers", ["last_order_at"])
    op.create_index(
        "ix_customers_open_handoffs",
        "customers",
        ["open_handoffs"],
        sqlite_where=sa.text("open_handoffs > 0"),
        postgresql_where=sa.text("open_handoffs > 0"),
    )
    op.create_index("ix_customers_phone", "customers", ["phone"])
    op.create_table(
        "enrollments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("matched_at", sa.BigInteger(), nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("repetition", sa.Integer(), nullable=False),
        sa.Column("base_at", sa.BigInteger(), nullable=False),
        sa.Column("plan_at", sa.BigInteger(), nullable=True),
        sa.Column("enrolled_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("known_as", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("rule", "key"),
    )
    op.create_index(
        "ix_enrollments_active",
        "enrollments",
        ["rule"],
        sqlite_where=sa.text("state = 'active'"),
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index("ix_enrollments_customer_id", "enrollments", ["customer_id"])
    op.create_index("ix_enrollments_known", "enrollments", ["rule", "known_from"])
    op.create_index("ix_enrollments_plan", "enrollments", ["state", "plan_at"])
    op.create_index("ix_enrollments_subject", "enrollments", ["kind", "subject_id"])
    op.create_table(
        "handoff_notices",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("handoff_id", sa.Integer(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("target", sa.String(), nullable=True),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_handoff_notices_due", "handoff_notices", ["state", "due_at"])
    op.create_index("ix_handoff_notices_handoff_id", "handoff_notices", ["handoff_id"])
    op.create_table(
        "handoffs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("case_url", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("said", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("stop_until", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("key"),
    )
    op.create_index("ix_handoffs_customer_id", "handoffs", ["customer_id"])
    op.create_index("ix_handoffs_enrollment_id", "handoffs", ["enrollment_id"])
    op.create_index("ix_handoffs_state", "handoffs", ["state", "due_at"])
    op.create_index(
        "ix_handoffs_stopping",
        "handoffs",
        ["customer_id", "stop_until"],
        sqlite_where=sa.text("stop_until IS NOT NULL"),
        postgresql_where=sa.text("stop_until IS NOT NULL"),
    )
    op.create_table(
        "heartbeats",
        sa.Column("process", sa.String(), nullable=False),
        sa.Column("host", sa.String(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("beat_at", sa.BigInteger(), nullable=False),
        sa.Column("stopped_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("process"),
    )
    op.create_table(
        "incident_orders",
        sa.Column("incident_id", sa.String(), nullable=False),
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("linked_at", sa.BigInteger(), nullable=False),
        sa.Column("unlinked_at", sa.BigInteger(), nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "order_id"),
    )
    op.create_index("ix_incident_orders_order", "incident_orders", ["order_id"])
    op.create_table(
        "incidents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("message", sa.String(), nullable=True),
        sa.Column("messages", json_type(), nullable=True),
        sa.Column("sentences", json_type(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("custom", json_type(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_incidents_opened_at", "incidents", ["opened_at"])
    op.create_index("ix_incidents_resolved_at", "incidents", ["resolved_at"])
    op.create_table(
        "last_sent",
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "subject_id", "rule"),
    )
    op.create_index("ix_last_sent_at", "last_sent", ["rule", "kind", "sent_at"])
    op.create_table(
        "message_states",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_message_states_message_id", "message_states", ["message_id"])
    op.create_table(
        "message_subjects",
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("enrollment_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "position"),
    )
    op.create_index("ix_message_subjects_enrollment_id", "message_subjects", ["enrollment_id"])
    op.create_index("ix_message_subjects_subject", "message_subjects", ["kind", "subject_id"])
    op.create_table(
        "messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=True),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("repetition", sa.Integer(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("channel_number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("survey", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("matched_at", sa.BigInteger(), nullable=False),
        sa.Column("planned_for", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("planned_at", sa.BigInteger(), nullable=False),
        sa.Column("batch", sa.String(), nullable=True),
        sa.Column("approved", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("segments", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.Column("provider", sa.String(), nullable=True),
        sa.Column("provider_id", sa.String(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("undelivered_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_messages_batch", "messages", ["batch"])
    op.create_index("ix_messages_customer", "messages", ["customer_id", "sent_at"])
    op.create_index("ix_messages_due", "messages", ["state", "due_at"])
    op.create_index(
        "ix_messages_held",
        "messages",
        ["state", "expires_at"],
        sqlite_where=sa.text("state = 'held'"),
        postgresql_where=sa.text("state = 'held'"),
    )
    op.create_index(
        "ix_messages_provider",
        "messages",
        ["provider_id"],
        sqlite_where=sa.text("provider_id IS NOT NULL"),
        postgresql_where=sa.text("provider_id IS NOT NULL"),
    )
    op.create_index("ix_messages_rule", "messages", ["rule", "sent_at"])
    op.create_index(
        "ix_messages_survey",
        "messages",
        ["survey", "planned_for"],
        sqlite_where=sa.text("survey IS NOT NULL"),
        postgresql_where=sa.text("survey IS NOT NULL"),
    )
    op.create_index(
        "ix_messages_undelivered",
        "messages",
        ["undelivered_at"],
        sqlite_where=sa.text("undelivered_at IS NOT NULL"),
        postgresql_where=sa.text("undelivered_at IS NOT NULL"),
    )
    op.create_index(
        "ux_messages_sending",
        "messages",
        ["customer_id"],
        unique=True,
        sqlite_where=sa.text("state = 'sending'"),
        postgresql_where=sa.text("state = 'sending'"),
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("status_changed_at", sa.BigInteger(), nullable=True),
        sa.Column("carrier", sa.String(), nullable=True),
        sa.Column("tracking_number", sa.String(), nullable=True),
        sa.Column("tracking_url", sa.String(), nullable=True),
        sa.Column("carrier_status", sa.String(), nullable=True),
        sa.Column("carrier_status_changed_at", sa.BigInteger(), nullable=True),
        sa.Column("placed_at", sa.BigInteger(), nullable=True),
        sa.Column("shipped_at", sa.BigInteger(), nullable=True),
        sa.Column("promised_at", sa.BigInteger(), nullable=True),
        sa.Column("estimated_at", sa.BigInteger(), nullable=True),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("refunded_at", sa.BigInteger(), nullable=True),
        sa.Column("return_requested_at", sa.BigInteger(), nullable=True),
        sa.Column("total", sa.BigInteger(), nullable=True),
        sa.Column("total_currency", sa.String(), nullable=True),
        sa.Column("item_summary", sa.String(), nullable=True),
        sa.Column("tags", json_type(), nullable=True),
        sa.Column("promise", sa.String(), nullable=True),
        sa.Column("promise_changed_at", sa.BigInteger(), nullable=True),
        sa.Column("promised_again_at", sa.BigInteger(), nullable=True),
        sa.Column("refund_promise", sa.String(), nullable=True),
        sa.Column("refund_promise_changed_at", sa.BigInteger(), nullable=True),
        sa.Column("refund_promised_at", sa.BigInteger(), nullable=True),
        sa.Column("broken_promises", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("open_incident_id", sa.String(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("custom", json_type(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    for name in HELD_BY_FEW:
        op.create_index(
            f"ix_orders_{name}",
            "orders",
            [name],
            sqlite_where=sa.text(f"{name} IS NOT NULL"),
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )
    op.create_index("ix_orders_cancelled_at", "orders", ["cancelled_at"])
    op.create_index("ix_orders_carrier_status_changed_at", "orders", ["carrier_status_changed_at"])
    op.create_index("ix_orders_customer_id", "orders", ["customer_id"])
    op.create_index("ix_orders_delivered_at", "orders", ["delivered_at"])
    op.create_index("ix_orders_estimated_at", "orders", ["estimated_at"])
    op.create_index("ix_orders_placed_at", "orders", ["placed_at"])
    op.create_index("ix_orders_promised_at", "orders", ["promised_at"])
    op.create_index("ix_orders_refunded_at", "orders", ["refunded_at"])
    op.create_index("ix_orders_return_requested_at", "orders", ["return_requested_at"])
    op.create_index("ix_orders_shipped_at", "orders", ["shipped_at"])
    op.create_index("ix_orders_status_changed_at", "orders", ["status_changed_at"])
    op.create_table(
        "promises",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("promised_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("message_id", "kind", "subject_id", "what"),
    )
    op.create_index("ix_promises_subject", "promises", ["kind", "subject_id"])
    op.create_index("ix_promises_until", "promises", ["state", "until"])
    op.create_table(
        "pass_runs",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("failed_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("counts", json_type(), nullable=True),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "pauses",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("probe_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "rate_buckets",
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("tokens", sa.Float(), nullable=False),
        sa.Column("refilled_at", sa.BigInteger(), nullable=False),
        sa.Column("line_until", sa.BigInteger(), nullable=True),
        sa.Column("not_before", sa.BigInteger(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("day_ends", sa.BigInteger(), nullable=True),
        sa.Column("daily_cap", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "receipts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_event_id", sa.String(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.Column("detail", json_type(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "provider_event_id"),
    )
    op.create_index("ix_receipts_message_id", "receipts", ["message_id"])
    op.create_table(
        "replies",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("provider", sa.String(), nullable=False),
        sa.Column("provider_id", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("written_to", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("meaning", sa.String(), nullable=False),
        sa.Column("sentiment", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("who", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("provider", "provider_id"),
    )
    op.create_index(
        "ix_replies_open",
        "replies",
        ["customer_id"],
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
    op.create_index(
        "ix_replies_unread",
        "replies",
        ["id"],
        sqlite_where=sa.text("state = 'unread'"),
        postgresql_where=sa.text("state = 'unread'"),
    )
    op.create_table(
        "responses",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("survey", sa.String(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment", sa.String(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.Column("answered_by", sa.String(), nullable=True),
        sa.Column("survey_message", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("ticket_id", sa.String(), nullable=True),
        sa.Column("counts", sa.Boolean(), nullable=False),
        sa.Column("suspected", sa.Boolean(), nullable=False),
        sa.Column("sentiment", sa.String(), nullable=True),
        sa.Column("topic", sa.String(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("custom", json_type(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_responses_customer_id", "responses", ["customer_id"])
    op.create_index("ix_responses_order_id", "responses", ["order_id"])
    op.create_index("ix_responses_received_at", "responses", ["received_at"])
    op.create_index("ix_responses_survey", "responses", ["survey", "received_at"])
    op.create_index("ix_responses_survey_message", "responses", ["survey_message"])
    op.create_index("ix_responses_ticket_id", "responses", ["ticket_id"])
    op.create_table(
        "report_mails",
        sa.Column("week", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("week", "address"),
    )
    op.create_table(
        "rule_marks",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule"),
    )
    op.create_table(
        "rule_starts",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("shadow_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("rule"),
    )
    op.create_table(
        "rulesets",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("files", json_type(), nullable=False),
        sa.Column("applied_at", sa.BigInteger(), nullable=False),
        sa.Column("applied_by", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("renamed", json_type(), nullable=True),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "source_reads",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kinds", sa.String(), nullable=False),
        sa.Column("max_age", sa.Integer(), nullable=True),
        sa.Column("fresh_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "suppressions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("lifted_at", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_suppressions_address", "suppressions", ["channel", "address"])
    op.create_table(
        "suspended_rules",
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rule"),
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=True),
        sa.Column("customer_id", sa.String(), nullable=True),
        sa.Column("order_id", sa.String(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=True),
        sa.Column("status_changed_at", sa.BigInteger(), nullable=True),
        sa.Column("priority", sa.String(), nullable=True),
        sa.Column("priority_changed_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("contact_channel", sa.String(), nullable=True),
        sa.Column("team", sa.String(), nullable=True),
        sa.Column("opened_at", sa.BigInteger(), nullable=True),
        sa.Column("first_replied_at", sa.BigInteger(), nullable=True),
        sa.Column("last_reply_at", sa.BigInteger(), nullable=True),
        sa.Column("last_reply_by", sa.String(), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("next_update_at", sa.BigInteger(), nullable=True),
        sa.Column("resolved_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("reopen_count", sa.Integer(), nullable=True),
        sa.Column("tags", json_type(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("custom", json_type(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_tickets_closed_at", "tickets", ["closed_at"])
    op.create_index("ix_tickets_customer_id", "tickets", ["customer_id"])
    op.create_index("ix_tickets_due_at", "tickets", ["due_at"])
    op.create_index("ix_tickets_first_replied_at", "tickets", ["first_replied_at"])
    op.create_index("ix_tickets_last_reply_at", "tickets", ["last_reply_at"])
    op.create_index("ix_tickets_next_update_at", "tickets", ["next_update_at"])
    op.create_index("ix_tickets_opened_at", "tickets", ["opened_at"])
    op.create_index("ix_tickets_order_id", "tickets", ["order_id"])
    op.create_index("ix_tickets_priority_changed_at", "tickets", ["priority_changed_at"])
    op.create_index("ix_tickets_resolved_at", "tickets", ["resolved_at"])
    op.create_index("ix_tickets_status_changed_at", "tickets", ["status_changed_at"])


TABLES = (
    "attempts",
    "audit",
    "batches",
    "changes",
    "consents",
    "coupon_shelves",
    "coupons",
    "cursors",
    "customers",
    "enrollments",
    "handoff_notices",
    "handoffs",
    "heartbeats",
    "incident_orders",
    "incidents",
    "last_sent",
    "message_states",
    "message_subjects",
    "messages",
    "orders",
    "pass_runs",
    "pauses",
    "promises",
    "rate_buckets",
    "receipts",
    "report_mails",
    "responses",
    "rule_marks",
    "rule_starts",
    "rulesets",
    "source_reads",
    "suppressions",
    "suspended_rules",
    "tickets",
)


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
