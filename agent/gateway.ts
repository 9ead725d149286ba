// SPDX-License-Identifier: Apache-2.0
// The gateway program, wired in one place: lines, meters, signing, the sidechain, the uplink, the local API.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { toHex, utf8 } from '../base/bytes.ts';
import { TielineError } from '../base/errors.ts';
import { nodeSuite as suite } from '../base/node-suite.ts';
import type { Signer } from '../base/suite.ts';
import type { Line } from '../drivers/line.ts';
import { openLine } from '../drivers/transport.ts';
import { type Clock, systemClock } from '../host/clock.ts';
import { type HttpServer, startHttp } from '../host/http.ts';
import { readKeyFile } from '../host/key-file.ts';
import type { Log } from '../host/log.ts';
import { connectMqtt, type Mqtt } from '../host/mqtt.ts';
import { signEntry } from '../sidechain/chain/entry.ts';
import { openGenesis } from '../sidechain/chain/genesis.ts';
import { chainOrigin } from '../sidechain/chain/names.ts';
import { openNode, type SidechainNode } from '../sidechain/node.ts';
import { openChainDatabase, readChain } from '../sidechain/store/chain-file.ts';
import { BatchWindow } from './batch-window.ts';
import { type GatewayConfig, transportOf } from './config.ts';
import { gatewayContracts } from './contracts.ts';
import { dataFiles } from './data-files.ts';
import { gatewayChain, summaryPosition } from './gateway-chain.ts';
import { Poller } from './poller.ts';
import { type ConfiguredMeter, configuredMeter } from './schemas.ts';
import { statusRoutes } from './status.ts';
import { AnchorDuty } from './uplink/anchor-duty.ts';
import { SummaryQueue } from './uplink/summary-queue.ts';
import { Uplink } from './uplink/uplink.ts';

/** Packs of this long make one signed batch; silence shows once a minute. */
const window = { windowMs: 1_000, silenceMs: 60_000 };

export type Gateway = {
  readonly keyId: string;
  readonly chainId: string;
  /** Where `tieline status` asks. */
  readonly apiUrl: string;
  /** Resolves after `close`; rejects with what ended the gateway before. */
  readonly finished: Promise<void>;
  readonly close: () => Promise<void>;
};

/** Starts everything; what was started is closed again where a later part cannot start. */
export async function startGateway(config: GatewayConfig, log: Log): Promise<Gateway> {
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closing.splice(0).toReversed()) await end();
  };
  try {
    return await start(config, log, { closing, close });
  } catch (error) {
    await close().catch(() => {});
    throw error;
  }
}

type Closing = {
  /** Run in reverse order. */
  readonly closing: (() => Promise<void>)[];
  readonly close: () => Promise<void>;
};

async function start(
  config: GatewayConfig,
  log: Log,
  { closing, close }: Closing,
): Promise<Gateway> {
  const clock = await systemClock();
  const signer = await readKeyFile(dataFiles(config.data).key);
  const { node, database } = await openChain(config, { signer, clock, log });
  closing.push(() => node.close());

  const mqtt = await connect(config, { node, signer, log });
  closing.push(() => mqtt.close());
  const fatal = Promise.withResolvers<never>();
  const chain = gatewayChain(node, database, signer);
  const anchors = new AnchorDuty(suite, { chain, signer, log }, config.anchor);
  const summaries = await SummaryQueue.open(suite, chain, summaryPosition(node));
  const uplink = new Uplink(suite, {
    chain,
    anchors,
    summaries,
    mqtt,
    clock,
    log,
    onFatal: (error) => void stop(node, error).then(fatal.reject, fatal.reject),
  });
  closing.push(() => uplink.close());

  const meters = meterSide(config, { node, signer, clock, log });
  closing.push(() => meters.close());
  const api = await startApi(config, { node, signer, uplink, meters, log });
  closing.push(() => api.close());
  const finished = Promise.race([node.finished, fatal.promise]);
  finished.catch(() => {});
  const [keyId, chainId] = [toHex(signer.keyId), toHex(node.chainId)];
  return { keyId, chainId, apiUrl: api.url, finished, close };
}

