"""What is sent to LAPOR! v3: the body of a create and the form of a follow-up, field by field (guide/domain.md 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hub.registry.port import FollowUp
from hub.registry.wording import content, sendable, shortened, title
from hub.routing import RegistryConfig, Target

_NAMELESS: Final = "Pelapor"

Part = tuple[str, tuple[str | None, str | bytes] | tuple[str, bytes, str]]
"""One part of a form as requests has it: (name, (None, value)) or (name, (file name, bytes, media type))."""


def payload(
    complaint: Mapping[str, Any], target: Target, file_ids: Sequence[str], config: RegistryConfig
) -> dict[str, Any]:
    """The body of a create; `complaint` as schemas/complaint has it. What has no value is left out."""
    body = {
        "title": title(complaint, config.limits.title),
        "content": content(complaint, config.limits),
        "channel": config.channel_id,
        **_reporter(complaint, config),
        "is_inbox": False,
        "is_disposisi_slider": False,
        "classification_id": target.classification_id,
        "category_id": target.category_id,
        "location_id": target.location_id,
        "date_of_incident": complaint.get("incident_date"),
        "tags_raw": f"#{complaint['channel']}",
        "is_approval": False,
        "is_anonymous": bool(complaint["is_anonymous"]),
        "is_secret": bool(complaint["is_confidential"]),
        "is_priority": False,
        "attachments": _attached(file_ids, config.attachments_form),
    }
    return {name: value for name, value in body.items() if value is not None}


def _reporter(complaint: Mapping[str, Any], config: RegistryConfig) -> dict[str, Any]:
    """Who reports: the citizen where he can be reached and hides nothing, else the service user."""
    known = complaint.get("reporter") or {}
    doors = {"emailUser": known.get("email"), "phoneUser": known.get("phone_e164")}
    reached = {name: value for name, value in doors.items() if value}
    if complaint["is_anonymous"] or not reached:
        return {"is_new_user_slider": False, "user_id": config.service_user}
    name = sendable(known.get("name")) or sendable(known.get("handle")) or _NAMELESS
    return {"is_new_user_slider": True, "nameUser": name, **reached}


def _attached(ids: Sequence[str], form: str) -> str | list[int] | bool:
    if not ids:
        return False
    if form == "list":
        return [int(one) for one in ids]
    return f"[{','.join(ids)}]" + ("." if form == "[1,2]." else "")


def follow_up_form(registry_id: str, note: FollowUp, config: RegistryConfig) -> list[Part]:
    """
    The parts of POST /complaints/followup/add. Every field is there; one without a value is empty.

    What an agency says comes from the institution that has the complaint. What a reporter adds comes from the hub's own
    institution, or from nobody: it must not count as a follow-up of the agency.
    """
    theirs = note.institution_id
    sender = config.institution_id if note.by == "reporter" else theirs or config.institution_id
    text, whole = shortened(note.text, config.limits.content)
    values = {
        "user_id": config.service_user,
        "institution_from_id": sender,
        "institution_to_id": theirs or config.institution_id,
        "complaint_id": registry_id,
        "info_disposition": None,
        "template_code": config.template_code,
        "rating": None,
        "is_secret": int(note.is_secret),
        "content": text,
    }
    fields: list[Part] = [(name, (None, "" if value is None else str(value))) for name, value in values.items()]
    files = [*note.files, *([whole] if whole else [])]
    return fields + [(f"attachment[{n}]", (one.name, one.content, one.media_type)) for n, one in enumerate(files)]
