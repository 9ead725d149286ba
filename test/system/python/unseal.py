# SPDX-License-Identifier: Apache-2.0
# Opens what was sealed for a key with python-cwt, and prints the text in hex. Standard input: hex of sealed, aad and key.
import json
import sys

from cwt import COSE, COSEKey

given = {name: bytes.fromhex(value) for name, value in json.load(sys.stdin).items()}
OKP, X25519, ECDH_ES_HKDF_256 = 1, 4, -25
key = COSEKey.new({1: OKP, 3: ECDH_ES_HKDF_256, -1: X25519, -2: given["public"], -4: given["private"]})
print(COSE.new().decode(given["sealed"], [key], external_aad=given["aad"], context={"alg": "A256GCM"}).hex())
