# SPDX-License-Identifier: Apache-2.0
"""Verifies a proof bundle from docs/protocol.md alone, with cbor2 and cryptography: a second implementation.

A JSON object {bundle, keys} comes on standard input, the bundle in hex, the keys file as text; what it proves leaves
as JSON on standard output. Exit code 1: refused, with the reason on standard error.
"""

import base64
import hashlib
import json
import sys

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

CLAIMS, TYPE, STRUCTURE, PROOFS, INCLUSION, TREE_SIZE = 15, 16, 395, 396, -1, -65537
LOG_KEY, COSIGNER_KEY = 1, 4
ROLES = ["voter", "follower"]


def require(condition, what):
    if not condition:
        sys.exit(what)


def sha256(data):
    return hashlib.sha256(data).digest()


def leaf_hash(data):
    return sha256(b"\x00" + data)


def path_root(leaf, index, size, path):
    """RFC 9162, section 2.1.3.2, as printed."""
    require(index < size, "an index beyond its tree")
    fn, sn, root = index, size - 1, leaf
    for node in path:
        require(sn != 0, "a path that is too long")
        if fn & 1 or fn == sn:
            root = sha256(b"\x01" + node + root)
            while not fn & 1 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            root = sha256(b"\x01" + root + node)
        fn, sn = fn >> 1, sn >> 1
    require(sn == 0, "a path that is too short")
    return root


def decode(data):
    value = cbor2.loads(data)
    require(cbor2.dumps(value, canonical=True) == data, "not in the deterministic encoding")
    return value


def key_id(public_key):
    return sha256(public_key)[:8]


def key_hash(name, kind, public_key):
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key)[:4]


def check_signature(public_key, signature, message, what):
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        sys.exit(f"{what}: the signature does not hold")


class Statement:
    """A COSE_Sign1 of chapter 1."""

    def __init__(self, data):
        require(data[:1] == b"\xd2", "no tag 18")
        self.data = data
        self.protected, self.unprotected, self.payload, self.signature = decode(data[1:])
        self.header = decode(self.protected)
        require(self.header[1] == -19, "another algorithm")
        self.key_id = self.header[4]

    def kind(self):
        return self.header[TYPE].removeprefix("application/vnd.tieline.").removesuffix("+cbor")

    def check(self, public_key, external_aad=b"", payload=None):
        require(self.key_id == key_id(public_key), f"{self.header[TYPE]}: by another key")
        message = ["Signature1", self.protected, external_aad, payload or self.payload]
        check_signature(public_key, self.signature, cbor2.dumps(message), self.header[TYPE])


def aad(chain_id):
    return b"tieline/v1\x00" + chain_id


def verify_reading(proof, header, members, chain_id):
    schema, pack = decode(proof[8]), decode(proof[6])
    require(sha256(proof[8]) == pack[0], "another schema than the pack names")
    require(len(pack[3]) == len(pack[4]) == len(schema[7]), "values and schema differ in number")
    entry = Statement(proof[1])
    require(entry.kind() == "reading-batch", "no reading batch")
    batch = decode(entry.payload)
    leaf = leaf_hash(proof[5] + proof[6])
    require(path_root(leaf, proof[4], batch[3], proof[7]) == batch[4], "not under the pack root")
    require(entry.key_id == batch[1] and entry.key_id in members, "by no member")
    entry.check(members[entry.key_id][0], aad(chain_id))
    root = path_root(leaf_hash(proof[1]), proof[2], header[5], proof[3])
    require(root == header[6], "not under the entry root")
    return {"mantissas": pack[3], "timeMs": pack[1], "sequence": batch[2]}


def verify_output(proof, header):
    root = path_root(leaf_hash(proof[2] + proof[3]), proof[1], header[10], proof[4])
    require(root == header[7], "not under the output root")
    return {"output": proof[3].hex()}


def checkpoint_of(note):
    """Size and root of the tree, of which nothing is believed yet."""
    _, size, root = note.split("\n\n", 1)[0].split("\n")
    return int(size), base64.b64decode(root, validate=True)


