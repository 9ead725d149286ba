// SPDX-License-Identifier: Apache-2.0
// A replica of what a centre may show to whoever asks: the main log, the chains, their anchors and
// summaries, each verified before it is kept; and a guard that holds what the centre shows as its
// history against them. One pass copies what is new and compares all of it.

import { equal, toHex } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import type { Suite } from '../../base/suite.ts';
import type { Database } from '../../host/sqlite.ts';
import { fileBytes } from '../../host/sqlite-used.ts';
import type { MainLog } from '../../sidechain/chain/main-log.ts';
import { tradeWindowOf } from '../ledger/open-market.ts';
import { type AuditReport, auditCopy } from './audit-copy.ts';
import type { CentreClient, HistoryClaim } from './centre-client.ts';
import { compareChain, historyKinds } from './compare-history.ts';
import { ChainCopy } from './copy-chains.ts';
import { type LogCopy, LogMirror } from './copy-log.ts';
import { type Difference, type DifferenceKind, differenceOf } from './difference.ts';
import { DifferenceStore } from './difference-store.ts';
import { MarketCopy } from './market-copy.ts';
import { mirrorLimits } from './mirror-limits.ts';
import { MirrorStore } from './mirror-store.ts';
import { RegistryCopy } from './registry-copy.ts';
import { copyReports, reportKinds } from './report-copy.ts';

export type MirrorOptions = {
  readonly suite: Suite;
  /** With `mirrorMigrations`. */
  readonly database: Database;
  readonly mainLog: MainLog;
  readonly client: CentreClient;
  readonly nowMs: () => number;
  /** Whether the token sees all chains, so that nothing may be missing. */
  readonly expectsAll: boolean;
  /** So many anchors and messages of earlier passes are looked at again in each; 0: none. */
  readonly audits?: number;
};

export type MirrorPass = {
  /** Size and root of the log that the mirror holds. */
  readonly head: { readonly size: number; readonly root: string };
  readonly copied: { readonly anchors: number; readonly messages: number };
  /** Changes of the registry that are on the log. */
  readonly registryVersion: number;
  /** Bytes that the copy takes: 32 of each leaf of the log, and what the token shows of the rest. */
  readonly storedBytes: number;
  /** What was looked at again; undefined where nothing was asked for. */
  readonly audited: Omit<AuditReport, 'found'> | undefined;
  /** Rows of the history that were held against their proofs. */
  readonly compared: number;
  /** The centre says that it shows no window before this. */
  readonly historyFrom: string;
  /** Those that were not known before this pass. */
  readonly fresh: readonly Difference[];
  readonly open: readonly Difference[];
};

const logKinds: readonly DifferenceKind[] = [
  'log-signature',
  'log-rolled-back',
  'leaves',
  'log-keys',
];
const registryKinds: readonly DifferenceKind[] = ['act', 'registry'];
const copyKinds: readonly DifferenceKind[] = ['chain', ...reportKinds];

export class Mirror {
  readonly #options: MirrorOptions;
  readonly #store: MirrorStore;
  readonly #differences: DifferenceStore;
  readonly #log: LogMirror;

  private constructor(options: MirrorOptions, store: MirrorStore, log: LogMirror) {
    this.#options = options;
    this.#store = store;
    this.#differences = new DifferenceStore(options.database, options.nowMs);
    this.#log = log;
  }

  /** @throws TielineError `mirror-other`: the file is the mirror of another main log. */
  static async open(options: MirrorOptions): Promise<Mirror> {
    const { suite, database, mainLog, nowMs } = options;
    const store = new MirrorStore(database);
    const state = await store.state();
    if (state === undefined) await store.begin(mainLog.id);
    else if (!equal(state.mainLogId, mainLog.id)) {
      throw new TielineError('mirror-other', 'this directory mirrors another main log', {
        hint: 'name another one with --data, or the main-log.json of that log with --main-log',
      });
    }
    return new Mirror(options, store, await LogMirror.open({ suite, store, mainLog, nowMs }));
  }

