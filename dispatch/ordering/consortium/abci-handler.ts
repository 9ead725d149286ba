// SPDX-License-Identifier: Apache-2.0
// The engine's questions, each in the words of the application. What the application does not do
// (queries, snapshots) is answered as nothing, as the protocol wants it.

import {
  MisbehaviorType as Misbehavior,
  ResponseProcessProposal_ProposalStatus as Proposal,
  type Request,
  type RequestFinalizeBlock,
  type Response,
  type ResponseCheckTx,
  type ResponseInfo,
  ResponseOfferSnapshot_Result as Snapshot,
  ResponseVerifyVoteExtension_VerifyStatus as Vote,
} from 'cosmjs-types/tendermint/abci/types';
import { limits } from '../../../base/limits.ts';
import type { AbciHandler } from './abci-server.ts';
import type { Application } from './application.ts';

/** In the genesis, and in what `Info` says. */
export const applicationVersion = 1n;

export function abciHandler(application: Application): AbciHandler {
  return async (request) =>
    askedByConsensus(application, request) ?? askedByOthers(application, request);
}

/** Undefined where it is another's question. */
function askedByConsensus(
  application: Application,
  request: Request,
): Promise<Partial<Response>> | undefined {
  if (request.finalizeBlock) return finalizeBlock(application, request.finalizeBlock);
  if (request.commit) return commit(application);
  if (request.prepareProposal) return prepare(application, request.prepareProposal);
  if (request.processProposal) return processProposal(application, request.processProposal);
  return undefined;
}

async function askedByOthers(
  application: Application,
  request: Request,
): Promise<Partial<Response>> {
  if (request.checkTx) return { checkTx: await checkTx(application, request.checkTx.tx) };
  if (request.flush) return { flush: {} };
  if (request.echo) return { echo: { message: request.echo.message } };
  if (request.extendVote) {
    const { height } = request.extendVote;
    return { extendVote: { voteExtension: application.extension(Number(height)) } };
  }
  if (request.verifyVoteExtension) {
    const { height, validatorAddress, voteExtension } = request.verifyVoteExtension;
    const taken = application.takes(Number(height), validatorAddress, voteExtension);
    return { verifyVoteExtension: { status: taken ? Vote.ACCEPT : Vote.REJECT } };
  }
  if (request.info) return { info: info(application) };
  if (request.initChain) {
    const appHash = application.begin(request.initChain.appStateBytes);
    return { initChain: { appHash, validators: [] } };
  }
  return unused(request);
}

function info({ applied }: Application): ResponseInfo {
  const { height, appHash } = applied;
  return {
    data: 'tieline main ledger',
    version: '',
    appVersion: applicationVersion,
    lastBlockHeight: BigInt(height),
    lastBlockAppHash: height === 0 ? new Uint8Array() : appHash,
  };
}

async function checkTx(application: Application, tx: Uint8Array): Promise<ResponseCheckTx> {
  const flaw = await application.check(tx);
  return { ...emptyResult, code: flaw === undefined ? 0 : 1, log: flaw ?? '' };
}

async function prepare(
  application: Application,
  { txs, maxTxBytes }: NonNullable<Request['prepareProposal']>,
): Promise<Partial<Response>> {
  const bytesMax = Math.min(Number(maxTxBytes), limits.consensusBlockBytesMax);
  return { prepareProposal: { txs: [...(await application.prepare(txs, bytesMax))] } };
}

async function processProposal(
  application: Application,
  { txs, proposerAddress }: NonNullable<Request['processProposal']>,
): Promise<Partial<Response>> {
  const accepted = await application.accepts(txs, proposerAddress);
  return { processProposal: { status: accepted ? Proposal.ACCEPT : Proposal.REJECT } };
}

async function finalizeBlock(
  application: Application,
  request: RequestFinalizeBlock,
): Promise<Partial<Response>> {
  const { txs, height, time, misbehavior } = request;
  application.proposedBy(request.proposerAddress, request.decidedLastCommit.round);
  for (const { type, validator, height: at } of misbehavior) {
    if (type === Misbehavior.DUPLICATE_VOTE) application.votedTwice(validator.address, Number(at));
  }
  const timeMs = Number(time.seconds) * 1000 + Math.floor(time.nanos / 1_000_000);
  const { appHash, decided } = await application.apply(txs, { height: Number(height), timeMs });
  const txResults = decided.map(({ outcome }) => ({
    ...emptyResult,
    code: outcome?.kind === 'refused' ? 1 : 0,
  }));
  return { finalizeBlock: { events: [], txResults, validatorUpdates: [], appHash } };
}

async function commit(application: Application): Promise<Partial<Response>> {
  await application.commit();
  // All blocks are kept: whoever joins plays them from the first.
  return { commit: { retainHeight: 0n } };
}

function unused(request: Request): Partial<Response> {
  if (request.query) {
    const nothing = { index: 0n, key: new Uint8Array(), value: new Uint8Array(), height: 0n };
    return { query: { ...nothing, code: 1, log: 'ask the API', info: '', codespace: '' } };
  }
  if (request.listSnapshots) return { listSnapshots: { snapshots: [] } };
  if (request.offerSnapshot) return { offerSnapshot: { result: Snapshot.REJECT } };
  if (request.loadSnapshotChunk) return { loadSnapshotChunk: { chunk: new Uint8Array() } };
  return { exception: { error: 'a question that ABCI 2.0 does not have' } };
}

const emptyResult = {
  code: 0,
  data: new Uint8Array(),
  log: '',
  info: '',
  gasWanted: 0n,
  gasUsed: 0n,
  events: [],
  codespace: '',
};