def verify_note(note, origin, senders, members):
    """Returns size and root of the checkpoint, and the co-signers' key ids. The log's line is by one of `senders`."""
    body, lines = note.rsplit("\n\n", 1)
    body += "\n"
    named, size, root = body.removesuffix("\n").split("\n")
    require(named == origin, "a checkpoint of another origin")
    cosigners, log_signed = set(), False
    for line in lines.removesuffix("\n").split("\n"):
        dash, name, text = line.split(" ")
        require(dash == "\u2014", "no signature line")
        data = base64.b64decode(text, validate=True)
        if name == origin:
            by = [key for key in senders if key_hash(name, LOG_KEY, key) == data[:4]]
            require(by, "another log key")
            (sender,) = by
            check_signature(sender, data[4:], body.encode(), "log signature")
            log_signed = True
            continue
        member = bytes.fromhex(name.removeprefix(origin + "/"))
        require(member in members, "a line that is no member's")
        public_key, role, _ = members[member]
        require(data[:4] == key_hash(name, COSIGNER_KEY, public_key), "another co-signer key")
        message = f"cosignature/v1\ntime {int.from_bytes(data[4:12], 'big')}\n{body}"
        check_signature(public_key, data[12:], message.encode(), name)
        if role == "voter":
            cosigners.add(member)
    require(log_signed, "no log signature")
    return int(size), base64.b64decode(root, validate=True), cosigners


def verify_receipts(receipts, anchor, main_log):
    keys = {key_id(key): key for key, _ in main_log[3]}
    signers, found = set(), set()
    for data in receipts:
        receipt = Statement(data)
        require(receipt.header[TYPE] == "application/scitt-receipt+cose", "no receipt")
        require(receipt.header[CLAIMS] == {1: main_log[1], 2: main_log[1]}, "another log")
        require(receipt.header[STRUCTURE] == 1 and receipt.payload is None, "no RFC 9162 receipt")
        (proof,) = receipt.unprotected[PROOFS][INCLUSION]
        size, index, path = decode(proof)
        require(size == receipt.header[TREE_SIZE], "not of the signed size")
        require(receipt.key_id in keys, "by no key of the main log")
        root = path_root(leaf_hash(sha256(anchor)), index, size, path)
        receipt.check(keys[receipt.key_id], payload=root)
        signers.add(receipt.key_id)
        found.add((index, size, root))
    require(len(found) == 1 and len(signers) == len(receipts), "receipts that disagree")
    require(len(signers) >= main_log[4], "fewer than the threshold")
    return {(main_log[1], LOG_KEY, keys[signer]) for signer in signers}


def trusted_keys(text):
    keys = set()
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            name, digits, encoded = line.strip().split("+", 2)
            data = base64.b64decode(encoded, validate=True)
            require(key_hash(name, data[0], data[1:]).hex() == digits, "a mistyped key")
            keys.add((name, data[0], data[1:]))
    return keys


class Members:
    """Chapter 4 of the protocol, as far as a change that a chain has accepted needs it."""

    def __init__(self, genesis):
        self.version = 0
        # Key id: [public key, role, name], revoked ones apart.
        self.active = {key_id(key): (key, role, name) for key, role, name in genesis[2]}
        self.revoked = {}
        self.persons = {key_id(key): (key, rights) for key, _, rights in genesis[4]}
        self.policy = genesis[3]

    def needed(self):
        voters = sum(role == "voter" for _, role, _ in self.active.values())
        require(voters > 0, "no voter is left")
        needed = (voters + self.policy[1]) // 2 + 1
        require(needed <= voters, "the voters left cannot satisfy the policy")
        return needed

    def end(self, member):
        require(member in self.active, "an end of no member")
        self.revoked[member] = self.active.pop(member)

    def apply(self, entry, chain_id):
        require(entry.kind() == "membership", "a change of another kind")
        require(entry.key_id in self.persons, "a change by no person")
        key, rights = self.persons[entry.key_id]
        require("members" in rights, "a change without the right")
        entry.check(key, aad(chain_id))
        membership = decode(entry.payload)
        require(membership[1] == self.version + 1, "a change with another number")
        change = membership[2]
        if change[1] == "grant":
            self.grant(change)
        elif change[1] == "revoke":
            self.end(change[2])
        else:
            require(change[1] == "promote", "an unknown change")
            key, role, name = self.active.get(change[2], (None, "voter", None))
            require(role == "follower", "a promotion of no follower")
            self.active[change[2]] = (key, "voter", name)
        self.needed()
        self.version += 1

    def grant(self, change):
        granted = key_id(change[2])
        known = self.active.keys() | self.revoked.keys() | self.persons.keys()
        require(granted not in known, "a key that was enrolled before")
        if change[6] is not None:
            self.end(change[6])
        require(all(name != change[3] for _, _, name in self.active.values()), "a name that is taken")
        self.active[granted] = (change[2], ROLES[change[4]], change[3])


