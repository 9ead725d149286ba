// SPDX-License-Identifier: Apache-2.0
// The way to the broker: keeps one connection up, in MQTT 5 where the broker speaks it and 3.1.1
// otherwise, and renews its subscriptions. It keeps no message: what cannot be sent now is refused,
// because the durable queues are elsewhere, and an acknowledgement by a broker proves nothing to
// them.

import { createSecureContext } from 'node:tls';
import { messageOf, TielineError } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { backoffMs } from './backoff.ts';
import { monotonicMs } from './clock.ts';
import type { Log } from './log.ts';
import {
  type ConnectOptions,
  type Delivery,
  MqttConnection,
  offline,
  type ProtocolVersion,
} from './mqtt-connection.ts';
import { reasonCodeOf, refusesVersion } from './mqtt-failure.ts';
import { type MqttProblem, problemOf } from './mqtt-problem.ts';
import { topicMatches } from './mqtt-topic.ts';

/**
 * Its promise is for back pressure: nothing more is read while `limits.messagesInHandMax` of them
 * are unfinished, acknowledgements included. So it must never wait for a publication.
 */
export type MessageHandler = (topic: string, payload: Uint8Array) => void | Promise<void>;

export interface Mqtt {
  /**
   * Resolves on the broker's acknowledgement.
   * @throws TielineError `mqtt-offline` and `mqtt-busy` (transient), `mqtt-not-authorised`, `mqtt-refused`,
   * `mqtt-too-large`.
   */
  publish(topic: string, payload: Uint8Array, delivery: Delivery): Promise<void>;
  /**
   * At QoS 1, now and after every reconnection. A refusal by the broker is logged as an error.
   * With a `group`, one of its members gets each message, where the broker can do that (MQTT 5.0
   * §4.8.2); where it cannot, each member gets all.
   */
  subscribe(filter: string, handler: MessageHandler, group?: string): void;
  /** Called at once if connected, and after every connection, when the subscriptions are in place. */
  onConnected(listener: () => void): void;
  readonly connected: boolean;
  /** Why it is not connected; undefined while it is, and before the first try is over. */
  readonly problem: MqttProblem | undefined;
  /** What the broker speaks; undefined while not connected. */
  readonly protocol: '5' | '3.1.1' | undefined;
  /** Messages dropped because they were larger than `limits.messageBytesMax`. */
  readonly dropped: number;
  /** Disconnects in good order: the will is not sent. */
  close(): Promise<void>;
}

export type MqttOptions = Omit<ConnectOptions, 'url'> & {
  /** Several are addresses of one broker, or of brokers that hand on to each other: tried in turn. */
  readonly url: string | readonly string[];
  readonly log: Log;
};

/**
 * Returns at once; connects, and connects again, in the background.
 * @throws TielineError `config` for an address, certificate or key that no connection could be made with.
 */
export function connectMqtt(options: MqttOptions): Mqtt {
  const { log, url, ...connect } = options;
  const urls = typeof url === 'string' ? [url] : url;
  if (urls.length === 0 || !urls.every(isAddress)) {
    throw new TielineError('config', 'the address of the broker is not one of MQTT', {
      hint: 'write it as mqtt://host:1883, or mqtts://host:8883 with TLS',
    });
  }
  try {
    createSecureContext(connect.tls);
  } catch (error) {
    const message = `the certificate or key for the broker is not usable: ${messageOf(error)}`;
    const hint = 'give the authority, the certificate and its own key as PEM';
    throw new TielineError('config', message, { hint, cause: error });
  }
  return new MqttLink(urls, connect, log);
}

function isAddress(url: string): boolean {
  return ['mqtt:', 'mqtts:', 'ws:', 'wss:'].includes(URL.parse(url)?.protocol ?? '');
}

type Subscription = {
  readonly filter: string;
  readonly handler: MessageHandler;
  readonly group: string | undefined;
};

class MqttLink implements Mqtt {
  readonly #urls: readonly string[];
  readonly #options: Omit<ConnectOptions, 'url'>;
  readonly #everyLog: Log;
  readonly #handlers: Subscription[] = [];
  readonly #listeners: (() => void)[] = [];
  #urlIndex = 0;
  /** Names the address that is used now. */
  #log: Log;
  #connection: MqttConnection;
  #version: ProtocolVersion = 5;
  #connectedAtMs: number | undefined;
  #ready = false;
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #dropped = 0;
  #problem: MqttProblem | undefined;

  constructor(urls: readonly string[], options: Omit<ConnectOptions, 'url'>, log: Log) {
    this.#urls = urls;
    this.#options = options;
    this.#everyLog = log;
    this.#log = log;
    this.#connection = this.#connect();
  }

  get connected(): boolean {
    return this.#connection.connected;
  }

  get problem(): MqttProblem | undefined {
    return this.connected ? undefined : this.#problem;
  }

  get protocol(): '5' | '3.1.1' | undefined {
    if (!this.connected) return undefined;
    return this.#version === 5 ? '5' : '3.1.1';
  }

