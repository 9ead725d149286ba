// SPDX-License-Identifier: Apache-2.0
// Asks the engine on this machine, over its Unix socket: JSON-RPC, several calls in one request.
// Nobody else can reach that socket.

import { Agent, request } from 'node:http';
import { concat, fromUtf8, toBase64 } from '../../../base/bytes.ts';
import { messageOf, TielineError } from '../../../base/errors.ts';
import { limits } from '../../../base/limits.ts';

export type Broadcast =
  /** In the mempool, now or before. */
  | { readonly kind: 'taken' }
  /** The application does not want it. */
  | { readonly kind: 'refused'; readonly detail: string }
  /** The mempool is full, or the engine not ready. */
  | { readonly kind: 'busy'; readonly detail: string };

export type EnginePeer = { readonly name: string; readonly id: string };

type Call = {
  readonly method: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
};

type Answer = { readonly result?: unknown; readonly error?: unknown };

export class EngineRpc {
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: limits.engineCallsMax });
  readonly #waiting: Call[] = [];
  #underWay = 0;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  /** @throws TielineError `engine-call` (transient) where the engine does not answer. */
  async broadcast(transaction: Uint8Array): Promise<Broadcast> {
    const answer = await this.#call('broadcast_tx_sync', { tx: toBase64(transaction) });
    if (answer.error !== undefined) {
      const detail = detailOf(answer.error);
      return detail.includes('already exists in cache')
        ? { kind: 'taken' }
        : { kind: 'busy', detail };
    }
    const { code, log } = (answer.result ?? {}) as { code?: unknown; log?: unknown };
    return code === 0 ? { kind: 'taken' } : { kind: 'refused', detail: String(log) };
  }

  /** Whether it still fetches blocks that the others have. */
  async isCatchingUp(): Promise<boolean> {
    const { result } = await this.#call('status', {});
    const info = (result as { sync_info?: { catching_up?: unknown } } | undefined)?.sync_info;
    return info?.catching_up !== false;
  }

  /** With whom it is connected. */
  async peers(): Promise<readonly EnginePeer[]> {
    const { result } = await this.#call('net_info', {});
    const peers = (result as { peers?: unknown } | undefined)?.peers;
    if (!Array.isArray(peers)) return [];
    return peers.map((peer) => {
      const { node_info: node } = peer as { node_info?: { id?: unknown; moniker?: unknown } };
      return { id: String(node?.id), name: String(node?.moniker) };
    });
  }

  close(): void {
    this.#agent.destroy();
    const closed = new TielineError('engine-call', 'this node ends');
    for (const { reject } of this.#waiting.splice(0)) reject(closed);
  }

  #call(method: string, params: Readonly<Record<string, unknown>>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ method, params, resolve, reject });
      this.#send();
    });
  }

  #send(): void {
    while (this.#underWay < limits.engineCallsMax && this.#waiting.length > 0) {
      const calls = this.#waiting.splice(0, limits.engineCallBatchMax);
      this.#underWay++;
      this.#exchange(calls)
        .catch((cause: unknown) => {
          const error = new TielineError('engine-call', messageOf(cause), {
            retry: 'transient',
            cause,
          });
          for (const { reject } of calls) reject(error);
        })
        .finally(() => {
          this.#underWay--;
          this.#send();
        });
    }
  }

  async #exchange(calls: readonly Call[]): Promise<void> {
    const body = calls.map(({ method, params }, id) => ({ jsonrpc: '2.0', id, method, params }));
    const text = await this.#post(JSON.stringify(body));
    const answers: unknown = JSON.parse(text);
    const list = (Array.isArray(answers) ? answers : [answers]) as (Answer & { id?: unknown })[];
    for (const [id, { resolve, reject }] of calls.entries()) {
      const answer = list.find((one) => one.id === id);
      if (answer === undefined) reject(new TielineError('engine-call', text.slice(0, 200)));
      else resolve(answer);
    }
  }

  #post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json' };
      const options = { socketPath: this.#socketPath, method: 'POST', path: '/', headers };
      const sent = request({ ...options, agent: this.#agent, timeout: limits.engineCallMs });
      sent.on('timeout', () => sent.destroy(new Error('the engine does not answer')));
      sent.on('error', reject);
      sent.on('response', (response) => {
        const chunks: Uint8Array[] = [];
        let byteCount = 0;
        response.on('data', (chunk: Uint8Array) => {
          byteCount += chunk.length;
          if (byteCount > limits.engineAnswerBytesMax)
            sent.destroy(new Error('too long an answer'));
          else chunks.push(chunk);
        });
        response.on('error', reject);
        response.on('end', () => resolve(fromUtf8(concat(...chunks)) ?? ''));
      });
      sent.end(body);
    });
  }
}

function detailOf(error: unknown): string {
  const { message, data } = (error ?? {}) as { message?: unknown; data?: unknown };
  return [message, data].filter((part) => typeof part === 'string').join(': ');
}
