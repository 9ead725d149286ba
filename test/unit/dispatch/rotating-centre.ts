// SPDX-License-Identifier: Apache-2.0
// A centre whose keys lie in files, as a program finds them, with an officer who may change them; and a
// chain that follows, as far as a hand-over and a receipt are concerned.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert } from '../../../base/assert.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { dispatchFiles } from '../../../dispatch/files.ts';
import type { Outcomes } from '../../../dispatch/ledger/transaction.ts';
import { LogKeyring } from '../../../dispatch/log-keyring.ts';
import { logKeysChange, offerKey } from '../../../dispatch/offer-key.ts';
import { createKeyFile } from '../../../host/key-file.ts';
import { createLog } from '../../../host/log.ts';
import { openAnswer } from '../../../sidechain/chain/answer.ts';
import { signEnrolment } from '../../../sidechain/chain/enrolment.ts';
import { signProposal } from '../../../sidechain/chain/governance.ts';
import { openMainGenesis, signMainGenesis } from '../../../sidechain/chain/main-genesis.ts';
import type { MainLog } from '../../../sidechain/chain/main-log.ts';
import { formatMainLogFile, parseMainLogFile } from '../../../sidechain/chain/main-log-file.ts';
import type { RegistryChange } from '../../../sidechain/chain/main-registry-change.ts';
import { chainOrigin } from '../../../sidechain/chain/names.ts';
import { type FakeChain, makeChain, startMs } from './fake-chain.ts';
import { dispatcher, gridOfficer } from './fake-main-log.ts';
import { TestCentre } from './test-centre.ts';

const silent = createLog({ level: 'error', write: () => {} });

export class RotatingCentre {
  readonly keysDirectory: string;
  readonly centre: TestCentre;
  /** As it was founded. */
  readonly mainLog: MainLog;

  #offers = 0;

  private constructor(keysDirectory: string, centre: TestCentre, mainLog: MainLog) {
    this.keysDirectory = keysDirectory;
    this.centre = centre;
    this.mainLog = mainLog;
  }

  static async begin(): Promise<RotatingCentre> {
    const directory = mkdtempSync(join(tmpdir(), 'tieline-keys-'));
    const files = dispatchFiles(directory);
    const key = await createKeyFile(files.logKey);
    const genesis = signMainGenesis(
      {
        version: 1,
        origin: 'grid.example/rotating',
        keys: [{ publicKey: key.publicKey, name: 'grid' }],
        threshold: 1,
        persons: [
          {
            publicKey: dispatcher.publicKey,
            name: 'Dora',
            roles: ['dispatch'],
            organisation: 'grid',
          },
        ],
        organisations: [
          { name: 'grid', roles: ['dispatch'], governanceKey: gridOfficer.publicKey },
        ],
        timeMs: startMs,
        nonce: new Uint8Array(32).fill(3),
      },
      key,
    );
    const opened = openMainGenesis(suite, genesis);
    assert(opened.ok, 'the genesis of the test holds');
    const { mainLog } = opened.value;
    writeFileSync(files.mainLog, formatMainLogFile(mainLog));
    const keyring = await LogKeyring.open(files, silent);
    const centre = await TestCentre.begin({ genesis, signer: keyring, keyring });
    return new RotatingCentre(directory, centre, mainLog);
  }

  get files() {
    return dispatchFiles(this.keysDirectory);
  }

  /** What is handed to those who build gateways. */
  get publicLog(): MainLog {
    const read = parseMainLogFile(readFileSync(this.files.mainLog, 'utf8'));
    assert(read.ok, 'the public file holds');
    return read.value;
  }

  async end(): Promise<void> {
    await this.centre.end();
    rmSync(this.keysDirectory, { recursive: true });
  }

  /** Makes the next key and its offer. */
  async offer(): Promise<RegistryChange> {
    const path = join(this.keysDirectory, `offer-${this.#offers++}`);
    await offerKey(this.keysDirectory, path);
    const offers = [new Uint8Array(readFileSync(path))];
    return logKeysChange({ mainLog: this.publicLog, offers, threshold: undefined });
  }

  propose(change: RegistryChange): Promise<Outcomes['govern']> {
    const { ordering } = this.centre.centre;
    const version = ordering.governance.version + 1;
    const proposal = { version, changes: [change], timeMs: startMs, reason: '' };
    const statement = signProposal(proposal, this.mainLog.id, gridOfficer);
    return ordering.submit({ kind: 'govern', statement });
  }

  async rotate(): Promise<Outcomes['govern']> {
    return this.propose(await this.offer());
  }

  /** With the same files, as after a stop. */
  async restart(): Promise<void> {
    const keyring = await LogKeyring.open(this.files, silent);
    await this.centre.start({ signer: keyring, keyring });
  }

  async enrol(seed: number, mainLog: MainLog = this.mainLog): Promise<FakeChain> {
    const chain = makeChain(mainLog, { seed });
    const { chainId, genesisBytes: genesis } = chain;
    const named = { chainId, name: `chain ${seed}`, timeMs: startMs };
    const enrolment = signEnrolment(named, this.mainLog.id, dispatcher);
    const outcome = await this.centre.centre.ordering.submit({ kind: 'enrol', genesis, enrolment });
    assert(outcome.kind === 'enrolled', 'the chain of the test is enrolled');
    return chain;
  }

  /** What is published to an anchor, as it goes out. */
  async ask(chain: FakeChain, anchor: Uint8Array): Promise<readonly Uint8Array[]> {
    const { centre } = this;
    const from = centre.published.length;
    await centre.centre.ingest.take(`${chainOrigin(chain.chainId)}/anchor`, anchor);
    return centre.published.slice(from).map(({ payload }) => payload);
  }

  /** The receipt message in an answer, by these keys. */
  receiptIn(chain: FakeChain, payload: Uint8Array | undefined, mainLog: MainLog): Uint8Array {
    const { chainId } = chain;
    const answer = openAnswer(suite, payload ?? new Uint8Array(), { chainId, mainLog });
    assert(answer.ok && 'message' in answer.value, 'the centre answers with a receipt');
    return answer.value.message;
  }
}