async function openChain(
  config: GatewayConfig,
  parts: { readonly signer: Signer; readonly clock: Clock; readonly log: Log },
) {
  const database = await openChainDatabase(config.data, 'existing');
  try {
    const { genesisBytes } = await readChain(database);
    const genesis = openGenesis(suite, genesisBytes);
    if (!genesis.ok) throw new TielineError('database-damaged', genesis.detail);
    const node = await openNode({
      database,
      suite,
      ...parts,
      contracts: gatewayContracts(genesis.value.genesis),
      random,
      every: (intervalMs, run) => {
        const timer = setInterval(run, intervalMs);
        return () => clearInterval(timer);
      },
    });
    return { node, database };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** A rollback is written down, so that no restart forgets it. */
async function stop(node: SidechainNode, error: unknown): Promise<never> {
  if (error instanceof TielineError && error.code === 'rollback') {
    await node.stopForGood(error.message);
  }
  throw error;
}

async function connect(
  config: GatewayConfig,
  parts: { readonly node: SidechainNode; readonly signer: Signer; readonly log: Log },
): Promise<Mqtt> {
  const { ca, cert, key, ...options } = config.mqtt;
  const pem = (path: string | undefined) =>
    path === undefined ? undefined : readFile(path, 'utf8');
  const [caText, certText, keyText] = await Promise.all([pem(ca), pem(cert), pem(key)]);
  const topic = `${chainOrigin(parts.node.chainId)}/status/${toHex(parts.signer.keyId)}`;
  const delivery = { qos: 1, retain: true } as const;
  const mqtt = connectMqtt({
    ...options,
    clientId: `tieline-${toHex(parts.signer.keyId)}`,
    will: { topic, payload: utf8('offline'), ...delivery },
    tls: {
      ...(caText === undefined ? {} : { ca: caText }),
      ...(certText === undefined ? {} : { cert: certText }),
      ...(keyText === undefined ? {} : { key: keyText }),
    },
    log: parts.log.child({ part: 'mqtt' }),
  });
  mqtt.onConnected(() => {
    mqtt.publish(topic, utf8('online'), delivery).catch(() => {
      // The next connection says it again.
    });
  });
  return mqtt;
}

function random(length: number): Uint8Array {
  return new Uint8Array(randomBytes(length));
}

type MeterSide = { readonly pollers: readonly Poller[]; readonly close: () => Promise<void> };

/** Lines, the pollers of their meters, and the window that signs what these read. */
function meterSide(
  config: GatewayConfig,
  parts: {
    readonly node: SidechainNode;
    readonly signer: Signer;
    readonly clock: Clock;
    readonly log: Log;
  },
): MeterSide {
  const { node, signer, clock, log } = parts;
  const batches = new BatchWindow(suite, { signer, sink: node, clock, log, random }, window);
  const lines = new Map<string, Line>(
    config.lines.map((line) => [
      line.name,
      openLine(transportOf(line), { timeoutMs: line.timeoutMs }),
    ]),
  );
  const pollers: Poller[] = [];
  for (const meter of config.meters) {
    const line = lines.get(meter.line);
    if (line === undefined) continue;
    const configured = configuredMeter(suite, meter, meter.line);
    publishSchema(node, signer, configured);
    const { device, definition, schemaId } = configured;
    const { unit, periodMs } = meter;
    const onPack = (from: string, pack: Parameters<BatchWindow['add']>[1]) =>
      batches.add(from, pack);
    pollers.push(
      new Poller({ device, definition, line, unit, periodMs, schemaId, clock, log, onPack }),
    );
  }
  const timer = setInterval(() => batches.seal(), window.windowMs);
  return {
    pollers,
    close: async () => {
      clearInterval(timer);
      await Promise.all(pollers.map((poller) => poller.close()));
      batches.seal();
      await Promise.all([...lines.values()].map((line) => line.close()));
    },
  };
}

/** Before the first pack that names it; only what is not on the chain yet. */
function publishSchema(node: SidechainNode, signer: Signer, meter: ConfiguredMeter): void {
  if (node.registry.schema(signer.keyId, meter.schemaId) !== undefined) return;
  const { chainId } = node;
  const payload = meter.schemaPayload;
  node.submit({ entry: signEntry({ kind: 'schema', payload, chainId }, signer) }).catch(() => {
    // What keeps an entry from being taken ends the node, and the node says so.
  });
}

function startApi(
  config: GatewayConfig,
  parts: {
    readonly node: SidechainNode;
    readonly signer: Signer;
    readonly uplink: Uplink;
    readonly meters: MeterSide;
    readonly log: Log;
  },
): Promise<HttpServer> {
  const { node, signer, uplink, meters, log } = parts;
  return startHttp({
    host: '127.0.0.1',
    port: config.http.port,
    log,
    routes: statusRoutes(() => ({
      name: config.name,
      gateway: toHex(signer.keyId),
      chain: toHex(node.chainId),
      ledger: node.status(),
      uplink: uplink.status,
      meters: meters.pollers.map((poller) => poller.status),
    })),
  });
}
