// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { PeerMessage } from '../../../sidechain/raft/message.ts';
import { Network } from '../../simulation/world/network.ts';
import { Random } from '../../simulation/world/random.ts';
import { Timeline } from '../../simulation/world/timeline.ts';
import type { NetworkWeather } from '../../simulation/world/weather.ts';

const fair: NetworkWeather = {
  delayMsMax: 50,
  lossRate: 0,
  doubledRate: 0,
  lateRate: 0,
  lateMsMax: 5_000,
  isOrdered: true,
};

function newNetwork(weather: Partial<NetworkWeather>) {
  const timeline = new Timeline();
  const arrived: number[] = [];
  const lost: number[] = [];
  const network = new Network<PeerMessage>(
    {
      timeline,
      random: new Random(3),
      deliver: ({ term }) => arrived.push(term) > 0,
      onLost: ({ term }) => lost.push(term),
      count: () => {},
    },
    { ...fair, ...weather },
  );
  const send = (term: number, from = 1, to = 2): void => {
    const message: PeerMessage = { kind: 'timeout-now', from, to, term };
    network.send(message);
  };
  return { timeline, network, arrived, lost, send };
}

const hundred = Array.from({ length: 100 }, (_, i) => i);

test('in fair weather all arrive, in order where that is asked for', () => {
  const { timeline, arrived, send } = newNetwork({});
  for (const term of hundred) send(term);
  timeline.pass(1_000);
  expect(arrived).toEqual(hundred);
});

test('without order messages overtake each other', () => {
  const { timeline, arrived, send } = newNetwork({ isOrdered: false });
  for (const term of hundred) send(term);
  timeline.pass(1_000);
  expect(arrived).not.toEqual(hundred);
  expect([...arrived].sort((a, b) => a - b)).toEqual(hundred);
});

test('messages are lost, doubled and late at the rates of the weather', () => {
  const weather = { lossRate: 0.3, doubledRate: 0.3, lateRate: 0.3 };
  const { timeline, arrived, lost, send } = newNetwork(weather);
  for (const term of hundred) send(term);
  timeline.pass(50);
  const soonCount = arrived.length;
  timeline.pass(10_000);
  expect(lost.length).toBeGreaterThan(10);
  expect(arrived.length).toBeGreaterThan(100 - lost.length);
  expect(arrived.length - soonCount).toBeGreaterThan(10);
});

test('a link is cut one way, for as long as anybody cuts it', () => {
  const { timeline, network, arrived, lost, send } = newNetwork({});
  const links = [{ from: 1, to: 2 }];
  network.cut(links);
  network.cut(links);
  network.open(links);
  send(1);
  send(2, 2, 1);
  timeline.pass(100);
  expect({ arrived, lost }).toEqual({ arrived: [2], lost: [1] });
  network.open(links);
  send(3);
  timeline.pass(100);
  expect(arrived).toEqual([2, 3]);
});

test('who is forgotten gets nothing of what was under way', () => {
  const { timeline, network, arrived, send } = newNetwork({});
  send(1);
  network.forget(2);
  send(2);
  timeline.pass(100);
  expect(arrived).toEqual([2]);
});
