// SPDX-License-Identifier: Apache-2.0
// Copies what the chains have given: enrolments and memberships, anchors, summary messages. Each is
// judged before it is kept; what does not hold is not kept, and said.

import { compare, equal, toBase64, toHex } from '../../base/bytes.ts';
import type { Suite } from '../../base/suite.ts';
import { decodeMarketWindow } from '../../contracts/market-window.ts';
import { decodeSummary } from '../../contracts/summary.ts';
import type { Statement } from '../../host/sqlite.ts';
import { openAnchor } from '../../sidechain/chain/anchor.ts';
import { decodeAct } from '../../sidechain/chain/governance.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { mainLeafHash } from '../../sidechain/chain/receipt-message.ts';
import {
  checkSummaryMessage,
  decodeSummaryMessage,
} from '../../sidechain/chain/summary-message.ts';
import type { CentreClient, HistoryClaim, ShownAnchor, ShownMessage } from './centre-client.ts';
import { type Difference, differenceOf } from './difference.ts';
import { isOfSameBlock, judgeAnchorCopy, judgeChain, type ProvenChain } from './judge.ts';
import { judgeRecordCopy } from './judge-record-copy.ts';
import type { KeysCopy } from './keys-copy.ts';
import type { MarketCopy } from './market-copy.ts';
import { mirrorLimits } from './mirror-limits.ts';
import type { MirrorStore } from './mirror-store.ts';
import type { RegistryCopy } from './registry-copy.ts';

export type ChainCopyOptions = {
  readonly suite: Suite;
  readonly store: MirrorStore;
  readonly client: CentreClient;
  readonly mainLog: MainLog;
  readonly keys: KeysCopy;
  readonly registry: RegistryCopy;
  readonly market: MarketCopy;
  readonly nowMs: () => number;
  /** Whether each leaf of the log must be shown with its anchor. */
  readonly expectsAll: boolean;
};

export class ChainCopy {
  readonly #options: ChainCopyOptions;
  readonly #proven = new Map<string, ProvenChain>();
  #shown: ReadonlySet<string> = new Set();
  /** Asked for in this pass: once is enough. */
  #refreshed = false;

  constructor(options: ChainCopyOptions) {
    this.#options = options;
  }

