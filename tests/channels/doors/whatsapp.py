"""A number at the Cloud API, which pushes."""

from __future__ import annotations

from connectors.base import Push
from connectors.kinds.whatsapp import WhatsApp
from tests.channels.fakes.doors import AT, OURS, Hears, by_meta


def _whatsapp(number: int) -> Push:
    message = {"from": "6281200000001", "id": f"wamid.{number}", "timestamp": str(int(AT.timestamp())), "type": "text",
               "text": {"body": "Jalan rusak"}}  # fmt: skip
    value = {"metadata": {"phone_number_id": OURS}, "contacts": [], "messages": [message]}
    return by_meta({"entry": [{"id": "1", "changes": [{"field": "messages", "value": value}]}]})


DOORS = {
    "whatsapp": Hears(
        push=_whatsapp, ref=lambda n: f'"wamid.{n}"',
        channel=WhatsApp(
            url="http://127.0.0.1:9/v1", phone_number_id=OURS, token="${secret:TOKEN}", app_secret="${secret:APP}",
            verify_token="${secret:VERIFY}", media={"host": "127.0.0.1"},
        ),
    ),
}  # fmt: skip
