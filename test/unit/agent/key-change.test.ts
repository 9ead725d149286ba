// SPDX-License-Identifier: Apache-2.0
// The key file follows chain.db, wherever the change was interrupted.

import { expect, test } from 'vitest';
import { dataFiles } from '../../../agent/data-files.ts';
import { changeKey, finishKeyChange } from '../../../agent/key-change.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { createKeyFile, readKeyFile } from '../../../host/key-file.ts';
import { createLog } from '../../../host/log.ts';
import { createChain } from '../../../sidechain/store/chain-file.ts';
import { genesisBytes } from '../chain/fixture.ts';
import { temporaryDirectory } from '../sidechain/rig.ts';

const log = createLog({ level: 'error', write: () => {} });

async function newPlace(whose: 'key' | 'nextKey') {
  const data = temporaryDirectory();
  const files = dataFiles(data);
  const signers = {
    key: await createKeyFile(files.key),
    nextKey: await createKeyFile(files.nextKey),
  };
  const gateway = signers[whose].keyId;
  await createChain({ dataDir: data, genesisBytes, gateway, suite, contracts: [] });
  return { data, files, ...signers };
}

test('where chain.db has been given to the next key, its file takes its place', async () => {
  const { data, files, nextKey } = await newPlace('nextKey');
  await finishKeyChange({ data });
  expect((await readKeyFile(files.key)).keyId).toEqual(nextKey.keyId);
  await expect(readKeyFile(files.nextKey)).rejects.toMatchObject({ code: 'file-missing' });
  await finishKeyChange({ data });
  expect((await readKeyFile(files.key)).keyId).toEqual(nextKey.keyId);
});

test('where it has not, both stay', async () => {
  const { data, files, key, nextKey } = await newPlace('key');
  await finishKeyChange({ data });
  expect((await readKeyFile(files.key)).keyId).toEqual(key.keyId);
  await expect(changeKey({ data }, { unsealed: [], log })).rejects.toMatchObject({
    code: 'not-superseded',
  });
  expect((await readKeyFile(files.key)).keyId).toEqual(key.keyId);
  expect((await readKeyFile(files.nextKey)).keyId).toEqual(nextKey.keyId);
});
