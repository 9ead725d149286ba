// SPDX-License-Identifier: Apache-2.0
// The command line. Each command is loaded when it is called, so that `tieline verify` needs no database and
// `tieline read` no broker.

import { type CommandEntry, findCommand, helpOf, parseWords } from './host/command.ts';
import { run } from './host/exit.ts';
import { version } from './host/version.ts';

const commands: readonly CommandEntry[] = [
  {
    name: 'meters',
    summary: 'list the meters that Tieline knows',
    load: async () => (await import('./agent/commands/meters.ts')).meters,
  },
  {
    name: 'meters lint',
    summary: 'check a meter definition of your own',
    load: async () => (await import('./agent/commands/meters-lint.ts')).metersLint,
  },
  {
    name: 'read',
    summary: 'read a meter once',
    load: async () => (await import('./agent/commands/read.ts')).read,
  },
  {
    name: 'scan',
    summary: 'look for meters on a line whose settings nobody knows',
    load: async () => (await import('./agent/commands/scan.ts')).scan,
  },
  {
    name: 'control',
    summary: 'try one control of a device by hand',
    load: async () => (await import('./agent/commands/control.ts')).control,
  },
  {
    name: 'simulate-meter',
    summary: 'play a meter with a living load',
    load: async () => (await import('./agent/commands/simulate-meter.ts')).simulateMeter,
  },
  {
    name: 'key',
    summary: "make a gateway's key, to be a member of a chain",
    load: async () => (await import('./agent/commands/key.ts')).key,
  },
  {
    name: 'init',
    summary: 'make a gateway: key, chain, configuration',
    load: async () => (await import('./agent/commands/init.ts')).init,
  },
  {
    name: 'plan',
    summary: 'tell whether the schedule fits the lines to the meters',
    load: async () => (await import('./agent/commands/plan.ts')).plan,
  },
  {
    name: 'run',
    summary: 'run a gateway',
    load: async () => (await import('./agent/commands/run.ts')).run,
  },
  {
    name: 'status',
    summary: 'what a running gateway reads, holds and has sent',
    load: async () => (await import('./agent/commands/status.ts')).status,
  },
  {
    name: 'reload',
    summary: 'have a running gateway read its configuration again',
    load: async () => (await import('./agent/commands/reload.ts')).reload,
  },
  {
    name: 'watch',
    summary: 'the newest values of a running gateway, live',
    load: async () => (await import('./agent/commands/watch.ts')).watch,
  },
  {
    name: 'doctor',
    summary: 'examine a gateway and its surroundings, with what to do about each fault',
    load: async () => (await import('./agent/commands/doctor.ts')).doctor,
  },
  {
    name: 'enter',
    summary: 'put what a person has read or seen on the chain, signed by that person',
    load: async () => (await import('./agent/commands/enter.ts')).enter,
  },
  {
    name: 'members',
    summary: 'the members of a chain',
    load: async () => (await import('./agent/commands/members.ts')).members,
  },
  {
    name: 'members grant',
    summary: 'make a gateway a member',
    load: async () => (await import('./agent/commands/members-grant.ts')).membersGrant,
  },
  {
    name: 'members rotate',
    summary: 'give a gateway a new key, with the key of an engineer',
    load: async () => (await import('./agent/commands/members-rotate.ts')).membersRotate,
  },
  {
    name: 'members promote',
    summary: 'let a follower vote',
    load: async () => (await import('./agent/commands/members-promote.ts')).membersPromote,
  },
  {
    name: 'members revoke',
    summary: 'end the membership of a gateway',
    load: async () => (await import('./agent/commands/members-revoke.ts')).membersRevoke,
  },
  {
    name: 'join',
    summary: 'make a gateway that joins a chain, and run it',
    load: async () => (await import('./agent/commands/join.ts')).join,
  },
  {
    name: 'chain verify',
    summary: "audit a gateway's chain from its genesis",
    load: async () => (await import('./agent/commands/chain-verify.ts')).chainVerify,
  },
  {
    name: 'chain compact',
    summary: 'give the disk back what chain.db does not need any more',
    load: async () => (await import('./agent/commands/chain-compact.ts')).chainCompact,
  },
  {
    name: 'chain scrub',
    summary: 'find what has rotted in the log, and mend it',
    load: async () => (await import('./agent/commands/chain-scrub.ts')).chainScrub,
  },
  {
    name: 'archive list',
    summary: 'list the archive segments of a gateway',
    load: async () => (await import('./agent/commands/archive.ts')).archiveList,
  },
  {
    name: 'archive verify',
    summary: 'hold archive segments against the chain',
    load: async () => (await import('./agent/commands/archive.ts')).archiveVerify,
  },
  {
    name: 'archive restore',
    summary: 'bring a segment back that was carried away',
    load: async () => (await import('./agent/commands/archive.ts')).archiveRestore,
  },
  {
    name: 'archive export',
    summary: 'copy segments to be carried away',
    load: async () => (await import('./agent/commands/archive.ts')).archiveExport,
  },
  {
    name: 'proof',
    summary: 'write the proof bundle of a reading',
    load: async () => (await import('./agent/commands/proof.ts')).proof,
  },
  {
    name: 'verify',
    summary: 'check a proof bundle offline',
    load: async () => (await import('./agent/commands/verify.ts')).verify,
  },
  {
    name: 'dispatch init',
    summary: 'make a dispatch node: keys, main log, configuration',
    load: async () => (await import('./dispatch/commands/init.ts')).dispatchInit,
  },
  {
    name: 'dispatch introduce',
    summary: 'make the keys of an organisation that founds a consortium with others',
    load: async () => (await import('./dispatch/commands/found.ts')).dispatchIntroduce,
  },
  {
    name: 'dispatch found',
    summary: 'sign the genesis of a consortium from the introductions of all',
    load: async () => (await import('./dispatch/commands/found.ts')).dispatchFound,
  },
  {
    name: 'dispatch join',
    summary: 'check the genesis of a consortium, and make its node here',
    load: async () => (await import('./dispatch/commands/found.ts')).dispatchJoin,
  },
  {
    name: 'dispatch enrol',
    summary: 'enrol a sidechain at a dispatch node',
    load: async () => (await import('./dispatch/commands/enrol.ts')).dispatchEnrol,
  },
  {
    name: 'dispatch backup',
    summary: 'copy the ledger of a dispatch node, and verify the copy',
    load: async () => (await import('./dispatch/commands/backup.ts')).dispatchBackup,
  },
  {
    name: 'dispatch restore',
    summary: 'bring the ledger of a dispatch node back from a copy',
    load: async () => (await import('./dispatch/commands/restore.ts')).dispatchRestore,
  },
  {
    name: 'broker init',
    summary: "make a broker's authority and its certificate",
    load: async () => (await import('./dispatch/commands/broker-init.ts')).brokerInit,
  },
  {
    name: 'broker admit',
    summary: 'give gateways and dispatch nodes their certificates for the broker',
    load: async () => (await import('./dispatch/commands/broker-admit.ts')).brokerAdmit,
  },
  {
    name: 'broker revoke',
    summary: 'shut a client out of the broker',
    load: async () => (await import('./dispatch/commands/broker-revoke.ts')).brokerRevoke,
  },
  {
    name: 'dispatch rebuild',
    summary: 'make the history of a dispatch node again from what was accepted',
    load: async () => (await import('./dispatch/commands/rebuild.ts')).dispatchRebuild,
  },
  {
    name: 'mirror',
    summary: 'keep a verified copy of a centre, and name what it alters',
    load: async () => (await import('./dispatch/commands/mirror.ts')).mirror,
  },
  {
    name: 'mirror verify',
    summary: 'verify a mirror again, offline',
    load: async () => (await import('./dispatch/commands/mirror-verify.ts')).mirrorVerify,
  },
  {
    name: 'dispatch token',
    summary: 'make, list or revoke a token of the API of a dispatch node',
    load: async () => (await import('./dispatch/commands/token.ts')).dispatchToken,
  },
  {
    name: 'simulate-fleet',
    summary: 'play many sidechains before a dispatch node, and time its answers',
    load: async () => (await import('./dispatch/commands/simulate-fleet.ts')).simulateFleet,
  },
  {
    name: 'dispatch organisations',
    summary: 'list the organisations of a main log',
    load: async () => (await import('./dispatch/commands/organisations.ts')).dispatchOrganisations,
  },
  {
    name: 'dispatch persons',
    summary: 'list the persons of a main log, with their roles',
    load: async () => (await import('./dispatch/commands/persons.ts')).dispatchPersons,
  },
  {
    name: 'dispatch govern list',
    summary: 'list what waits for votes of the organisations',
    load: async () => (await import('./dispatch/commands/govern-list.ts')).governList,
  },
  {
    name: 'dispatch govern propose',
    summary: 'propose a change of organisations or persons',
    load: async () => (await import('./dispatch/commands/govern-propose.ts')).governPropose,
  },
  {
    name: 'dispatch govern vote',
    summary: 'vote for a proposed change',
    load: async () => (await import('./dispatch/commands/govern-vote.ts')).governVote,
  },
  {
    name: 'dispatch offer-key',
    summary: 'make the next key of a main log, and offer it to those who vote',
    load: async () => (await import('./dispatch/commands/offer-key.ts')).dispatchOfferKey,
  },
  {
    name: 'audit',
    summary: 'call for raw readings at random, and hold them against the summaries',
    load: async () => (await import('./dispatch/commands/audit.ts')).auditChain,
  },
  {
    name: 'dispatch record',
    summary: 'put a command or a rule on a main log, with a receipt',
    load: async () => (await import('./dispatch/commands/record.ts')).dispatchRecord,
  },
  {
    name: 'market demand',
    summary: 'say on the main log what is to be bought or sold',
    load: async () => (await import('./dispatch/commands/market-demand.ts')).marketDemand,
  },
  {
    name: 'market offer',
    summary: 'put an asset on the main log, sealed for its readers',
    load: async () => (await import('./dispatch/commands/market-offer.ts')).marketOffer,
  },
  {
    name: 'market agree',
    summary: 'take the terms of an answer',
    load: async () => (await import('./dispatch/commands/market-agree.ts')).marketAgree,
  },
  {
    name: 'market execute',
    summary: 'say what a chain does for what was concluded',
    load: async () => (await import('./dispatch/commands/market-execute.ts')).marketExecute,
  },
  {
    name: 'market send',
    summary: 'send what was signed for the market and waits',
    load: async () => (await import('./dispatch/commands/market-send.ts')).marketSend,
  },
  {
    name: 'market list',
    summary: 'list what the market said, and open what a key can open',
    load: async () => (await import('./dispatch/commands/market-list.ts')).marketList,
  },
  {
    name: 'market windows',
    summary: 'what was demanded in each window, by class',
    load: async () => (await import('./dispatch/commands/market-windows.ts')).marketWindows,
  },
  {
    name: 'witness',
    summary: 'run a witness of main logs, which co-signs what only ever grows',
    load: async () => (await import('./dispatch/commands/witness.ts')).witness,
  },
  {
    name: 'dispatch',
    summary: 'run a dispatch node',
    load: async () => (await import('./dispatch/commands/run.ts')).dispatchRun,
  },
];

function overview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  return [
    'Tieline: the lower tier of a trustworthy grid.',
    '',
    'usage: tieline COMMAND [options]',
    '',
    ...commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`),
    '',
    '`tieline COMMAND --help` tells more; `tieline --version` tells the version.',
  ].join('\n');
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

await run(async (ending) => {
  const words = process.argv.slice(2);
  const [first] = words;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    print(overview());
    return first === undefined ? 2 : 0;
  }
  if (first === '--version') {
    print(version());
    return 0;
  }
  const { command: entry, rest } = findCommand(commands, words);
  const command = await entry.load();
  const { values, positionals } = parseWords(command, rest);
  if (values.help === true) {
    print(helpOf(command));
    return 0;
  }
  return command.run({ values, positionals, print, ending });
});
