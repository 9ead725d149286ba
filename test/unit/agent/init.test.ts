// SPDX-License-Identifier: Apache-2.0
// Making gateways: alone, and several that share a chain from its genesis.

import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadGatewayConfig } from '../../../agent/config.ts';
import { makeKey, makePersonKey } from '../../../agent/make-key.ts';
import { nodeSuite as suite } from '../../../base/node-suite.ts';
import { readKeyFile } from '../../../host/key-file.ts';
import { openGenesis } from '../../../sidechain/chain/genesis.ts';
import { openChainDatabase, readChain } from '../../../sidechain/store/chain-file.ts';
import { init, type NewMember, newDirectory, newMember } from './members.ts';

async function three() {
  const { dir, mainLogFile } = await newDirectory();
  const [a, b, c] = [
    await newMember(dir, 'cellar', 7_701),
    await newMember(dir, 'attic', 7_702),
    await newMember(dir, 'Werkstatt 3', 7_703),
  ];
  const files = [a, b, c].map(({ memberPath }) => memberPath);
  return { dir, mainLogFile, a, b, c, files };
}

async function chainOf({ dir }: Pick<NewMember, 'dir'>) {
  const database = await openChainDatabase(join(dir, 'data'), 'read-only');
  const chain = await readChain(database);
  await database.close();
  return chain;
}

describe('a chain of one', () => {
  test('is made with its key, genesis and configuration, which has no peers', async () => {
    const { dir, mainLogFile } = await newDirectory();
    const made = await init(join(dir, 'gateway'), { mainLogFile });
    const config = loadGatewayConfig(made.configPath);
    expect(config).toMatchObject({ name: 'gateway-1', peers: [] });
    expect(config.listen).toBeUndefined();
    expect(made.members).toEqual([{ name: 'gateway-1', keyId: made.keyId }]);
  });

  test('is not made a second time', async () => {
    const { dir, mainLogFile } = await newDirectory();
    await init(join(dir, 'gateway'), { mainLogFile });
    await expect(init(join(dir, 'gateway'), { mainLogFile })).rejects.toMatchObject({
      code: 'database-exists',
    });
  });
});

describe('a chain of three', () => {
  test('begins alike on all, its founder first', async () => {
    const { mainLogFile, a, b, c, files } = await three();
    const founded = await init(a.dir, { mainLogFile }, { memberFiles: files.slice(1) });
    const given = { genesisFile: founded.genesisPath };
    const others = [
      await init(b.dir, given, { memberFiles: files }),
      await init(c.dir, given, { memberFiles: files }),
    ];
    for (const { chainId, members } of others) {
      expect(chainId).toBe(founded.chainId);
      expect(members).toEqual(founded.members);
    }
    expect(founded.members.map(({ keyId }) => keyId)).toEqual([a.keyId, b.keyId, c.keyId]);
    const chains = await Promise.all([a, b, c].map(chainOf));
    expect(new Set(chains.map(({ chainId }) => Buffer.from(chainId).toString('hex'))).size).toBe(1);
    expect(chains.map(({ gateway }) => Buffer.from(gateway).toString('hex'))).toEqual(
      [a, b, c].map(({ keyId }) => keyId),
    );
  });

  test('has a configuration on each that reaches the other two, whatever they are called', async () => {
    const { mainLogFile, a, c, files } = await three();
    const { genesisPath } = await init(a.dir, { mainLogFile }, { memberFiles: files });
    const made = await init(c.dir, { genesisFile: genesisPath }, { memberFiles: files });
    expect(loadGatewayConfig(made.configPath)).toMatchObject({
      name: 'Werkstatt 3',
      listen: '127.0.0.1:7703',
      peers: [
        { name: 'cellar', address: '127.0.0.1:7701' },
        { name: 'attic', address: '127.0.0.1:7702' },
      ],
    });
  });

  test('has members whose names YAML would take for something else', async () => {
    const { dir, mainLogFile } = await newDirectory();
    for (const name of ['true', 'null', '12', '1e3', 'a: b', '# x', "it's", '"', '- a']) {
      const { dir: own } = await newMember(join(dir, Buffer.from(name).toString('hex')), 'own');
      const made = await makeKey({ dir: own, name, listen: '127.0.0.1:7700' });
      const { configPath } = await init(own, { mainLogFile }, { memberFiles: [made.memberPath] });
      expect(loadGatewayConfig(configPath).name).toBe(name);
    }
  });

  test('has the policy that was asked for', async () => {
    const { mainLogFile, a, files } = await three();
    const chain = {
      kind: 'new' as const,
      name: 'first',
      mainLogFile,
      policy: { class: 'prevent' as const, faulty: 1 },
      engineers: [],
      operators: [],
      windowMs: 900_000,
      graceMs: 30_000,
    };
    const { genesisPath } = await init(a.dir, { mainLogFile }, { chain, memberFiles: files });
    const opened = openGenesis(suite, new Uint8Array(await readFile(genesisPath)));
    expect(opened).toMatchObject({
      ok: true,
      value: { genesis: { policy: chain.policy, members: [{ name: 'first' }, {}, {}] } },
    });
    await expect(
      init(
        join(a.dir, 'other'),
        { mainLogFile },
        {
          chain: { ...chain, policy: { class: 'prevent', faulty: 3 } },
          memberFiles: files.slice(1),
          listen: '127.0.0.1:7709',
        },
      ),
    ).rejects.toMatchObject({
      code: 'policy',
      message: expect.stringContaining('4 co-signatures'),
    });
  });
});

