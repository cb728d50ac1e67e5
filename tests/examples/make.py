#!/usr/bin/env python3
"""Writes the example webhook bodies as Meta would send them (non-ASCII as
\\uXXXX, slashes escaped) and signs them with the example secret.

Run it after changing what it holds; the files it writes are kept."""

import hashlib
import hmac
import json
import pathlib

SECRET = b"example-app-secret"
NUMBER = "106540352242922"
PHONE = "6281290001234"
HERE = pathlib.Path(__file__).parent


def envelope(value, field="messages"):
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "6221500900", "phone_number_id": NUMBER},
        **value,
    }
    change = {"value": value, "field": field}
    entry = {"id": "102290129340398", "changes": [change]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def message(wamid, at, kind, content):
    return envelope({
        "contacts": [{"profile": {"name": "Sari Wijaya"}, "wa_id": PHONE}],
        "messages": [{"from": PHONE, "id": wamid, "timestamp": str(at), "type": kind, kind: content}],
    })


BODIES = {
    # 2026-11-24 09:30 in Jakarta, a Tuesday.
    "friday": message("wamid.HBgNNjI4MTI5MDAwMTIzNBUCABIYFDNBRDAx", 1795487400, "text",
                      {"body": "Lovely \U0001f60d will this arrive before Friday?"}),
    "basket": message("wamid.HBgNNjI4MTI5MDAwMTIzNBUCABIYFDNBRDAy", 1795487400, "order", {
        "catalog_id": "194836987003835",
        "text": "Could you wrap these as a gift?",
        "product_items": [
            {"product_retailer_id": "batik-set-indigo", "quantity": 3, "item_price": 1450000, "currency": "IDR"},
            {"product_retailer_id": "scarf-silk-sand", "quantity": 2, "item_price": 385000, "currency": "IDR"},
        ],
    }),
    "repeat-buyer": message("wamid.HBgNNjI4MTI5MDAwMTIzNBUCABIYFDNBRDAz", 1795487400, "text",
                            {"body": "Is the free engraving included this time as well?"}),
    "payment": envelope({
        "statuses": [{
            "id": "wamid.HBgNNjI4MTI5MDAwMTIzNBUCABEYEjQ0", "status": "failed", "type": "payment",
            "timestamp": "1795487400", "recipient_id": PHONE,
            "payment": {
                "reference_id": "pay-7731",
                "amount": {"value": 129000000, "offset": 100},
                "currency": "IDR",
                "transaction": {
                    "id": "trx-902", "type": "billdesk", "status": "failed",
                    "created_timestamp": 1795487390, "updated_timestamp": 1795487399,
                    "error": {"code": "insufficient_funds", "reason": "insufficient funds"},
                },
            },
        }],
    }),
    "complaint": message("wamid.HBgNNjI4MTI5MDAwMTIzNBUCABIYFDNBRDA1", 1795487400, "text",
                         {"body": "Kecewa banget, barangnya rusak dan tidak sesuai pesanan. Saya minta uang kembali!"}),
    "bot-failed-twice": message("wamid.HBgNNjI4MTI5MDAwMTIzNBUCABIYFDNBRDA2", 1795487400, "text",
                                {"body": "I asked whether the bowl is safe for the microwave \u2014 anybody?"}),
}

for name, body in BODIES.items():
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    raw = json.dumps(body, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/").encode()
    (folder / "body.json").write_bytes(raw)
    digest = hmac.new(SECRET, raw, hashlib.sha256).hexdigest()
    (folder / "signature").write_text(f"sha256={digest}\n")
