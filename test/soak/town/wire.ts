// SPDX-License-Identifier: Apache-2.0
// The network between the gateways: each in a network namespace of its own, all on one bridge, on
// whose own address broker and centre are. What one hears of others can be dropped, all of it or a
// share, and what it sends can be made slow. The local API of a gateway is reached by a Unix socket,
// which no fault of the network touches.

import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { until } from '../../system/harness/until.ts';
import { order } from './command.ts';

const bridge = 'wire';
/** Where broker and centre are. */
export const centreAddress = '10.77.0.1';

export type Port = {
  readonly address: string;
  /** Before the words of a program: runs it in this place of the network. */
  readonly enter: readonly string[];
};

export async function layWire(): Promise<void> {
  await order('ip', 'link', 'set', 'lo', 'up');
  await order('ip', 'link', 'add', bridge, 'type', 'bridge');
  await order('ip', 'address', 'add', `${centreAddress}/24`, 'dev', bridge);
  await order('ip', 'link', 'set', bridge, 'up');
}

/** @param api its socket on our side, and the port on its own loopback. */
export async function newPort(
  place: number,
  api: { readonly socket: string; readonly port: number },
): Promise<Port> {
  const relay = `UNIX-LISTEN:${api.socket},fork,unlink-early TCP:127.0.0.1:${api.port}`;
  // Whoever ends socats on this machine does not end the namespace.
  const script = `trap '' TERM; while :; do socat ${relay}; done`;
  const holder = spawn('unshare', ['--net', 'sh', '-c', script], { stdio: 'ignore' });
  await until('a namespace', () => access(api.socket).then(() => true as const));
  const pid = String(holder.pid);
  const enter = ['nsenter', '--target', pid, '--net'];
  const inside = (...words: readonly string[]) => order('nsenter', ...enter.slice(1), ...words);
  const address = `10.77.0.${10 + place}`;
  const link = `port-${place}`;
  const peer = ['peer', 'name', 'eth0', 'netns', pid];
  await order('ip', 'link', 'add', link, 'type', 'veth', ...peer);
  await order('ip', 'link', 'set', link, 'master', bridge, 'up');
  await inside('ip', 'link', 'set', 'lo', 'up');
  await inside('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
  await inside('ip', 'link', 'set', 'eth0', 'up');
  await inside('nft', 'add', 'table', 'inet', 'faults');
  const hook = '{ type filter hook input priority 0; }';
  await inside('nft', `add chain inet faults heard ${hook}`);
  return { address, enter };
}

/** Of what these addresses send, the share is lost on the way to this port. */
export async function drop(
  { enter }: Port,
  from: readonly string[],
  percent: number,
): Promise<void> {
  if (from.length === 0) return;
  const share = percent === 100 ? '' : ` numgen random mod 100 < ${percent}`;
  const rule = `add rule inet faults heard ip saddr { ${from.join(', ')} }${share} drop`;
  await order(...first(enter), 'nft', rule);
}

export async function hearAll({ enter }: Port): Promise<void> {
  await order(...first(enter), 'nft', 'flush chain inet faults heard');
}

/** Sends no more than so much a second; what waits, waits up to a second. */
export async function throttle({ enter }: Port, kilobits: number): Promise<void> {
  const rate = ['rate', `${kilobits}kbit`, 'burst', '4kb', 'latency', '1s'];
  await order(...first(enter), 'tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', ...rate);
}

export async function unthrottle({ enter }: Port): Promise<void> {
  await order(...first(enter), 'tc', 'qdisc', 'del', 'dev', 'eth0', 'root');
}

function first([file = '', ...words]: readonly string[]): [string, ...string[]] {
  return [file, ...words];
}