describe('engineers', () => {
  test('are persons of the genesis, each with the key of its own file', async () => {
    const { dir, mainLogFile } = await newDirectory();
    const keyFile = join(dir, 'eve.key');
    const eve = await makePersonKey('eve', keyFile);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    await expect(makePersonKey('eve', keyFile)).rejects.toMatchObject({ code: 'file-exists' });
    const made = await init(
      join(dir, 'a'),
      { mainLogFile },
      { chain: chainWith(mainLogFile, [eve]) },
    );
    const opened = openGenesis(suite, new Uint8Array(await readFile(made.genesisPath)));
    const publicKey = (await readKeyFile(keyFile)).publicKey;
    const persons = [{ name: 'eve', publicKey, rights: ['members'] }];
    expect(opened).toMatchObject({ ok: true, value: { genesis: { persons } } });
  });

  test.each([
    ['without a key', 'eve', 'NAME=PUBLICKEY'],
    ['with a weak key', `eve=${'00'.repeat(32)}`, 'NAME=PUBLICKEY'],
    ['with half a key', 'eve=0011', 'NAME=PUBLICKEY'],
  ])('%s are refused', async (_, text, hint) => {
    const { dir, mainLogFile } = await newDirectory();
    const chain = { ...chainWith(mainLogFile, []), engineers: [text] };
    await expect(init(join(dir, 'a'), { mainLogFile }, { chain })).rejects.toMatchObject({
      code: 'engineer',
      hint: expect.stringContaining(hint),
    });
  });
});

function chainWith(mainLogFile: string, persons: readonly { name: string; publicKey: string }[]) {
  return {
    kind: 'new' as const,
    name: undefined,
    mainLogFile,
    policy: { class: 'blame' as const, faulty: 0 },
    engineers: persons.map(({ name, publicKey }) => `${name}=${publicKey}`),
    operators: [],
    windowMs: 900_000,
    graceMs: 30_000,
  };
}

