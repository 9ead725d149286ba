// SPDX-License-Identifier: Apache-2.0
// What the chain knows of its members, their sequences, schemas and receipts. This is the one file that names
// those state keys. Everything is read back from state, so a restart needs nothing more than the state.

import { assert } from '../../base/assert.ts';
import { equal, keyOf, toHex } from '../../base/bytes.ts';
import type { CborValue } from '../../base/cbor.ts';
import { accept } from '../../base/errors.ts';
import {
  bytes,
  choice,
  code,
  decodeWith,
  type Field,
  listOf,
  mapped,
  tuple,
  uint,
} from '../../base/fields.ts';
import { entryIdField, keyIdField } from '../../base/ids.ts';
import { limits } from '../../base/limits.ts';
import { decodeSchema, type Schema } from '../../base/schema.ts';
import type { Suite } from '../../base/suite.ts';
import { unixMsField } from '../../base/unix-time.ts';
import type { Genesis } from './genesis.ts';
import {
  type FollowedHandOver,
  followedField,
  handOverKey,
  handOversBefore,
  periodsOf,
} from './hand-over-state.ts';
import type { AcceptedEntry } from './judge.ts';
import { stillCounts } from './judge-request.ts';
import { generationOf, type MainLog, mainLogField } from './main-log.ts';
import {
  foundingMembers,
  foundingPersons,
  type Member,
  membersField,
  type Person,
  personsField,
} from './member.ts';
import type { Policy } from './policy.ts';
import type { KeyPeriods } from './retired-key.ts';
import type { ChainState, StateWrite } from './state.ts';
import type { MainHead } from './trust.ts';

/** Where a member's numbered statements stand. */
export type SequenceState = {
  /** The last one taken; 0 before the first, which is 1. */
  readonly sequence: number;
  /** Of its last reading batch: what that states, and the block that holds it. */
  readonly batchTimeMs: number;
  readonly clock: 'synchronised' | 'free-running' | 'unset';
  readonly batchHeight: number;
};

/** What the newest receipt on the chain says. */
export type ReceiptState = {
  /** Size of this chain that the main log has taken. */
  readonly size: number;
  /** The main log as the receipt shows it. */
  readonly mainSize: number;
  readonly mainRoot: Uint8Array;
  /** Block of this chain that holds it. */
  readonly height: number;
};

/** How often the members were changed, and by which entry last. */
export type MembershipState = { readonly version: number; readonly entryId: Uint8Array };

const sequenceField: Field<SequenceState> = mapped(
  tuple(uint(), unixMsField, code('synchronised', 'free-running', 'unset'), uint()),
  {
    read: ([sequence, batchTimeMs, clock, batchHeight]) =>
      accept({ sequence, batchTimeMs, clock, batchHeight }),
    write: ({ sequence, batchTimeMs, clock, batchHeight }) =>
      [sequence, batchTimeMs, clock, batchHeight] as const,
  },
);

const receiptField: Field<ReceiptState> = mapped(tuple(uint(), uint(), bytes(32), uint()), {
  read: ([size, mainSize, mainRoot, height]) => accept({ size, mainSize, mainRoot, height }),
  write: ({ size, mainSize, mainRoot, height }) => [size, mainSize, mainRoot, height] as const,
});

const membershipField: Field<MembershipState> = mapped(tuple(uint(), entryIdField), {
  read: ([version, entryId]) => accept({ version, entryId: entryId as Uint8Array }),
  write: ({ version, entryId }) => [version, entryId as never] as const,
});

/** A request for raw readings that stands on the chain. */
export type RequestState = {
  /** SHA-256 of the request. */
  readonly id: Uint8Array;
  /** Block that holds it. */
  readonly height: number;
  readonly takenMs: number;
  readonly untilMs: number;
};

