// SPDX-License-Identifier: Apache-2.0
// The MQTT link against a broker in this process (aedes, which speaks MQTT 3.1.1 only), that is stopped,
// started again and made to misbehave.

import { createServer, type Server, type Socket } from 'node:net';
import { Aedes } from 'aedes';
import { afterEach, describe, expect, test } from 'vitest';
import { utf8 } from '../../../base/bytes.ts';
import { limits } from '../../../base/limits.ts';
import { createLog } from '../../../host/log.ts';
import { connectMqtt, type Mqtt } from '../../../host/mqtt.ts';

const atLeastOnce = { qos: 1, retain: false } as const;
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

class Broker {
  readonly aedes: Aedes;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Map<string, { destroy(): unknown }>();
  #server: Server | undefined;
  #port = 0;

  private constructor(aedes: Aedes) {
    this.aedes = aedes;
    aedes.on('clientReady', ({ id, conn }) => this.#connections.set(id, conn));
  }

  static async start(): Promise<Broker> {
    const broker = new Broker(await Aedes.createBroker());
    await broker.listen();
    cleanUps.push(() => broker.close());
    return broker;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<void> {
    const server = createServer((socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      this.aedes.handle(socket);
    });
    await new Promise<void>((resolve) => server.listen(this.#port, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    this.#port = address.port;
    this.#server = server;
  }

  /** The connection of one client breaks. */
  cut(clientId: string): void {
    this.#connections.get(clientId)?.destroy();
  }

  /** As if it were killed: all connections are cut, the port refuses. */
  async stop(): Promise<void> {
    const server = this.#server;
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((resolve) => server?.close(() => resolve()) ?? resolve());
    this.#server = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await new Promise<void>((resolve) => this.aedes.close(() => resolve()));
  }
}

type Line = { readonly event: string; readonly level: string } & Record<string, unknown>;

function recorder(): { readonly lines: Line[]; readonly log: ReturnType<typeof createLog> } {
  const lines: Line[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line));
  return { lines, log: createLog({ level: 'debug', human: false, write }) };
}

async function connected(url: string, clientId: string, log = recorder().log): Promise<Mqtt> {
  const link = connectMqtt({ url, clientId, log });
  cleanUps.push(() => link.close());
  await new Promise<void>((resolve) => link.onConnected(resolve));
  return link;
}

/** The next message on a filter. */
function next(link: Mqtt, filter: string): Promise<{ topic: string; payload: Uint8Array }> {
  return new Promise((resolve) => {
    link.subscribe(filter, (topic, payload) => resolve({ topic, payload }));
  });
}

describe('the protocol', () => {
  test('falls back to MQTT 3.1.1 where the broker refuses version 5, and says so', async () => {
    const broker = await Broker.start();
    const { lines, log } = recorder();
    const link = await connected(broker.url, 'a', log);
    expect(link.protocol).toBe('3.1.1');
    expect(lines.map(({ event }) => event)).toEqual(['mqtt-connected', 'mqtt-3.1.1']);
  });

  test('an address that is not one of MQTT is refused with the form of one', () => {
    const options = { url: 'http://127.0.0.1', clientId: 'a', log: recorder().log };
    expect(() => connectMqtt(options)).toThrow(expect.objectContaining({ code: 'config' }));
  });
});

test.each([
  { ca: 'not a certificate', cert: 'nor this' },
  { key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----' },
])('TLS material that is not PEM is refused at once: %j', (tls) => {
  const options = { url: 'mqtts://127.0.0.1', clientId: 'a', log: recorder().log, tls };
  expect(() => connectMqtt(options)).toThrow(expect.objectContaining({ code: 'config' }));
});

describe('messages', () => {
  test('go from one client to another as the same bytes', async () => {
    const broker = await Broker.start();
    const [sender, receiver] = [await connected(broker.url, 'a'), await connected(broker.url, 'b')];
    const received = next(receiver, 'up/+/anchor');
    const payload = Uint8Array.from({ length: 256 }, (_, i) => i);
    await receiver.publish('behind the subscription', utf8(''), atLeastOnce);
    await sender.publish('up/1/anchor', payload, atLeastOnce);
    expect(await received).toEqual({ topic: 'up/1/anchor', payload });
    expect((await received).payload.constructor).toBe(Uint8Array);
  });

  test('a handler that throws is logged and harms neither the others nor the link', async () => {
    const broker = await Broker.start();
    const { lines, log } = recorder();
    const link = await connected(broker.url, 'a', log);
    link.subscribe('t', () => {
      throw new Error('boom');
    });
    link.subscribe('t', () => Promise.reject(new Error('later')));
    const received = next(link, 't');
    await link.publish('t', utf8('x'), atLeastOnce);
    await received;
    expect(lines.filter(({ event }) => event === 'mqtt-handler-failed')).toHaveLength(2);
    await link.publish('t', utf8('y'), atLeastOnce);
  });

  test('larger than the limit: not sent; received: dropped and counted', async () => {
    const broker = await Broker.start();
    const link = await connected(broker.url, 'a');
    const tooLarge = new Uint8Array(limits.messageBytesMax + 1);
    const sent = link.publish('t', tooLarge, atLeastOnce);
    await expect(sent).rejects.toMatchObject({ code: 'mqtt-too-large', retry: 'permanent' });

    const seen: number[] = [];
    link.subscribe('t', (_topic, payload) => void seen.push(payload.length));
    const small = next(link, 't/after');
    await link.publish('ping', utf8(''), atLeastOnce);
    const packet = { cmd: 'publish', qos: 1, dup: false, retain: false } as const;
    const inject = (topic: string, payload: Buffer): Promise<void> =>
      new Promise((resolve) =>
        broker.aedes.publish({ ...packet, topic, payload }, () => resolve()),
      );
    await inject('t', Buffer.from(tooLarge));
    await inject('t/after', Buffer.from('x'));
    await small;
    expect(link.dropped).toBe(1);
    expect(seen).toEqual([]);
  });

  test('many at once all arrive, in order', async () => {
    const broker = await Broker.start();
    const link = await connected(broker.url, 'a');
    const count = 500;
    const seen: number[] = [];
    const all = new Promise<void>((resolve) => {
      link.subscribe('n', (_topic, payload) => {
        seen.push(new DataView(payload.buffer).getUint16(0));
        if (seen.length === count) resolve();
      });
    });
    await Promise.all(
      Array.from({ length: count }, (_, i) =>
        link.publish('n', Uint8Array.of(i >> 8, i & 0xff), atLeastOnce),
      ),
    );
    await all;
    expect(seen).toEqual(Array.from({ length: count }, (_, i) => i));
  });
});

describe('a broker that goes away', () => {
  test('publishing meanwhile is refused as transient, and works after its return', async () => {
    const broker = await Broker.start();
    const link = await connected(broker.url, 'a');
    let connections = 0;
    const again = new Promise<void>((resolve) => {
      link.onConnected(() => {
        connections += 1;
        if (connections === 2) resolve();
      });
    });
    const received = next(link, 't');
    await broker.stop();
    await expect.poll(() => link.connected).toBe(false);
    const refused = link.publish('t', utf8('lost'), atLeastOnce);
    await expect(refused).rejects.toMatchObject({ code: 'mqtt-offline', retry: 'transient' });
    await broker.listen();
    await again;
    await link.publish('t', utf8('kept'), atLeastOnce);
    expect((await received).payload).toEqual(utf8('kept'));
  });

  test('the next of several addresses is taken, and what was subscribed is subscribed there', async () => {
    const [first, second] = [await Broker.start(), await Broker.start()];
    const { lines, log } = recorder();
    const will = { topic: 'status', payload: utf8('gone'), ...atLeastOnce };
    const url = [first.url, second.url];
    const link = connectMqtt({ url, clientId: 'roamer', will, log });
    cleanUps.push(() => link.close());
    await new Promise<void>((resolve) => link.onConnected(resolve));
    const heard = new Promise<string>((resolve) => {
      link.subscribe('n', (_topic, payload) => resolve(Buffer.from(payload).toString()));
    });
    await first.stop();
    const sender = await connected(second.url, 'sender');
    const willHeard = next(sender, 'status');
    await expect
      .poll(() => lines.filter(({ event }) => event === 'mqtt-connected').at(-1)?.broker, {
        timeout: 10_000,
      })
      .toBe(second.url);
    await expect
      .poll(() => sender.publish('n', utf8('x'), atLeastOnce).then(() => link.connected))
      .toBe(true);
    expect(await heard).toBe('x');
    second.cut('roamer');
    expect((await willHeard).payload).toEqual(utf8('gone'));
  });

  test('what was under way when it went has failed as transient, and is not sent again', async () => {
    const broker = await Broker.start();
    const link = await connected(broker.url, 'a');
    broker.aedes.authorizePublish = () => {};
    const underWay = link.publish('t', utf8('x'), atLeastOnce);
    const failed = expect(underWay).rejects.toMatchObject({ retry: 'transient' });
    await broker.stop();
    await failed;
  });

  test('the will is sent for a client that is cut off, and not for one that closes', async () => {
    const broker = await Broker.start();
    const watcher = await connected(broker.url, 'watcher');
    const wills: string[] = [];
    const seen = new Promise<void>((resolve) => {
      watcher.subscribe('status/+', (topic) => {
        wills.push(topic);
        resolve();
      });
    });
    const link = (clientId: string): Mqtt => {
      const will = {
        topic: `status/${clientId}`,
        payload: utf8('0'),
        qos: 1,
        retain: true,
      } as const;
      const made = connectMqtt({ url: broker.url, clientId, will, log: recorder().log });
      cleanUps.push(() => made.close());
      return made;
    };
    const [polite, cut] = [link('polite'), link('cut')];
    await Promise.all(
      [polite, cut].map((one) => new Promise<void>((done) => one.onConnected(done))),
    );
    await polite.close();
    broker.cut('cut');
    await seen;
    expect(wills).toEqual(['status/cut']);
  });

  test('closing while it is away ends at once and for good', async () => {
    const broker = await Broker.start();
    const link = await connected(broker.url, 'a');
    await broker.stop();
    await expect.poll(() => link.connected).toBe(false);
    await link.close();
    await expect(link.publish('t', utf8('x'), atLeastOnce)).rejects.toMatchObject({
      code: 'mqtt-offline',
    });
  });
});

describe('refusals', () => {
  test('a wrong password is an error in the log, without the password, and tried again later', async () => {
    const broker = await Broker.start();
    broker.aedes.authenticate = (_client, _user, _password, done) => {
      done(Object.assign(new Error('no'), { returnCode: 5 }) as never, false);
    };
    const { lines, log } = recorder();
    const credentials = { username: 'u', password: 'hunter2' };
    const link = connectMqtt({ url: broker.url, clientId: 'a', log, ...credentials });
    cleanUps.push(() => link.close());
    await expect.poll(() => lines.find(({ event }) => event === 'mqtt-refused')).toBeDefined();
    const line = lines.find(({ event }) => event === 'mqtt-refused');
    expect(line).toMatchObject({ level: 'error', error: { code: 'mqtt-not-authorised' } });
    expect(JSON.stringify(lines)).not.toContain('hunter2');
  });

  test('where the broker shares no subscription, each of a group gets all', async () => {
    const broker = await Broker.start();
    const members = [await connected(broker.url, 'one'), await connected(broker.url, 'two')];
    const topics = new Map<string, number>();
    for (const member of members) {
      const count = (topic: string) => void topics.set(topic, (topics.get(topic) ?? 0) + 1);
      member.subscribe('up/+', count, 'centre');
    }
    const sender = await connected(broker.url, 'sender');
    let sent = 0;
    await expect
      .poll(async () => {
        await sender.publish(`up/${sent++}`, utf8('x'), atLeastOnce);
        return Math.max(...topics.values());
      })
      .toBe(2);
  });

  test('a denied subscription is an error in the log and leaves the others in place', async () => {
    const broker = await Broker.start();
    broker.aedes.authorizeSubscribe = (_client, subscription, done) => {
      done(null, subscription.topic === 'secret' ? null : subscription);
    };
    const { lines, log } = recorder();
    const link = connectMqtt({ url: broker.url, clientId: 'a', log });
    cleanUps.push(() => link.close());
    link.subscribe('secret', () => {});
    const received = next(link, 'open');
    await new Promise<void>((resolve) => link.onConnected(resolve));
    await link.publish('open', utf8('x'), atLeastOnce);
    await received;
    const refused = lines.filter(({ event }) => event === 'mqtt-subscribe-failed');
    expect(refused).toHaveLength(1);
    expect(refused[0]).toMatchObject({ level: 'error' });
  });
});