describe('what is refused, with nothing made', () => {
  test('a gateway that is no member of the genesis', async () => {
    const { dir, mainLogFile, a, b, files } = await three();
    const { genesisPath } = await init(a.dir, { mainLogFile }, { memberFiles: files.slice(0, 2) });
    const stranger = await newMember(dir, 'stranger');
    await expect(
      init(stranger.dir, { genesisFile: genesisPath }, { memberFiles: files }),
    ).rejects.toMatchObject({
      code: 'not-a-member',
      message: `gateway ${stranger.keyId} is no member of this chain; its members are cellar, attic`,
    });
    await expect(chainOf(stranger)).rejects.toMatchObject({ code: 'database-missing' });
    await expect(chainOf(b)).rejects.toMatchObject({ code: 'database-missing' });
  });

  test('a member without a key', async () => {
    const { dir, mainLogFile, a, files } = await three();
    const { genesisPath } = await init(a.dir, { mainLogFile }, { memberFiles: files });
    await expect(init(join(dir, 'new'), { genesisFile: genesisPath })).rejects.toMatchObject({
      code: 'file-missing',
      hint: expect.stringContaining('tieline key'),
    });
  });

  test('a member whose address nobody knows', async () => {
    const { dir, mainLogFile, a } = await three();
    const quiet = await makeKey({ dir: join(dir, 'quiet'), name: 'quiet', listen: undefined });
    await expect(
      init(a.dir, { mainLogFile }, { memberFiles: [quiet.memberPath] }),
    ).rejects.toMatchObject({ code: 'member-file', message: expect.stringContaining('quiet') });
    await expect(
      init(join(dir, 'quiet'), { mainLogFile }, { memberFiles: [a.memberPath] }),
    ).rejects.toMatchObject({ code: 'listen' });
  });

  test('two members of one name, and another chain in the same directory', async () => {
    const { dir, mainLogFile, a, b, files } = await three();
    const namesake = await makeKey({
      dir: join(dir, 'namesake'),
      name: 'attic',
      listen: '127.0.0.1:7704',
    });
    const memberFiles = [...files, namesake.memberPath];
    await expect(init(a.dir, { mainLogFile }, { memberFiles })).rejects.toMatchObject({
      message: 'two members are called attic',
    });
    const { genesisPath } = await init(a.dir, { mainLogFile }, { memberFiles: files });
    await init(b.dir, { genesisFile: genesisPath }, { memberFiles: files });
    const other = await init(join(dir, 'other'), { mainLogFile });
    await expect(init(b.dir, { genesisFile: other.genesisPath })).rejects.toMatchObject({
      code: 'genesis',
    });
  });

  test('addresses that nobody can call', async () => {
    const { dir } = await newDirectory();
    for (const listen of ['0.0.0.0:7700', '[::]:7700', 'cellar', 'cellar:0', 'cellar:70000']) {
      const made = makeKey({ dir: join(dir, 'a'), name: 'a', listen });
      await expect(made, listen).rejects.toMatchObject({ code: 'listen' });
    }
  });
});

describe('a second run', () => {
  test('of `tieline key` keeps the key, and writes the file anew', async () => {
    const { dir } = await newDirectory();
    const first = await newMember(dir, 'a', 7_701);
    const second = await makeKey({ dir: first.dir, name: 'b', listen: '[::1]:7702' });
    expect(second.keyId).toBe(first.keyId);
    const written = JSON.parse(await readFile(second.memberPath, 'utf8')) as unknown;
    expect(written).toEqual({ name: 'b', publicKey: first.publicKey, address: '[::1]:7702' });
  });

  test('of `tieline init` that was interrupted goes on with the genesis that is there', async () => {
    const { mainLogFile, a, b, files } = await three();
    const { genesisPath, chainId } = await init(a.dir, { mainLogFile }, { memberFiles: files });
    await writeFile(join(b.dir, 'genesis.cbor'), await readFile(genesisPath));
    await writeFile(join(b.dir, 'gateway.yaml'), 'name: kept\n');
    const made = await init(b.dir, { genesisFile: genesisPath }, { memberFiles: files });
    expect(made.chainId).toBe(chainId);
    expect(await readFile(made.configPath, 'utf8')).toBe('name: kept\n');
  });
});
