# SPDX-License-Identifier: Apache-2.0
"""Verifies or makes a COSE_Sign1, or re-encodes CBOR, from RFC 9052 and RFC 8949 by cbor2 and cryptography.

A JSON object {action, ...}, byte strings in hex, comes on standard input; the answer leaves as JSON on standard
output. Exit code 1: refused.
"""

import json
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ED25519 = -19  # RFC 9864
ALGORITHM, KEY_ID, CLAIMS, TYPE = 1, 4, 15, 16


def to_be_signed(protected, external_aad, payload):
    return cbor2.dumps(["Signature1", protected, external_aad, payload])


def verify(given):
    tagged = cbor2.loads(bytes.fromhex(given["sign1"]))
    if not isinstance(tagged, cbor2.CBORTag) or tagged.tag != 18:
        sys.exit("not a tagged COSE_Sign1")
    protected_bytes, unprotected, payload, signature = tagged.value
    protected = cbor2.loads(protected_bytes)
    if protected[ALGORITHM] != ED25519:
        sys.exit("another algorithm")
    detached = payload is None
    if detached:
        payload = bytes.fromhex(given["payload"])
    message = to_be_signed(protected_bytes, bytes.fromhex(given["externalAad"]), payload)
    public_key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(given["publicKey"]))
    try:
        public_key.verify(signature, message)
    except InvalidSignature:
        sys.exit("the signature does not hold")
    return {
        "labels": sorted(protected),
        "keyId": protected[KEY_ID].hex(),
        "type": protected[TYPE],
        "claims": list(protected[CLAIMS].items()) if CLAIMS in protected else None,
        "unprotected": len(unprotected),
        "detached": detached,
        "payload": payload.hex(),
    }


def sign(given):
    private_key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(given["seed"]))
    protected = cbor2.dumps(
        {ALGORITHM: ED25519, KEY_ID: bytes.fromhex(given["keyId"]), TYPE: given["type"]},
        canonical=True,
    )
    payload = bytes.fromhex(given["payload"])
    signature = private_key.sign(
        to_be_signed(protected, bytes.fromhex(given["externalAad"]), payload)
    )
    return cbor2.dumps(cbor2.CBORTag(18, [protected, {}, payload, signature])).hex()


def encode_again(given):
    """For unsigned keys the older canonical order is that of RFC 8949, section 4.2.1."""
    return [
        cbor2.dumps(cbor2.loads(bytes.fromhex(one)), canonical=True).hex() for one in given["values"]
    ]


if __name__ == "__main__":
    request = json.load(sys.stdin)
    actions = {"verify": verify, "sign": sign, "encode again": encode_again}
    print(json.dumps(actions[request["action"]](request)))