  get dropped(): number {
    return this.#dropped;
  }

  async publish(topic: string, payload: Uint8Array, delivery: Delivery): Promise<void> {
    if (payload.length > limits.messageBytesMax) {
      throw new TielineError('mqtt-too-large', `${payload.length} bytes for ${topic}`);
    }
    if (this.#closed) throw offline();
    await this.#connection.publish(topic, payload, delivery);
  }

  subscribe(filter: string, handler: MessageHandler, group?: string): void {
    const subscription = { filter, handler, group };
    this.#handlers.push(subscription);
    if (this.connected) void this.#subscribe([subscription]);
  }

  onConnected(listener: () => void): void {
    this.#listeners.push(listener);
    if (this.#ready) this.#tell(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#connection.close();
  }

  #connect(): MqttConnection {
    const url = this.#urls[this.#urlIndex % this.#urls.length] ?? '';
    this.#log = this.#everyLog.child({ broker: url });
    return new MqttConnection({ ...this.#options, url }, this.#version, {
      connected: () => void this.#welcome(),
      message: (topic, payload) => this.#deliver(topic, payload),
      ended: (error) => this.#ended(error),
    });
  }

  async #welcome(): Promise<void> {
    const connection = this.#connection;
    this.#connectedAtMs = monotonicMs();
    this.#log.info('mqtt-connected', { protocol: this.protocol });
    if (this.#version === 4) {
      this.#log.warn('mqtt-3.1.1', { note: 'the broker says nothing of what its ACL denies' });
    }
    await this.#subscribe(this.#handlers);
    if (connection !== this.#connection || !connection.connected) return;
    this.#ready = true;
    for (const listener of this.#listeners) this.#tell(listener);
  }

  async #subscribe(subscriptions: readonly Subscription[]): Promise<void> {
    const { canShare } = this.#connection;
    const filters = subscriptions.map(({ filter, group }) =>
      group !== undefined && canShare ? `$share/${group}/${filter}` : filter,
    );
    for (const error of await this.#connection.subscribe([...new Set(filters)])) {
      this.#log.error('mqtt-subscribe-failed', { error });
    }
  }

  #tell(listener: () => void): void {
    try {
      listener();
    } catch (error) {
      this.#log.error('mqtt-listener-failed', { error });
    }
  }

  async #deliver(topic: string, payload: Uint8Array): Promise<void> {
    if (payload.length > limits.messageBytesMax) {
      this.#dropped += 1;
      this.#log.warn('mqtt-message-too-large', { topic, bytes: payload.length });
      return;
    }
    for (const { filter, handler } of this.#handlers) {
      if (!topicMatches({ filter, topic })) continue;
      try {
        await handler(topic, payload);
      } catch (error) {
        this.#log.error('mqtt-handler-failed', { topic, error });
      }
    }
  }

  #ended(error: Error | undefined): void {
    const { wasConnected, stable } = this.#stateAtEnd();
    this.#ready = false;
    this.#connectedAtMs = undefined;
    if (this.#closed) return;
    const olderNext = this.#version === 5 && !wasConnected && mayBeOlder(error);
    this.#version = olderNext ? 4 : 5;
    if (stable) this.#failures = 0;
    const delayMs = olderNext ? 0 : this.#nextDelayMs();
    if (!olderNext) this.#report(error, { wasConnected, delayMs });
    if (!olderNext) this.#urlIndex += 1;
    this.#retry = setTimeout(() => {
      this.#connection = this.#connect();
    }, delayMs);
  }

  #stateAtEnd(): { readonly wasConnected: boolean; readonly stable: boolean } {
    const sinceMs = this.#connectedAtMs;
    const stable = sinceMs !== undefined && monotonicMs() - sinceMs >= limits.reconnectStableMs;
    return { wasConnected: sinceMs !== undefined, stable };
  }

  #nextDelayMs(): number {
    const { reconnectDelayMinMs: minMs, reconnectDelayMaxMs: maxMs } = limits;
    // A round of all addresses is one try: where one is gone, the next is not far.
    const failures = Math.floor(this.#failures / this.#urls.length);
    const delayMs = backoffMs({ failures, minMs, maxMs, random: Math.random() });
    this.#failures += 1;
    return delayMs;
  }

  #report(error: Error | undefined, fields: { wasConnected: boolean; delayMs: number }): void {
    this.#problem = problemOf(error);
    const { reason, hint, refusal } = this.#problem;
    if (refusal !== undefined) this.#log.error('mqtt-refused', { error: refusal, hint, ...fields });
    else this.#log.warn('mqtt-lost', { reason, hint, ...fields });
  }
}

/** An old broker says so, or drops the connection when it meets a version 5 CONNECT. */
function mayBeOlder(error: Error | undefined): boolean {
  if (error === undefined || refusesVersion(error)) return true;
  if (reasonCodeOf(error) !== undefined) return false;
  return 'syscall' in error && error.syscall === 'read';
}