  /** @throws TielineError `api-*`, `main-log`: nothing is said of what could not be asked. */
  async pass(): Promise<MirrorPass> {
    const { suite, database, client, nowMs, expectsAll, mainLog } = this.#options;
    const store = this.#store;
    const main = await this.#log.genesis(client);
    const registry = await RegistryCopy.open({ suite, store, client, main });
    const market = new MarketCopy(database, tradeWindowOf(main));
    const { keys } = this.#log;
    const copied = { suite, store, client, mainLog, keys, registry, market, nowMs, expectsAll };
    const copy = new ChainCopy(copied);
    const found: Difference[] = [];
    const log = await this.#log.copy(client);
    found.push(...log.found);
    await store.settleReports(nowMs() - mirrorLimits.reportSettledMs, log.size);
    const registryFound = await this.#followRegistry(registry);
    found.push(...registryFound);
    const chains = await copy.chains();
    found.push(...chains);
    const anchors = await copy.anchors(log.size);
    found.push(...anchors.found);
    const catchUp = async () => {
      found.push(...(await this.#log.copy(client)).found);
      found.push(...(await registry.copy(this.#log.size)));
      found.push(...(await copy.anchors(this.#log.size)).found);
    };
    const messages = await copy.messages(catchUp);
    found.push(...messages.found);
    const catchUpAll = async () => {
      await catchUp();
      found.push(...(await copy.messages(catchUp)).found);
    };
    found.push(...(await this.#reports(copy)));
    const audit = await this.#audit(copy);
    found.push(...(audit?.found ?? []));
    const fresh = [...(await this.#differences.record(found))];
    await this.#closeCopies(log, found);
    const compared = await this.#compare(messages.history, catchUpAll);
    return {
      head: { size: this.#log.size, root: toHex(this.#log.root) },
      copied: { anchors: anchors.count, messages: messages.count },
      registryVersion: registry.registries.length - 1,
      storedBytes: (await fileBytes(database)).used,
      audited: audit && {
        anchors: audit.anchors,
        messages: audit.messages,
        isRound: audit.isRound,
      },
      compared: compared.rows,
      historyFrom: new Date(messages.history.keptFromMs).toISOString(),
      fresh: [...fresh, ...compared.fresh],
      open: await this.#differences.open(),
    };
  }

  async #followRegistry(registry: RegistryCopy): Promise<readonly Difference[]> {
    const { client } = this.#options;
    const flaws = [...(await registry.copy(this.#log.size)), ...this.#keyFlaws(registry)];
    if (flaws.length > 0) return flaws;
    return registry.compare(async () => {
      const { found } = await this.#log.copy(client);
      return [...found, ...(await registry.copy(this.#log.size))];
    });
  }

  /** Keys that the acts on the log have brought, and no hand-over did, or the other way round. */
  #keyFlaws({ registries }: RegistryCopy): readonly Difference[] {
    const { handOvers } = this.#log.keys;
    const shown = handOvers.filter(({ size }) => size <= this.#log.size).length;
    const proven = registries.at(-1)?.generation ?? 0;
    if (shown === proven) return [];
    const said = { shown: `${shown} hand-overs`, proven: `${proven} by acts on the log` };
    return [differenceOf('log-keys', '', 'generation', said)];
  }

  async #reports(copy: ChainCopy): Promise<readonly Difference[]> {
    const { suite, client, nowMs } = this.#options;
    const found: Difference[] = [];
    for (let after: Uint8Array | undefined = new Uint8Array(); after !== undefined; ) {
      const page: readonly Uint8Array[] = await this.#store.chainIds(after);
      for (const chainId of page) {
        const chain = await copy.chain(chainId);
        if (chain === undefined || !copy.isShown(chainId)) continue;
        const options = { suite, store: this.#store, client, nowMs };
        found.push(...(await copyReports(options, chain)));
      }
      after = page.at(-1);
    }
    return found;
  }

  async #audit(copy: ChainCopy): Promise<AuditReport | undefined> {
    const { suite, client, audits = 0 } = this.#options;
    if (audits === 0) return undefined;
    const chainOf = (chainId: Uint8Array) => copy.chain(chainId);
    return auditCopy({ suite, store: this.#store, client, chainOf, countMax: audits });
  }

  /** What can mend itself: a checkpoint that is signed again, a chain that is shown again. */
  async #closeCopies(log: LogCopy, found: readonly Difference[]): Promise<void> {
    if (log.shown !== undefined && log.found.length === 0) {
      await this.#differences.close({ chain: '', kinds: logKinds }, found);
      await this.#differences.close({ chain: '', kinds: registryKinds }, found);
    }
    const open = await this.#differences.open();
    for (const { chain } of open.filter(({ kind }) => copyKinds.includes(kind))) {
      await this.#differences.close({ chain, kinds: copyKinds }, found);
    }
  }

  async #compare(
    history: HistoryClaim,
    catchUp: () => Promise<void>,
  ): Promise<{ readonly rows: number; readonly fresh: readonly Difference[] }> {
    const { client, nowMs } = this.#options;
    const fresh: Difference[] = [];
    let rows = 0;
    let after: Uint8Array | undefined = new Uint8Array();
    while (after !== undefined) {
      const page: readonly Uint8Array[] = await this.#store.chainIds(after);
      for (const chainId of page) {
        const options = { store: this.#store, client, history, nowMs, catchUp };
        const compared = await compareChain(options, chainId);
        rows += compared.rows;
        fresh.push(...(await this.#differences.record(compared.found)));
        const scope = { chain: toHex(chainId), kinds: historyKinds };
        await this.#differences.close(scope, compared.found);
      }
      after = page.at(-1);
    }
    return { rows, fresh };
  }
}
