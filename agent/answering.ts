// SPDX-License-Identifier: Apache-2.0
// What this gateway answers to a request for raw readings: for each ask the newest pack of the device
// up to the instant, proved up to the newest receipt, and sealed for who asked. What cannot be
// answered says why: silence would look like something that is hidden.

import { TielineError } from '../base/errors.ts';
import type { Sealing } from '../base/sealed.ts';
import type { Signer, Suite } from '../base/suite.ts';
import type { Ask, OpenRequest } from '../sidechain/chain/request.ts';
import {
  type FoundReading,
  sealFound,
  signRequestAnswer,
} from '../sidechain/chain/request-answer.ts';
import { type ProvableChain, provePlace } from './prove-place.ts';
import { findReadingAt } from './reading-at.ts';

export type Answering = {
  readonly chain: ProvableChain & { readonly chainId: Uint8Array };
  readonly sealing: Sealing;
  readonly signer: Signer;
};

/**
 * The signed answer to one ask; undefined where nothing can be sealed for the key in the request.
 * @throws TielineError, transient, where it may be answered later
 */
export async function answerAsk(
  suite: Suite,
  { chain, sealing, signer }: Answering,
  asked: { readonly request: OpenRequest; readonly ask: number },
): Promise<Uint8Array | undefined> {
  const { ask } = asked;
  const { id: requestId, request } = asked.request;
  const one = request.asks[ask];
  if (one === undefined) return undefined;
  const found = await find(suite, chain, one);
  const sealed = sealFound(sealing, found, { requestId, ask, sealTo: request.sealTo });
  if (sealed === undefined) return undefined;
  return signRequestAnswer({ requestId, ask, sealed }, chain.chainId, signer);
}

async function find(
  suite: Suite,
  chain: ProvableChain,
  { device, timeMs }: Ask,
): Promise<FoundReading> {
  const { registry } = chain;
  const gateway = registry.reporter(device);
  if (gateway === undefined) return none(`nobody on this chain reads ${device}`);
  const isOfDevice = (id: Uint8Array) => registry.schema(gateway, id)?.device === device;
  try {
    const proved = await provePlace(suite, chain, (blocks, size) =>
      findReadingAt(suite, blocks, { gateway, isOfDevice, timeMs, size }),
    );
    if (proved !== undefined) return { kind: 'reading', bundle: proved.bundle };
    return none('no pack up to then is here: it was never read, or its segment was carried away');
  } catch (error) {
    if (!(error instanceof TielineError) || error.retry !== 'permanent') throw error;
    return none(error.message.slice(0, 250).toWellFormed());
  }
}

function none(reason: string): FoundReading {
  return { kind: 'none', reason };
}
