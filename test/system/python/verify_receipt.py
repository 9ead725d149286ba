# SPDX-License-Identifier: Apache-2.0
"""Verifies a COSE Receipt of inclusion (RFC 9942). COSE and its signature are read and verified by python-cwt, CBOR by
cbor2; the root that the path makes is computed from the text of RFC 9162.

A JSON object {receipt, publicKey, leafData} in hex comes on standard input; what the receipt says, with the
root computed from its path, leaves as one on standard output. Exit code 1: refused.
"""

import hashlib
import json
import sys

import cbor2
from cwt import COSE, COSEKey, VerifyError


OKP, CURVE_ED25519, ED25519 = 1, 6, -19  # RFC 9053, RFC 9864


class Refused(Exception):
    pass


def sha256(data):
    return hashlib.sha256(data).digest()


def root_of_path(leaf_data, index, size, path):
    """RFC 9162, section 2.1.3.2."""
    if index >= size:
        raise Refused("the leaf is not in the tree")
    fn, sn = index, size - 1
    r = sha256(b"\x00" + leaf_data)
    for p in path:
        if sn == 0:
            raise Refused("the path is too long")
        if fn & 1 or fn == sn:
            r = sha256(b"\x01" + p + r)
            while fn & 1 == 0 and fn != 0:
                fn >>= 1
                sn >>= 1
        else:
            r = sha256(b"\x01" + r + p)
        fn >>= 1
        sn >>= 1
    if sn != 0:
        raise Refused("the path is too short")
    return r


def verify(receipt, public_key, leaf_data):
    tagged = cbor2.loads(receipt)
    if not isinstance(tagged, cbor2.CBORTag) or tagged.tag != 18:
        raise Refused("not a tagged COSE_Sign1")
    protected_bytes, unprotected, payload, _ = tagged.value
    protected = cbor2.loads(protected_bytes)
    if protected[1] != ED25519:
        raise Refused("another algorithm")
    if protected[395] != 1:  # RFC9162_SHA256
        raise Refused("another verifiable data structure")
    if payload is not None:
        raise Refused("the payload is not detached")
    (proof,) = unprotected[396][-1]
    size, index, path = cbor2.loads(proof)

    root = root_of_path(leaf_data, index, size, path)
    key = COSEKey.new({1: OKP, 2: protected[4], 3: ED25519, -1: CURVE_ED25519, -2: public_key})
    COSE.new().decode(receipt, key, detached_payload=root)
    return {
        "keyId": protected[4].hex(),
        "type": protected[16],
        "issuer": protected[15][1],
        "subject": protected[15][2],
        "signedSize": protected[-65537],
        "size": size,
        "index": index,
        "root": root.hex(),
    }


def main():
    given = {name: bytes.fromhex(value) for name, value in json.load(sys.stdin).items()}
    try:
        print(json.dumps(verify(given["receipt"], given["publicKey"], given["leafData"])))
    except Refused as refused:
        sys.exit(str(refused))
    except VerifyError:
        sys.exit("the signature does not hold")


if __name__ == "__main__":
    main()
