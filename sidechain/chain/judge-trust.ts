// SPDX-License-Identifier: Apache-2.0
// Whether a hand-over of the main log's keys counts on a sidechain: it is the next one, by the keys that the
// chain knows, of the log that it knows.

import { equal } from '../../base/bytes.ts';
import { accept, type Result, refuse } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import { type CheckedHandOver, checkHandOver, type HandOver, logKeysInAct } from './hand-over.ts';
import { generationOf } from './main-log.ts';
import type { Registry } from './registry.ts';
import { checkTrust, decodeTrust } from './trust.ts';

export type TrustRefusal =
  | 'malformed'
  /** The act does not change the keys, or the old keys have not signed for it. */
  | 'hand-over'
  /** A hand-over before it is missing. */
  | 'skip'
  /** It is here. */
  | 'duplicate'
  /** Made for another size of the main log than the one that is known. */
  | 'old'
  /** The keys have signed for another hand-over of this generation. */
  | 'conflict'
  /** The keys have signed a longer or another log before. */
  | 'fork';

export type JudgedTrust = { readonly handOver: HandOver; readonly checked: CheckedHandOver };

/** What a chain has of its main log's keys. */
export type KnownKeys = Pick<Registry, 'mainLog' | 'mainHead' | 'handOvers'>;

/** Payload bytes are attacker-controlled. */
export function judgeTrust(
  suite: Suite,
  payload: Uint8Array,
  registry: KnownKeys,
): Result<JudgedTrust, TrustRefusal> {
  const message = decodeTrust(payload);
  if (!message.ok) return refuse('malformed', message.detail);
  const { handOver } = message.value;
  const { mainLog, mainHead: head } = registry;
  const brought = logKeysInAct(suite, handOver.act, mainLog.id);
  if (!brought.ok) return brought;
  const { generation } = brought.value;
  const own = generationOf(mainLog);
  if (generation <= own) return judgeKnown(suite, handOver, { generation, registry });
  if (generation > own + 1) return refuse('skip', `generation ${own + 1} is the next`);
  const checked = checkTrust(suite, message.value, { mainLog, head });
  if (checked.ok) return accept({ handOver, checked: checked.value });
  const { code, detail } = checked;
  return refuse(code === 'generation' ? 'hand-over' : code, detail);
}

/** One that was followed before, or another in its place, which the same keys must not have signed. */
function judgeKnown(
  suite: Suite,
  handOver: HandOver,
  { generation, registry }: { readonly generation: number; readonly registry: KnownKeys },
): Result<never, TrustRefusal> {
  const known = registry.handOvers.find((one) => generationOf(one.mainLog) === generation - 1);
  if (known === undefined) return refuse('hand-over', 'from before this chain');
  if (equal(known.handOver.act, handOver.act)) return refuse('duplicate', 'it is here');
  if (!checkHandOver(suite, handOver, known.mainLog).ok) {
    return refuse('hand-over', `generation ${generation} is here, by another act`);
  }
  return refuse('conflict', `the keys have handed over to generation ${generation} twice`);
}
