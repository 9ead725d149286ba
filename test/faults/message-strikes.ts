// SPDX-License-Identifier: Apache-2.0
// What befalls a centre by its broker: messages twice, late, made up, and by thieves. Each is met as
// the protocol says, however often the programs are killed meanwhile.

import { randomBytes } from 'node:crypto';
import { formatCheckpoint } from '../../base/checkpoint.ts';
import { cosign } from '../../base/cosignature.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import type { Signer } from '../../base/suite.ts';
import { chainOrigin, cosignerName } from '../../sidechain/chain/names.ts';
import { evidenceReport, signReport } from '../../sidechain/chain/report.ts';
import type { Random } from '../system/harness/random.ts';
import { type FakeChain, makeChain, startMs } from '../unit/dispatch/fake-chain.ts';
import { HonestChain } from './honest-chain.ts';
import type { Scene } from './scene.ts';
import { expectSame, type Strike } from './strike.ts';

export const messageStrikes: readonly Strike<Scene>[] = [
  {
    kind: 'duplicates',
    run: async ({ post, honest }, random) => {
      const { chain } = oneOf(honest, random);
      const origin = chainOrigin(chain.chainId);
      for (let i = 0; i < 3; i++) {
        post.push(`${origin}/anchor`, chain.anchor());
        if (chain.size > 1) post.push(`${origin}/summary`, chain.summaries(chain.size - 1));
      }
      return 'anchor and summaries, three times';
    },
  },
  {
    kind: 'older-after-newer',
    run: async ({ post, newChain }) => {
      const own = new HonestChain(await newChain(), post);
      await own.report();
      await own.report();
      const { chain } = own;
      const older = chain.anchor({ size: 2, from: 1 });
      const answer = await post.ask(chain.chainId, 'anchor', older, ({ kind }) => kind === 'stale');
      expectSame('an older checkpoint', answer.kind, 'stale');
      return 'stale, and nobody is accused';
    },
  },
  {
    kind: 'reordered',
    run: async ({ post, newChain }) => {
      const own = new HonestChain(await newChain(), post);
      const { chain } = own;
      const height = chain.addSummaries({ windowStartMs: startMs });
      const early = chain.summaries(height);
      const code = await post.refusalOf(chain.chainId, 'summary', early);
      expectSame('summaries before their anchor', code, 'unanchored');
      await own.anchor();
      await post.ask(chain.chainId, 'summary', early, ({ kind }) => kind === 'stored');
      return 'summaries before their anchor wait, and are stored';
    },
  },
  {
    kind: 'replayed',
    run: async ({ post, honest }, random) => {
      const from = oneOf(honest, random);
      const to = oneOf(
        honest.filter((one) => one !== from),
        random,
      );
      const [old] = [...from.receipts.keys()];
      if (old === undefined) return 'nothing yet';
      const bytes = Uint8Array.from(Buffer.from(old, 'hex'));
      post.push(`${chainOrigin(from.chain.chainId)}/anchor`, bytes);
      const code = await post.refusalOf(to.chain.chainId, 'anchor', bytes);
      expectSame('an anchor on the topic of another chain', code, 'topic');
      return 'an old anchor, to its own chain and to another';
    },
  },
  {
    kind: 'forged-anchor',
    run: async ({ post, newChain }) => {
      const chain = await newChain();
      const few = await post.refusalOf(chain.chainId, 'anchor', chain.anchor({ cosigners: [0] }));
      expectSame('an anchor with one co-signature', few, 'policy');
      const stranger = chain.anchor({ by: 77, cosigners: [77, 78, 79] });
      const code = await post.refusalOf(chain.chainId, 'anchor', stranger);
      expectSame('an anchor by who is no member', code, 'unknown-signer');
      return 'too few co-signatures, and those of strangers';
    },
  },
  {
    kind: 'unknown-chain',
    run: async ({ post }, random) => {
      const chain = makeChain(post.mainLog, { seed: random.between(100_000, 900_000) });
      const code = await post.refusalOf(chain.chainId, 'anchor', chain.anchor());
      expectSame('an anchor of a chain that is not enrolled', code, 'unknown-chain');
      return 'refused';
    },
  },
  {
    kind: 'garbage',
    run: async ({ post, honest }, random) => {
      const { chain } = oneOf(honest, random);
      const origin = chainOrigin(chain.chainId);
      for (const kind of ['anchor', 'summary', 'event', 'membership', 'answer']) {
        post.push(`${origin}/${kind}`, randomBytes(random.between(0, 3_000)));
      }
      // Begins as what is packed does.
      post.push(`${origin}/anchor`, Buffer.concat([Buffer.of(0x78, 0x9c), randomBytes(500)]));
      post.push(`tieline/v1/${'0'.repeat(63)}/anchor`, randomBytes(10));
      return 'on every topic of a chain, and on none of any';
    },
  },
  {
    kind: 'oversize',
    run: async ({ post, newChain }, random) => {
      const { chainId } = await newChain();
      // More than the node takes from its broker, which keeps it back; and as much as it does take.
      const bytes = new Uint8Array(random.between(2, 8) * 1024 * 1024);
      post.push(`${chainOrigin(chainId)}/anchor`, bytes);
      const code = await post.refusalOf(chainId, 'anchor', bytes.slice(0, 900_000));
      expectSame('an anchor of 900 kB', code, 'malformed');
      return `${bytes.length} bytes, and 900 kB`;
    },
  },
  { kind: 'stolen-key', run: (scene) => stealKey(scene) },
  {
    kind: 'policy-forks',
    run: async (scene) => {
      const { post, newChain, struck } = scene;
      const own = new HonestChain(await newChain(), post);
      await own.report();
      const fork = own.chain.forkAt(1);
      const code = await post.refusalOf(fork.chainId, 'anchor', fork.anchor());
      expectSame('another history with all its signatures', code, 'fork');
      struck.push({ chain: own.chain, status: 'quarantined' });
      return 'that chain is in quarantine';
    },
  },
];