const requestField: Field<RequestState> = mapped(
  tuple(bytes(32), uint(), unixMsField, unixMsField),
  {
    read: ([id, height, takenMs, untilMs]) => accept({ id, height, takenMs, untilMs }),
    write: ({ id, height, takenMs, untilMs }) => [id, height, takenMs, untilMs] as const,
  },
);

/** As many as one day takes, for none is answered for longer. */
const requestsField = listOf(requestField, 25 * limits.requestsPerHourMax);

/** Where a person's manual entries stand. */
export type ManualState = {
  /** Key id of the person. */
  readonly person: Uint8Array;
  /** Of the last one; the first is 1. */
  readonly sequence: number;
  readonly entryId: Uint8Array;
};

const manualField: Field<ManualState> = mapped(tuple(bytes(8), uint(), bytes(32)), {
  read: ([person, sequence, entryId]) => accept({ person, sequence, entryId }),
  write: ({ person, sequence, entryId }) => [person, sequence, entryId] as const,
});

const manualEntriesField = listOf(manualField, limits.personsMax);

const policyField: Field<Policy> = mapped(tuple(choice('blame', 'prevent'), uint()), {
  read: ([kind, faulty]) => accept({ class: kind, faulty }),
  write: (policy) => [policy.class, policy.faulty] as const,
});

const unseen: SequenceState = { sequence: 0, batchTimeMs: 0, clock: 'unset', batchHeight: 0 };

/** A member none of whose batches is in so many blocks up to the newest one that holds any, is silent: the
 * clock that it had then says nothing about now. Members state a batch a minute at least. */
export const silentAfterBlocks = 256;

/** Whether the members stand in a state as this program writes them. */
export function hasMembers(pairs: readonly (readonly [string, Uint8Array])[]): boolean {
  const [, value] = pairs.find(([key]) => key === 'chain/members') ?? [];
  return value !== undefined && decodeWith(membersField, value, { name: 'chain/members' }).ok;
}

/** How many changes of the members a state has seen; undefined where that is not what a state holds. */
export function membershipVersionIn(
  pairs: readonly (readonly [string, Uint8Array])[],
): number | undefined {
  const [, value] = pairs.find(([key]) => key === 'chain/membership') ?? [];
  if (value === undefined) return 0;
  const read = decodeWith(membershipField, value, { name: 'chain/membership' });
  return read.ok ? read.value.version : undefined;
}

/** Whether a block has changed the members. */
export function changesMembers(writes: readonly StateWrite[]): boolean {
  return writes.some(([key]) => key === 'chain/membership');
}

/** Whether a block holds manual entries that count. */
export function hasManualEntries(writes: readonly StateWrite[]): boolean {
  return writes.some(([key]) => key === 'chain/manual-entries');
}

export class Registry {
  readonly #suite: Suite;
  readonly #state: ChainState;
  readonly #schemas = new Map<string, Schema>();
  /** Read once a change, for every entry asks for them. */
  #members: { readonly value: CborValue | undefined; readonly list: readonly Member[] } | undefined;

  constructor(suite: Suite, state: ChainState) {
    this.#suite = suite;
    this.#state = state;
  }

