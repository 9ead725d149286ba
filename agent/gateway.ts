// SPDX-License-Identifier: Apache-2.0
// The gateway program, wired in one place: the sidechain, the uplink, the meters, the local API.

import { randomBytes } from 'node:crypto';
import { toHex } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { nodeSuite as suite } from '../base/node-suite.ts';
import type { Signer } from '../base/suite.ts';
import { systemClock } from '../host/clock.ts';
import { type HttpServer, startHttp } from '../host/http.ts';
import { readKeyFile } from '../host/key-file.ts';
import type { Log } from '../host/log.ts';
import type { Database } from '../host/sqlite.ts';
import type { SidechainNode } from '../sidechain/node.ts';
import type { Unsealed } from '../sidechain/store/outbox-anew.ts';
import { diskMaxDoubt } from './archive-rules.ts';
import { openBrokerLink } from './broker-link.ts';
import type { GatewayConfig } from './config.ts';
import { dataFiles } from './data-files.ts';
import { onLetGo, successor } from './key-change.ts';
import { manualRoutes } from './manual-route.ts';
import { membershipRoute } from './membership-route.ts';
import { type MeterSide, startMeterSide } from './meter-side.ts';
import { GatewayMetrics } from './metrics.ts';
import { nextKeyRoute } from './next-key.ts';
import { openChain } from './open-chain.ts';
import { reloadRoutes } from './reload.ts';
import { onRevocation, type Revoked } from './revocation.ts';
import { shownOf } from './stale.ts';
import { type GatewayStatus, statusRoutes } from './status.ts';
import { Uplink } from './uplink/uplink.ts';
import { openUplinkParts } from './uplink-parts.ts';
import { valueRoutes } from './values.ts';

export type Gateway = {
  readonly keyId: string;
  readonly chainId: string;
  /** Where `tieline status` asks. */
  readonly apiUrl: string;
  /** Resolves after `close`; rejects with what ended the gateway before. */
  readonly finished: Promise<void>;
  readonly close: () => Promise<void>;
  /** After `close`: readings that wait for the next key to sign them. */
  readonly takeHeld: () => readonly Unsealed[];
};

