// SPDX-License-Identifier: Apache-2.0
// The sidechain as requests for raw readings see it: which stand there, and proofs of what they ask for.

import { equal } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import type { Signer, Suite } from '../base/suite.ts';
import { decodeBlock } from '../sidechain/chain/block.ts';
import { openEntry, signEntry } from '../sidechain/chain/entry.ts';
import { openRequest } from '../sidechain/chain/request.ts';
import { decodeRequestMessage } from '../sidechain/chain/request-message.ts';
import { ArchivedGroups } from '../sidechain/store/archived-groups.ts';
import { readBody } from '../sidechain/store/block-table.ts';
import { archivePath, listSegments } from '../sidechain/store/segment-file.ts';
import { endingWith } from './gateway-chain.ts';
import type { OpenChain } from './open-chain.ts';
import type { ProvableChain } from './prove-place.ts';
import type { RequestPorts } from './uplink/request-queue.ts';

/** The chain as proofs are made of it while the gateway runs. */
export function provableChain(
  suite: Suite,
  { node, database, genesisBytes }: OpenChain,
  dataDir: string,
): ProvableChain & { readonly chainId: Uint8Array } {
  return {
    chainId: node.chainId,
    database,
    genesisBytes,
    get registry() {
      return node.registry;
    },
    archived: new ArchivedGroups(suite, () => listSegments(archivePath(dataDir))),
    askHistory: node.askHistory.bind(node),
  };
}

/** What the request queue asks of the sidechain. */
export function requestChain(
  suite: Suite,
  { node, database }: OpenChain,
  parts: { readonly signer: Signer; readonly ending: AbortSignal },
): Pick<RequestPorts['chain'], 'requests' | 'requestIn' | 'commitRequest'> {
  const { signer } = parts;
  const { chainId } = node;
  const unlessEnding = endingWith(parts.ending);
  return {
    requests: () => {
      const { timeMs } = node.status();
      return node.registry.requests.filter(
        ({ height, untilMs }) => height < node.durableSize && untilMs > timeMs,
      );
    },
    requestIn: async ({ id, height }) => {
      const bytes = await readBody(database, height);
      const body = bytes && decodeBlock(bytes);
      for (const { entry } of body?.ok === true ? body.value.entries : []) {
        const opened = openEntry(suite, entry);
        if (!opened.ok || opened.value.kind !== 'request') continue;
        const message = decodeRequestMessage(opened.value.payload);
        const request = message.ok && openRequest(suite, message.value.request);
        if (request !== false && request.ok && equal(request.value.id, id)) return request.value;
      }
      // Brought by a state: its body comes later, or is in a segment, and then others answer.
      throw new TielineError('request-missing', `block ${height} has no request here yet`, {
        retry: 'transient',
      });
    },
    commitRequest: async (payload) => {
      const entry = signEntry({ kind: 'request', payload, chainId }, signer);
      const applied = await unlessEnding(node.submit({ entry }));
      return applied.kind === 'refused' ? applied.reason : undefined;
    },
  };
}