  /** Writes what the genesis decides. */
  begin(genesis: Genesis): void {
    const members = foundingMembers(this.#suite, genesis.members);
    const persons = foundingPersons(this.#suite, genesis.persons);
    this.#state.put('chain/members', membersField.write(members));
    this.#state.put('chain/persons', personsField.write(persons));
    this.#state.put('chain/policy', policyField.write(genesis.policy));
    this.#state.put('chain/main-log', mainLogField.write(genesis.mainLog));
  }

  /** All that there ever were, in the order in which they came. */
  get members(): readonly Member[] {
    const value = this.#state.get('chain/members');
    if (this.#members === undefined || this.#members.value !== value) {
      this.#members = { value, list: this.#read('chain/members', membersField) ?? [] };
    }
    return this.#members.list;
  }

  get persons(): readonly Person[] {
    return this.#read('chain/persons', personsField) ?? [];
  }

  /** Undefined while the members are those of the genesis. */
  get membership(): MembershipState | undefined {
    return this.#read('chain/membership', membershipField);
  }

  get voters(): readonly Member[] {
    return this.members.filter(({ role, revoked }) => role === 'voter' && !revoked);
  }

  get policy(): Policy {
    const policy = this.#read('chain/policy', policyField);
    assert(policy !== undefined, 'a chain has a policy');
    return policy;
  }

  /** With the keys that count now. */
  get mainLog(): MainLog {
    const mainLog = this.#read('chain/main-log', mainLogField);
    assert(mainLog !== undefined, 'a chain has a main log');
    return mainLog;
  }

  /** How the keys of the main log came to be those of now, the oldest first. */
  get handOvers(): readonly FollowedHandOver[] {
    return handOversBefore(this.mainLog, (key) => this.#read(key, followedField));
  }

  /** Which keys of the main log count for which of its sizes. */
  get keyPeriods(): KeyPeriods {
    return periodsOf(this.handOvers, this.mainLog);
  }

  /** The newest main log that the chain knows, by a receipt or a hand-over: what comes must extend it. */
  get mainHead(): MainHead | undefined {
    const { receipt } = this;
    const handOver = this.#read(handOverKey(generationOf(this.mainLog)), followedField);
    const isNewer = (handOver?.size ?? 0) > (receipt?.mainSize ?? 0);
    if (handOver !== undefined && isNewer) return { size: handOver.size, root: handOver.root };
    return receipt && { size: receipt.mainSize, root: receipt.mainRoot };
  }

  /** Requests that may still be answered, and those of the last hour. */
  get requests(): readonly RequestState[] {
    return this.#read('chain/requests', requestsField) ?? [];
  }

  /** Of the persons who have entered something, in the order in which they began. */
  get manualSequences(): readonly ManualState[] {
    return this.#read('chain/manual-entries', manualEntriesField) ?? [];
  }

  manualSequence(person: Uint8Array): ManualState | undefined {
    return this.manualSequences.find((one) => equal(one.person, person));
  }

  get receipt(): ReceiptState | undefined {
    return this.#read('chain/receipt', receiptField);
  }

  member(keyId: Uint8Array): Member | undefined {
    return this.members.find((member) => equal(member.keyId, keyId));
  }

  person(keyId: Uint8Array): Person | undefined {
    return this.persons.find((person) => equal(person.keyId, keyId));
  }

  sequence(keyId: Uint8Array): SequenceState {
    return this.#read(`sequence/${toHex(keyId)}`, sequenceField) ?? unseen;
  }

  /** Last batch times of the members that speak, and whose clocks were synchronised then. */
  synchronisedTimesMs(): readonly number[] {
    const spoken = this.members
      .filter(({ revoked }) => !revoked)
      .map(({ keyId }) => this.sequence(keyId))
      .filter(({ batchHeight }) => batchHeight > 0);
    const newest = spoken.reduce((height, { batchHeight }) => Math.max(height, batchHeight), 0);
    return spoken
      .filter(({ batchHeight }) => newest - batchHeight < silentAfterBlocks)
      .filter(({ clock }) => clock === 'synchronised')
      .map(({ batchTimeMs }) => batchTimeMs);
  }

  /** A schema that this gateway has put on the chain: no member speaks for another's devices. */
  schema(gateway: Uint8Array, id: Uint8Array): Schema | undefined {
    const name = keyOf(gateway) + keyOf(id);
    const known = this.#schemas.get(name);
    if (known !== undefined) return known;
    const payload = this.#state.get(schemaKey(gateway, id));
    if (!(payload instanceof Uint8Array)) return undefined;
    const decoded = decodeSchema(payload);
    assert(decoded.ok, 'a schema in state was checked');
    this.#schemas.set(name, decoded.value);
    return decoded.value;
  }

  /** Payload bytes of a schema, whose hash is its id. */
  schemaPayload(gateway: Uint8Array, id: Uint8Array): Uint8Array | undefined {
    const payload = this.#state.get(schemaKey(gateway, id));
    return payload instanceof Uint8Array ? payload : undefined;
  }

  /** What a member's schemas come to, in bytes of payload. */
  schemaBytes(gateway: Uint8Array): number {
    return this.#read(schemaBytesKey(gateway), uint()) ?? 0;
  }

  /** Key id of the member that has put a schema of this device on the chain last. */
  reporter(device: string): Uint8Array | undefined {
    return this.#read(deviceKey(device), keyIdField);
  }

  /** Whether a member may speak of this device: nobody did before it, or one who was revoked since. */
  mayReport(gateway: Uint8Array, device: string): boolean {
    const reporter = this.reporter(device);
    if (reporter === undefined || equal(reporter, gateway)) return true;
    return this.member(reporter)?.revoked === true;
  }

  /** Writes what an accepted entry changes. */
  record(entry: AcceptedEntry, height: number): void {
    switch (entry.kind) {
      case 'reading-batch': {
        const { gateway, sequence, timeMs: batchTimeMs, clock } = entry.batch;
        const next = { sequence, batchTimeMs, clock: clock.state, batchHeight: height };
        this.#state.put(`sequence/${toHex(gateway)}`, sequenceField.write(next));
        return;
      }
      case 'gap': {
        const { gateway, sequence } = entry.gap;
        const next = { ...this.sequence(gateway), sequence };
        this.#state.put(`sequence/${toHex(gateway)}`, sequenceField.write(next));
        return;
      }
      case 'schema': {
        const { gateway, schemaId, schema, payload } = entry;
        const schemaBytes = this.schemaBytes(gateway) + payload.length;
        this.#state.put(schemaKey(gateway, schemaId), payload);
        this.#state.put(schemaBytesKey(gateway), schemaBytes);
        this.#state.put(deviceKey(schema.device), gateway);
        return;
      }
      case 'receipt':
        this.#state.put('chain/receipt', receiptField.write({ ...entry.receipt, height }));
        return;
      case 'request': {
        const { requestId: id, takenMs, untilMs } = entry;
        const kept = this.requests.filter(stillCounts(takenMs));
        const requests = [...kept, { id, height, takenMs, untilMs }];
        this.#state.put('chain/requests', requestsField.write(requests));
        return;
      }
      case 'manual-entry': {
        const { id: entryId, person, sequence } = entry;
        const before = this.manualSequences;
        const next = { person, sequence, entryId };
        const isNew = before.every((one) => !equal(one.person, person));
        const after = before.map((one) => (equal(one.person, person) ? next : one));
        const list = isNew ? [...before, next] : after;
        this.#state.put('chain/manual-entries', manualEntriesField.write(list));
        return;
      }
      case 'trust': {
        const { size, root, mainLog: next } = entry.checked;
        const followed = { handOver: entry.handOver, mainLog: this.mainLog, size, root };
        this.#state.put(handOverKey(generationOf(next)), followedField.write(followed));
        this.#state.put('chain/main-log', mainLogField.write(next));
        return;
      }
      case 'membership': {
        const { id: entryId, version, members } = entry;
        this.#state.put('chain/members', membersField.write(members));
        this.#state.put('chain/membership', membershipField.write({ version, entryId }));
        return;
      }
    }
  }

  #read<T>(key: string, field: Field<T>): T | undefined {
    const value = this.#state.get(key);
    if (value === undefined) return undefined;
    const read = field.read(value, key);
    assert(read.ok, `state value ${key} has its form`);
    return read.value;
  }
}

function schemaBytesKey(gateway: Uint8Array): string {
  return `schema-bytes/${toHex(gateway)}`;
}

function deviceKey(device: string): string {
  return `device/${device}`;
}

function schemaKey(gateway: Uint8Array, id: Uint8Array): string {
  return `schema/${toHex(gateway)}/${toHex(id)}`;
}