/** Starts everything; what was started is closed again where a later part cannot start. */
export async function startGateway(
  config: GatewayConfig,
  log: Log,
  waiting: Waiting = {},
): Promise<Gateway> {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).toReversed()) await end();
  };
  try {
    return await start(config, log, { ...waiting, closing, close });
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

/** Of a gateway that is not granted yet. */
type Waiting = {
  /** Ends the waiting. */
  readonly ending?: AbortSignal;
  readonly onWaiting?: () => void;
};

type Closing = Waiting & {
  /** Run in reverse order. */
  readonly closing: (() => Promise<void>)[];
  readonly close: () => Promise<void>;
};

async function start(
  config: GatewayConfig,
  log: Log,
  { closing, close, ...waiting }: Closing,
): Promise<Gateway> {
  const doubt = diskMaxDoubt(config);
  if (doubt !== undefined) log.warn('disk-max-small', { detail: doubt.what, hint: doubt.advice });
  const clock = await systemClock();
  const signer = await readKeyFile(dataFiles(config.data).key);
  const metrics = new GatewayMetrics();
  closing.push(async () => metrics.close());
  const opened = await openChain(config, {
    ...{ signer, clock, log, random, ...waiting },
    onCommitted: ({ afterMs }) => metrics.committed(afterMs),
  });
  const { node } = opened;
  closing.push(async () => {
    await node.handOver();
    await node.close();
  });

  const fatal = Promise.withResolvers<never>();
  const { keyId } = signer;
  const ending = new AbortController();
  const parts = await openUplinkParts(suite, config, {
    ...{ opened, signer, clock, log, ending: ending.signal },
    onFatal: (error) => {
      if (!isRevoked(error)) stop(node, error).then(fatal.reject, fatal.reject);
    },
  });
  const link = await openBrokerLink(config.mqtt, {
    gateway: toHex(keyId),
    chainId: node.chainId,
    log: log.child({ part: 'mqtt' }),
  });
  const uplink = new Uplink(suite, { ...parts, mqtt: link.mqtt });
  // Together: a step that waits for a broker that says nothing ends with the link.
  closing.push(async () => {
    ending.abort();
    await Promise.all([uplink.close(), link.close()]);
  });

  const meters = await startMeterSide(suite, config, { node, signer, clock, log, random });
  closing.push(() => meters.close());
  onRevocation(node, keyId, (revoked) => {
    follow(config, { node, keyId, meters, log, closing }, revoked).catch(fatal.reject);
  });
  const { database } = opened;
  const api = await startApi(config, { node, database, signer, uplink, meters, metrics, log });
  closing.push(() => api.close());
  const finished = Promise.race([node.finished, fatal.promise]);
  finished.catch(() => {});
  return {
    ...{ keyId: toHex(keyId), chainId: toHex(node.chainId), apiUrl: api.url, finished, close },
    takeHeld: meters.takeHeld,
  };
}

/** The uplink has nothing to say any more, and has stopped by itself; the rest goes on without it. */
function isRevoked(error: unknown): boolean {
  return error instanceof TielineError && error.code === 'revoked';
}

/** This key is a member no longer: the next one goes on, or nobody does. */
async function follow(
  config: GatewayConfig,
  parts: {
    readonly node: SidechainNode;
    readonly keyId: Uint8Array;
    readonly meters: MeterSide;
    readonly log: Log;
    readonly closing: (() => Promise<void>)[];
  },
  { height, by }: Revoked,
): Promise<void> {
  const { node, keyId, meters, log, closing } = parts;
  if ((await successor(config, node)) === undefined) {
    log.error('revoked', { height, by });
    // What it reads could stand on no block.
    await meters.close();
    return;
  }
  log.info('superseded', { height, by });
  meters.hold();
  const { promise, reject } = Promise.withResolvers<never>();
  const end = onLetGo(node, keyId, reject);
  closing.push(async () => end());
  await promise;
}

async function headOf(node: SidechainNode): Promise<GatewayStatus['head']> {
  const size = node.durableSize;
  return { size, root: toHex(await node.askHistory({ sizes: [size] }, (tree) => tree.root(size))) };
}

/** A rollback is written down, so that no restart forgets it. */
async function stop(node: SidechainNode, error: unknown): Promise<never> {
  if (error instanceof TielineError && error.code === 'rollback') {
    await node.stopForGood(error.message);
  }
  throw error;
}

function random(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}

function startApi(
  config: GatewayConfig,
  parts: {
    readonly node: SidechainNode;
    readonly database: Database;
    readonly signer: Signer;
    readonly uplink: Uplink;
    readonly meters: MeterSide;
    readonly metrics: GatewayMetrics;
    readonly log: Log;
  },
): Promise<HttpServer> {
  const { node, database, signer, uplink, meters, metrics, log } = parts;
  const status = async (): Promise<GatewayStatus> => ({
    name: config.name,
    gateway: toHex(signer.keyId),
    chain: toHex(node.chainId),
    ledger: node.status(),
    head: await headOf(node),
    uplink: uplink.status,
    meters: meters.pollers.map((poller) => poller.status),
    missing: meters.missing,
  });
  return startHttp({
    host: '127.0.0.1',
    port: config.http.port,
    log,
    routes: [
      ...reloadRoutes(config, { meters, log }),
      membershipRoute({
        ...{ node, meters, own: signer.keyId },
        listens: config.listen !== undefined,
        peersMax: config.peersMax,
      }),
      ...manualRoutes(suite, { node, database }),
      nextKeyRoute(config),
      ...valueRoutes(
        () => meters.pollers.flatMap(({ latest }) => latest ?? []),
        () => shownOf(node.status()),
      ),
      ...statusRoutes(status),
      metrics.route(status),
    ],
  });
}