/** A thief has the key of one gateway, from its first forgery to the end of its trust. */
async function stealKey({ post, newChain, struck }: Scene): Promise<string> {
  const own = new HonestChain(await newChain(), post);
  const { chain } = own;
  await own.report();
  const fork = chain.forkAt(1);
  fork.addBlocks(3);
  const alone = await post.refusalOf(
    chain.chainId,
    'anchor',
    fork.anchor({ from: 1, by: 2, cosigners: [2] }),
  );
  expectSame('a history of the thief alone', alone, 'policy');
  const evidence = evidenceAgainst(chain, chain.signers[2] as Signer);
  await post.ask(chain.chainId, 'event', evidence, ({ kind }) => kind === 'noted');
  chain.addBlock();
  const doubtful = chain.anchor({ from: 2, by: 0, cosigners: [0, 2] });
  const suspended = await post.refusalOf(chain.chainId, 'anchor', doubtful);
  expectSame('an anchor that counts on the suspended member', suspended, 'policy');
  await own.anchor({ cosigners: [0, 1] });
  struck.push({ chain, status: 'active' });
  return 'alone it is refused, caught it is suspended, and the chain goes on';
}

/** Two roots at one size, both signed by it; told by the first member. */
function evidenceAgainst(chain: FakeChain, liar: Signer): Uint8Array {
  const { chainId } = chain;
  const [rootOne, rootOther] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
  const under = (root: Uint8Array) => {
    const body = formatCheckpoint({ origin: chainOrigin(chainId), size: 1, root });
    return cosign(suite, cosignerName(chainId, liar.keyId), body, 1, liar).signature;
  };
  const signed = { signatureOne: under(rootOne), signatureOther: under(rootOther) };
  const evidence = { member: liar.keyId, size: 1, rootOne, rootOther, ...signed };
  const of = { chainId, publicKey: liar.publicKey, timeMs: startMs };
  return signReport(evidenceReport(suite, evidence, of), chainId, chain.signers[0] as Signer);
}

function oneOf<T>(items: readonly T[], random: Random): T {
  const found = items[random.between(0, items.length - 1)];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
}
