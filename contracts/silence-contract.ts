// SPDX-License-Identifier: Apache-2.0
// The contract that tells which gateways say nothing any more: one output when a gateway falls
// silent, one when it is heard again. Gateways sign a batch a minute even when nothing was read, so
// three minutes without one, by the time of the blocks, is silence. It knows of whom it has heard.

import { assert } from '../base/assert.ts';
import { equal } from '../base/bytes.ts';
import { type Content, choice, listOf } from '../base/fields.ts';
import { type KeyId, keyIdField } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { type LedgerEntry, type Machine, nothing, type StateView } from '../base/machine.ts';
import { row } from '../base/records.ts';
import { unixMsField } from '../base/unix-time.ts';
import { encodeSilence } from './silence.ts';

/** Without a signed word for so long, a gateway is silent. */
export const silentAfterMs = 3 * 60_000;

const gatewaysField = listOf(
  row({ gateway: keyIdField, heardMs: unixMsField, isSilent: choice(true, false) }),
  limits.membersEverMax,
);
type Gateway = Content<typeof gatewaysField>[number];

const key = 'gateways';

export function silenceContract(): Machine<LedgerEntry, Uint8Array, never> {
  return {
    name: 'silence',
    version: '1',
    apply: (state, entry, { timeMs }) => {
      const outputs = take(state, entry, timeMs);
      return outputs.length === 0 ? nothing : { outputs, effects: [] };
    },
  };
}

function take(state: StateView, entry: LedgerEntry, timeMs: number): readonly Uint8Array[] {
  switch (entry.kind) {
    case 'batch':
    case 'gap':
      return hear(state, entry.gateway, timeMs);
    case 'block-end':
      return missAll(state, timeMs);
    case 'schema':
      return [];
  }
}

function hear(state: StateView, gateway: KeyId, timeMs: number): readonly Uint8Array[] {
  const known = gatewaysIn(state);
  const before = known.find((one) => equal(one.gateway, gateway));
  const heard = { gateway, heardMs: timeMs, isSilent: false };
  // In the order in which they were heard first.
  const next =
    before === undefined ? [...known, heard] : known.map((one) => (one === before ? heard : one));
  if (next.length > limits.membersEverMax) return [];
  state.put(key, gatewaysField.write(next));
  if (before?.isSilent !== true) return [];
  return [encodeSilence({ kind: 'heard', gateway, sinceMs: before.heardMs, timeMs })];
}

function missAll(state: StateView, timeMs: number): readonly Uint8Array[] {
  const known = gatewaysIn(state);
  const isMissed = ({ heardMs, isSilent }: Gateway): boolean =>
    !isSilent && timeMs - heardMs >= silentAfterMs;
  const missed = known.filter(isMissed);
  if (missed.length === 0) return [];
  const next = known.map((one) => (isMissed(one) ? { ...one, isSilent: true } : one));
  state.put(key, gatewaysField.write(next));
  return missed.map(({ gateway, heardMs }) =>
    encodeSilence({ kind: 'silent', gateway, sinceMs: heardMs, timeMs }),
  );
}

function gatewaysIn(state: StateView): readonly Gateway[] {
  const value = state.get(key);
  if (value === undefined) return [];
  const read = gatewaysField.read(value, key);
  assert(read.ok, 'what was put is got back');
  return read.value;
}