  /** What the chains are, and who their members. */
  async chains(): Promise<readonly Difference[]> {
    const { suite, client, store } = this.#options;
    const found: Difference[] = [];
    const shownIds = new Set<string>();
    this.#shown = shownIds;
    let after: Uint8Array | undefined = new Uint8Array();
    for (let page = 0; after !== undefined && page < mirrorLimits.pagesMax; page++) {
      const { items, next } = await client.enrolments(after);
      for (const shown of items) {
        const id = toHex(shown.chainId);
        shownIds.add(id);
        const judged = judgeChain(suite, shown, this.#log);
        if (!judged.ok || !equal(judged.value.chainId, shown.chainId)) {
          const why = judged.ok ? 'it is the genesis of another chain' : judged.detail;
          found.push(differenceOf('chain', id, 'enrolment', { shown: 'it', proven: why }));
          continue;
        }
        const known = this.#proven.get(id);
        if ((known?.memberships.length ?? 0) > judged.value.memberships.length) continue;
        this.#proven.set(id, judged.value);
        await store.keepChain(shown.chainId, shown);
      }
      after = next;
    }
    this.#refreshed = true;
    return [...found, ...(await this.#gone(shownIds))];
  }

  isShown(chainId: Uint8Array): boolean {
    return this.#shown.has(toHex(chainId));
  }

  /** Up to the end of the log that was copied. */
  async anchors(
    logSize: number,
  ): Promise<{ readonly count: number; readonly found: Difference[] }> {
    const { client, store } = this.#options;
    const found: Difference[] = [];
    let count = 0;
    let from = (await store.state())?.anchored ?? 1;
    this.#refreshed = false;
    for (let page = 0; from < logSize && page < mirrorLimits.pagesMax; page++) {
      const { items, next } = await client.anchors(from);
      const end = Math.min(next ?? logSize, logSize);
      for (const shown of items.filter(({ logIndex }) => logIndex < logSize)) {
        found.push(...(await this.#missing(from, shown.logIndex)));
        from = shown.logIndex + 1;
        const flaw = await this.#anchor(shown);
        if (flaw === undefined) count += 1;
        else found.push(flaw);
      }
      found.push(...(await this.#missing(from, end)));
      from = Math.max(from, end);
      await store.write([{ sql: 'UPDATE state SET anchored = ?', params: [from] }]);
      if (found.length >= mirrorLimits.differencesMax) break;
    }
    return { count, found };
  }

  /** All that the centre has by now. `catchUp` copies anchors that were taken meanwhile. */
  async messages(catchUp: () => Promise<void>): Promise<{
    readonly count: number;
    readonly found: readonly Difference[];
    readonly history: HistoryClaim;
  }> {
    const { client, store } = this.#options;
    const found: Difference[] = [];
    const last = await store.lastMessage();
    let from = last?.sequence ?? 0;
    let count = 0;
    let history: HistoryClaim = { position: 0, keptFromMs: 0 };
    for (let page = 0; page < mirrorLimits.pagesMax; page++) {
      const shown = await client.messages(from);
      history = page === 0 ? shown.history : history;
      if (page === 0 && last !== undefined) found.push(...changed(last, shown.items));
      for (const message of shown.items) {
        const flaw = await this.#message(message, catchUp);
        if (flaw === undefined) count += 1;
        else if (flaw !== 'known') found.push(flaw);
      }
      if (shown.next === undefined || found.length >= mirrorLimits.differencesMax) break;
      from = shown.next;
    }
    return { count, found, history };
  }

  get #log() {
    const { keys, registry } = this.#options;
    return { periods: keys.periods, registries: registry.registries };
  }

  async chain(chainId: Uint8Array): Promise<ProvenChain | undefined> {
    const id = toHex(chainId);
    const known = this.#proven.get(id);
    if (known !== undefined) return known;
    const { suite, store } = this.#options;
    const stored = await store.chain(chainId);
    const judged = stored && judgeChain(suite, stored, this.#log);
    if (judged?.ok) this.#proven.set(id, judged.value);
    return judged?.ok ? judged.value : undefined;
  }

  async #anchor({ logIndex, bytes }: ShownAnchor): Promise<Difference | undefined> {
    const { suite, store } = this.#options;
    const opened = openAnchor(bytes);
    const chainId = opened.ok ? opened.value.chainId : new Uint8Array();
    const wrong = (why: string) =>
      differenceOf('anchor', toHex(chainId), `leaf ${logIndex}`, {
        shown: 'an anchor',
        proven: why,
      });
    if (!opened.ok) return wrong(opened.detail);
    const leafHash = await store.leaf(logIndex);
    if (leafHash === undefined) return wrong('there is no such leaf');
    const previous = await store.newestAnchor(chainId);
    const distrusted = await store.distrustedAt(chainId, logIndex);
    const judge = async () => {
      const chain = await this.chain(chainId);
      return chain && judgeAnchorCopy(suite, bytes, { chain, previous, leafHash, distrusted });
    };
    let judged = await judge();
    if (!judged?.ok && !this.#refreshed) {
      // The members may have changed, or the chain be new.
      await this.chains();
      judged = await judge();
    }
    if (judged === undefined) return wrong('its chain is not enrolled');
    if (!judged.ok) return wrong(judged.detail);
    const { size, root, version } = judged.value;
    await store.write([
      {
        sql: `INSERT INTO anchor (log_index, chain_id, size, root, version, bytes)
          VALUES (?, ?, ?, ?, ?, ?)`,
        params: [logIndex, chainId, size, root, version, bytes],
      },
    ]);
    return undefined;
  }

  /** Leaves that are shown neither with an anchor nor with a record. */
  async #missing(from: number, to: number): Promise<Difference[]> {
    if (!this.#options.expectsAll) return [];
    const found: Difference[] = [];
    for (let index = from; index < to && found.length < mirrorLimits.addedMax; index++) {
      const flaw = await this.#record(index);
      if (flaw !== undefined) found.push(flaw);
    }
    return found;
  }

  /** A leaf that is no anchor: an act that was followed, or what a person with the right to it signed. */
  async #record(logIndex: number): Promise<Difference | undefined> {
    const { suite, client, store, registry, mainLog, market } = this.#options;
    if (registry.knowsAct(logIndex)) return undefined;
    const place = `leaf ${logIndex}`;
    const record = await client.record(logIndex);
    const leafHash = await store.leaf(logIndex);
    const isLeaf = record && leafHash && equal(mainLeafHash(suite, record), leafHash);
    if (record === undefined || !isLeaf) {
      return differenceOf('anchor-missing', '', place, { shown: 'nothing', proven: 'an anchor' });
    }
    if (decodeAct(record).ok) {
      return differenceOf('act', '', place, { shown: 'not among the acts', proven: 'an act' });
    }
    const window = decodeMarketWindow(record);
    if (window.ok) {
      const flaw = await market.window(logIndex, window.value);
      if (flaw === undefined) return undefined;
      return differenceOf('market-window', '', place, { shown: 'its totals', proven: flaw });
    }
    const at = { registry: registry.registryAt(logIndex), mainLogId: mainLog.id };
    const chainOf = (id: Uint8Array) => this.chain(id);
    const judge = () => judgeRecordCopy(suite, record, { ...at, chainOf });
    let judged = await judge();
    if (!judged.ok && !this.#refreshed) {
      // By a gateway of a chain that is new, or a new one of its members.
      await this.chains();
      judged = await judge();
    }
    if (!judged.ok) {
      return differenceOf('record', '', place, { shown: 'a record', proven: judged.detail });
    }
    const trade = judged.value;
    if (trade?.kind === 'demand') await market.demand(logIndex, trade.said);
    return undefined;
  }

  async #message(
    { sequence, bytes }: ShownMessage,
    catchUp: () => Promise<void>,
  ): Promise<Difference | 'known' | undefined> {
    const { suite, store, nowMs } = this.#options;
    const decoded = decodeSummaryMessage(bytes);
    const chain = decoded.ok ? toHex(decoded.value.chainId) : '';
    const wrong = (why: string) =>
      differenceOf('message', chain, `message ${sequence}`, { shown: 'a message', proven: why });
    if (!decoded.ok) return wrong(decoded.detail);
    const { chainId, size, outputs } = decoded.value;
    let root = await store.rootAt(chainId, size);
    if (root === undefined) {
      await catchUp();
      root = await store.rootAt(chainId, size);
    }
    if (root === undefined) return wrong(`no anchor of size ${size} is in the log`);
    const checked = checkSummaryMessage(suite, decoded.value, { chainId, root });
    if (!checked.ok) return wrong(checked.detail);
    const { height } = checked.value.header;
    const fresh: Statement[] = [];
    for (const output of outputs) {
      const summary = decodeSummary(output.bytes);
      if (!summary.ok) return wrong(`output ${output.index}: ${summary.detail}`);
      const known = await store.output(chainId, { height, outputIndex: output.index });
      if (known !== undefined) {
        if (equal(known.bytes, output.bytes)) continue;
        return wrong(`output ${height}-${output.index} was shown with other bytes before`);
      }
      fresh.push({
        sql: `INSERT INTO output (chain_id, start_ms, height, output_index, message, bytes)
          VALUES (?, ?, ?, ?, (SELECT max(id) FROM message), ?)`,
        params: [chainId, summary.value.windowStartMs, height, output.index, output.bytes],
      });
    }
    if (fresh.length === 0) return 'known';
    await store.write([
      {
        sql: 'INSERT INTO message (chain_id, sequence, copied_ms, bytes) VALUES (?, ?, ?, ?)',
        params: [chainId, sequence, nowMs(), bytes],
      },
      ...fresh,
    ]);
    return undefined;
  }

  /** Chains that were enrolled and are shown no more. */
  async #gone(shownIds: ReadonlySet<string>): Promise<readonly Difference[]> {
    const { store } = this.#options;
    const found: Difference[] = [];
    for (let after: Uint8Array | undefined = new Uint8Array(); after !== undefined; ) {
      const page: readonly Uint8Array[] = await store.chainIds(after);
      const gone = page.map(toHex).filter((id) => !shownIds.has(id));
      found.push(
        ...gone.map((id) =>
          differenceOf('chain', id, 'enrolment', { shown: 'nothing', proven: 'enrolled before' }),
        ),
      );
      after = page.toSorted(compare).at(-1);
    }
    return found;
  }
}

/** The message under the number that was copied last is another one now. */
function changed(
  last: { readonly sequence: number; readonly bytes: Uint8Array },
  items: readonly ShownMessage[],
): readonly Difference[] {
  const again = items.filter(({ sequence }) => sequence === last.sequence);
  if (again.some(({ bytes }) => isOfSameBlock(bytes, last.bytes))) return [];
  const [first] = again;
  const shown = first === undefined ? 'nothing' : toBase64(first.bytes).slice(0, 64);
  const proven = toBase64(last.bytes).slice(0, 64);
  return [differenceOf('message', '', `message ${last.sequence}`, { shown, proven })];
}
