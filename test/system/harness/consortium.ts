// SPDX-License-Identifier: Apache-2.0
// A consortium of four on this machine: real nodes, real engines, a real broker; and gateways that
// send anchors of made-up chains, which are real in all that the centre can check.

import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toBase64 } from '../../../base/bytes.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import type { Signer } from '../../../base/suite.ts';
import { type InitialisedConsortium, initConsortium } from '../../../dispatch/init-consortium.ts';
import { findEngine } from '../../../dispatch/ordering/consortium/engine-process.ts';
import { readKeyFile } from '../../../host/key-file.ts';
import { createLog } from '../../../host/log.ts';
import { connectMqtt, type Mqtt } from '../../../host/mqtt.ts';
import { openAnswer } from '../../../sidechain/chain/answer.ts';
import { signEnrolment } from '../../../sidechain/chain/enrolment.ts';
import type { MainLog } from '../../../sidechain/chain/main-log.ts';
import { chainOrigin } from '../../../sidechain/chain/names.ts';
import {
  type CheckedReceipt,
  checkReceiptMessage,
  decodeReceiptMessage,
  type ReceiptMessage,
} from '../../../sidechain/chain/receipt-message.ts';
import { Children, freePort, freePorts } from '../../demo/children.ts';
import { startBroker } from '../../demo/network.ts';
import type { FakeChain } from '../../unit/dispatch/fake-chain.ts';
import { sleep, until } from './until.ts';

export type NodeStatus = {
  readonly state: string;
  readonly height: number;
  readonly proposer: string | null;
  readonly round: number | null;
  readonly size: number;
  readonly waiting: number;
  readonly connected: readonly string[];
  readonly refused: Readonly<Record<string, number>>;
  readonly appHash: string;
};

export type Received = { readonly message: ReceiptMessage; readonly checked: CheckedReceipt };

const tieline = new URL('../../../tieline.ts', import.meta.url).pathname;
const lyingNode = new URL('lying-node.ts', import.meta.url).pathname;
const resendMs = 5_000;
/** A busy machine is slow, and a fault takes its time. */
const patienceMs = 600_000;
const silent = createLog({ level: 'error', write: () => {} });

export class Consortium {
  readonly dir: string;
  readonly made: InitialisedConsortium;
  readonly person: Signer;
  readonly #broker: Children;
  readonly #mqtt: Mqtt;
  readonly #httpPort: number;
  readonly #running = new Map<number, ChildProcess>();
  /** Who waits for what comes down on a topic. */
  readonly #waiting = new Map<string, ((payload: Uint8Array) => void)[]>();

  private constructor(parts: {
    readonly dir: string;
    readonly made: InitialisedConsortium;
    readonly person: Signer;
    readonly broker: Children;
    readonly mqtt: Mqtt;
    readonly httpPort: number;
  }) {
    this.dir = parts.dir;
    this.made = parts.made;
    this.person = parts.person;
    this.#broker = parts.broker;
    this.#mqtt = parts.mqtt;
    this.#httpPort = parts.httpPort;
  }

  /** Made, not started. */
  static async make(dir = mkdtempSync(join(tmpdir(), 'tieline-consortium-'))): Promise<Consortium> {
    mkdirSync(dir, { recursive: true });
    const broker = new Children(dir);
    const { url: mqttUrl } = await startBroker(broker, dir);
    const httpPort = await freePorts(4);
    const made = await initConsortium({
      ...{ dir: join(dir, 'nodes'), origin: 'grid.example/main', organisations: 4, mqttUrl },
      ...{ httpPort, enginePort: await freePorts(4), engine: findEngine('cometbft') },
    });
    const [first] = made.nodes;
    if (first === undefined) throw new Error('there are four nodes');
    const person = await readKeyFile(first.files.personKey);
    const clientId = `gateways-${await freePort()}`;
    const mqtt = connectMqtt({ url: mqttUrl, clientId, log: silent });
    const consortium = new Consortium({ dir, made, person, broker, mqtt, httpPort });
    mqtt.subscribe('tieline/v1/+/receipt', async (topic, payload) => {
      const waiting = consortium.#waiting.get(topic) ?? [];
      consortium.#waiting.delete(topic);
      for (const resolve of waiting) resolve(payload);
    });
    return consortium;
  }

  get mainLog(): MainLog {
    return this.made.mainLog;
  }

  api(index: number): string {
    return `http://127.0.0.1:${this.#httpPort + index}`;
  }

