// SPDX-License-Identifier: Apache-2.0
// What the uplink of a gateway is made of: what goes up for the chain, and the chain as each of it sees it.

import type { Signer, Suite } from '../base/suite.ts';
import type { Clock } from '../host/clock.ts';
import type { Log } from '../host/log.ts';
import { nodeSealing as sealing } from '../host/sealing.ts';
import { foundingMembership } from '../sidechain/chain/membership-proof.ts';
import { answerAsk } from './answering.ts';
import type { GatewayConfig } from './config.ts';
import {
  gatewayChain,
  membershipChain,
  membershipNoted,
  reportStore,
  summaryPosition,
  trustChain,
} from './gateway-chain.ts';
import type { OpenChain } from './open-chain.ts';
import { provableChain, requestChain } from './request-chain.ts';
import { AnchorDuty } from './uplink/anchor-duty.ts';
import { MembershipQueue } from './uplink/membership-queue.ts';
import { ReportQueue } from './uplink/report-queue.ts';
import { RequestQueue } from './uplink/request-queue.ts';
import { SummaryQueue } from './uplink/summary-queue.ts';
import { TrustQueue } from './uplink/trust-queue.ts';
import type { UplinkParts } from './uplink/uplink.ts';

export async function openUplinkParts(
  suite: Suite,
  config: GatewayConfig,
  parts: {
    readonly opened: OpenChain;
    readonly signer: Signer;
    readonly clock: Clock;
    readonly log: Log;
    /** Nothing is waited for any more. */
    readonly ending: AbortSignal;
    /** Told once when this copy of the chain must not go on. */
    readonly onFatal: (error: unknown) => void;
  },
): Promise<Omit<UplinkParts, 'mqtt'>> {
  const { opened, signer, clock, log, ending, onFatal } = parts;
  const { node, database } = opened;
  const chain = gatewayChain(node, { database, signer, ending });
  const provable = provableChain(suite, opened, config.data);
  return {
    ...{ chain, clock, log, onFatal },
    anchors: new AnchorDuty(suite, { chain, signer, log }, config.anchor),
    summaries: await SummaryQueue.open(suite, {
      ...{ chain, store: summaryPosition(node.uplink), log },
    }),
    memberships: await MembershipQueue.open(suite, {
      chain: { ...chain, ...membershipChain(node, database) },
      founding: foundingMembership(suite, node.genesis),
      store: membershipNoted(node.uplink),
      ...{ signer, log },
    }),
    reports: await ReportQueue.open(suite, {
      ...{ chainId: node.chainId, signer, store: reportStore(node), nowMs: clock.nowMs, log },
      reportable: () => node.reportable,
    }),
    requests: new RequestQueue(suite, {
      chain: { ...chain, ...requestChain(suite, opened, { signer, ending }) },
      answer: (request, ask) =>
        answerAsk(suite, { chain: provable, sealing, signer }, { request, ask }),
      log,
    }),
    trust: new TrustQueue(suite, { ...trustChain(node, { signer, ending }), log }),
  };
}