def follow_changes(genesis, changes, tree, chain_id, until):
    """The members after the changes in blocks below `until`."""
    size, root = tree
    members, last = Members(genesis), 0
    for change in changes:
        header, entry = decode(change[4]), Statement(change[1])
        require(header[1] == 1 and header[2] == chain_id, "a change of another chain")
        require(header[3] >= last, "changes in another order than their blocks")
        last = header[3]
        if last >= until:
            break
        in_history = path_root(leaf_hash(change[4]), header[3], size, change[5])
        require(in_history == root, "a change that is not under its checkpoint")
        in_block = path_root(leaf_hash(change[1]), change[2], header[5], change[3])
        require(in_block == header[6], "a change that is not in its block")
        members.apply(entry, chain_id)
    return members


def members_at(bundle, genesis, anchor, chain_id):
    """The members at the anchor's checkpoint."""
    proof = bundle.get(8, {1: []})
    size, root = checkpoint_of(decode(anchor.payload)[1])
    if 2 not in proof:
        members = follow_changes(genesis, proof[1], (size, root), chain_id, size)
        require(members.version == len(proof[1]), "a change that is not under the anchor")
        return members
    other = checkpoint_of(proof[2])
    latest = follow_changes(genesis, proof[1], other, chain_id, other[0])
    require(latest.version == len(proof[1]), "a change that is not under its checkpoint")
    origin = f"tieline/v1/{chain_id.hex()}"
    senders = [key for key, _, _ in latest.active.values()]
    _, _, cosigners = verify_note(proof[2], origin, senders, latest.active)
    require(len(cosigners) >= latest.needed(), "changes that too few have co-signed")
    return follow_changes(genesis, proof[1], other, chain_id, size)


def verify(bundle_bytes, keys):
    bundle = decode(bundle_bytes)
    require(bundle[0] == "tieline-proof/v1", "no bundle")
    genesis_statement, chain_id = Statement(bundle[1]), sha256(bundle[1])
    genesis = decode(genesis_statement.payload)
    genesis_statement.check(genesis[2][0][0], aad(bytes(32)))
    origin = f"tieline/v1/{chain_id.hex()}"
    anchor = Statement(bundle[4])
    require(anchor.kind() == "anchor", "no anchor")
    then = members_at(bundle, genesis, anchor, chain_id)
    # Who was revoked by then may have read what is proved.
    ever, members = {**then.revoked, **then.active}, then.active

    header = decode(bundle[2])
    require(header[1] == 1 and header[2] == chain_id, "a header of another chain")
    proved = (
        verify_reading(bundle[6], header, ever, chain_id)
        if 6 in bundle
        else verify_output(bundle[7], header)
    )

    require(anchor.key_id in members, "no anchor by a member")
    claims = {1: f"{origin}/{anchor.key_id.hex()}", 2: origin}
    require(anchor.header[CLAIMS] == claims, "an anchor of another chain")
    sender = members[anchor.key_id][0]
    anchor.check(sender)
    size, root, cosigners = verify_note(decode(anchor.payload)[1], origin, [sender], members)
    require(
        path_root(leaf_hash(bundle[2]), header[3], size, bundle[3]) == root, "not under the checkpoint"
    )
    needed = then.needed()
    require(len(cosigners) >= needed, "fewer co-signatures than the policy asks for")

    signed = verify_receipts(bundle[5], bundle[4], genesis[5])
    trusted = trusted_keys(keys)
    require(len(signed & trusted) >= genesis[5][4], "no trusted receipts")
    named = {(f"{origin}/{one.hex()}", COSIGNER_KEY, members[one][0]) for one in cosigners}
    require(len(named & trusted) >= needed, "no trusted co-signers")
    return {**proved, "height": header[3], "chain": chain_id.hex()}


if __name__ == "__main__":
    request = json.load(sys.stdin)
    print(json.dumps(verify(bytes.fromhex(request["bundle"]), request["keys"])))