  async start(...indexes: readonly number[]): Promise<void> {
    await Promise.all(indexes.map((index) => this.#start(index)));
  }

  /**
   * One that puts these bytes into each block that it proposes, whatever they are; without them, one
   * that signs another root than its ledger has.
   */
  async startLiar(index: number, forged?: Uint8Array): Promise<void> {
    const file = join(this.dir, `forged-${index}`);
    if (forged !== undefined) writeFileSync(file, forged);
    const env = forged === undefined ? { TIELINE_TEST_VOTE: 'lie' } : { TIELINE_TEST_FORGED: file };
    await this.#start(index, { program: lyingNode, env });
  }

  async #start(
    index: number,
    { program = tieline, env = {} }: { program?: string; env?: Record<string, string> } = {},
  ): Promise<void> {
    const config = this.made.nodes[index]?.files.config ?? '';
    const said = openSync(join(this.dir, `node-${index + 1}.log`), 'a');
    const child = spawn(process.execPath, [program, 'dispatch', '--config', config], {
      stdio: ['ignore', said, said],
      env: { ...process.env, ...env },
    });
    closeSync(said);
    this.#running.set(index, child);
    await until(`node ${index} answers`, async () => this.status(index), patienceMs);
  }

  /** As a power cut would: the node, and its engine with it. */
  async kill(index: number): Promise<void> {
    const child = this.#running.get(index);
    this.#running.delete(index);
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** undefined while it does not answer. */
  async status(index: number): Promise<NodeStatus | undefined> {
    try {
      const signal = AbortSignal.timeout(10_000);
      const response = await fetch(`${this.api(index)}/healthz`, { signal });
      const body = (await response.json()) as { readonly ordering?: NodeStatus };
      return body.ordering;
    } catch {
      return undefined;
    }
  }

  /** Until each of these was seen at one height with one hash. @throws at once where two differ. */
  async agreement(indexes: readonly number[]): Promise<void> {
    const seen = new Map<number, Map<number, string>>();
    const compared = await until(
      'all have one ledger',
      async () => {
        const found = await Promise.all(indexes.map((index) => this.status(index)));
        for (const [i, status] of found.entries()) {
          if (status === undefined) continue;
          const { height, appHash } = status;
          const hashes = (seen.get(height) ?? new Map<number, string>()).set(i, appHash);
          seen.set(height, hashes);
          if (new Set(hashes.values()).size > 1) return { differAt: height };
          if (hashes.size === indexes.length) return { differAt: undefined };
        }
        return undefined;
      },
      patienceMs,
    );
    if (compared.differAt !== undefined) {
      throw new Error(`two ledgers differ after block ${compared.differAt}`);
    }
  }

  async enrol(chain: FakeChain, index = 0): Promise<void> {
    const said = { chainId: chain.chainId, name: 'street', timeMs: Date.now() };
    const enrolment = signEnrolment(said, this.mainLog.id, this.person);
    const body = { genesis: toBase64(chain.genesisBytes), enrolment: toBase64(enrolment) };
    await until('the chain is enrolled', async () => {
      const response = await fetch(`${this.api(index)}/api/v1/chains`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return response.ok ? true : undefined;
    });
  }

  /** Sends an anchor as a gateway does, again until its receipt is there; checks what came. */
  async anchor(chain: FakeChain, bytes: Uint8Array): Promise<Received> {
    const origin = chainOrigin(chain.chainId);
    const deadlineMs = performance.now() + patienceMs;
    while (performance.now() < deadlineMs) {
      const answered = this.#nextAnswer(`${origin}/receipt`);
      await this.#mqtt.publish(`${origin}/anchor`, bytes, { qos: 1, retain: false });
      const sentMs = performance.now();
      let answer = answered;
      while (performance.now() - sentMs < resendMs) {
        const payload = await Promise.race([answer, sleep(resendMs)]);
        if (payload === undefined) break;
        answer = this.#nextAnswer(`${origin}/receipt`);
        const received = this.#receiptIn(payload, chain, bytes);
        if (received !== undefined) return received;
      }
    }
    throw new Error('no receipt came');
  }

  #nextAnswer(topic: string): Promise<Uint8Array> {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>();
    this.#waiting.set(topic, [...(this.#waiting.get(topic) ?? []), resolve]);
    return promise;
  }

  /** The receipt for this anchor, if that is what the answer brings. */
  #receiptIn(payload: Uint8Array, chain: FakeChain, bytes: Uint8Array): Received | undefined {
    const { mainLog } = this;
    const answer = openAnswer(nodeSuite, payload, { chainId: chain.chainId, mainLog });
    if (!answer.ok || answer.value.kind !== 'receipt') return undefined;
    const message = decodeReceiptMessage(answer.value.message);
    if (!message.ok || Buffer.compare(message.value.anchor, bytes) !== 0) return undefined;
    const checked = checkReceiptMessage(nodeSuite, message.value, { mainLog, previous: undefined });
    if (!checked.ok) throw new Error(checked.detail);
    return { message: message.value, checked: checked.value };
  }

  async end({ keeps = false } = {}): Promise<void> {
    await Promise.all([...this.#running.keys()].map((index) => this.kill(index)));
    await this.#mqtt.close();
    await this.#broker.end();
    if (!keeps) rmSync(this.dir, { recursive: true, force: true, maxRetries: 10 });
  }
}
