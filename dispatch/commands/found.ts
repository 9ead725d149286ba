// SPDX-License-Identifier: Apache-2.0
import { toHex } from '../../base/bytes.ts';
import { type Command, required, textOf, usageError, wholeNumber } from '../../host/command.ts';
import { fingerprintText, found, introduce, joinConsortium } from '../found-consortium.ts';

const others = {
  value: 'FILE,FILE,…',
  description: 'introduction.cbor of every organisation, its own among them',
};

export const dispatchIntroduce: Command = {
  name: 'dispatch introduce',
  summary: "Makes an organisation's keys for a consortium, and a signed file that introduces it.",
  usage: 'dispatch introduce --dir DIR --origin NAME --organisation NAME --listen HOST:PORT',
  options: {
    dir: { value: 'DIR', description: 'where; made if it is not there' },
    origin: { value: 'NAME', description: 'name of the main log for ever, the same for all' },
    organisation: { value: 'NAME', description: 'who this is' },
    person: { value: 'NAME', description: 'who enrols sidechains, by default dispatcher' },
    listen: { value: 'HOST:PORT', description: 'where the others reach its engine' },
    json: { description: 'say what was made as JSON' },
  },
  notes:
    'Give introduction.cbor to all others, and let them compare its fingerprint with you by another\n' +
    'way. No secret key leaves the directory. Then: dispatch found, dispatch join.',
  run: async ({ values, print }) => {
    const name = 'dispatch introduce';
    const made = await introduce({
      dir: required(name, values, 'dir'),
      origin: required(name, values, 'origin'),
      organisation: required(name, values, 'organisation'),
      person: textOf(values, 'person') ?? 'dispatcher',
      listen: required(name, values, 'listen'),
    });
    const fingerprint = fingerprintText(made);
    if (values.json === true) print(JSON.stringify({ file: made.path, fingerprint }));
    else {
      print(`made        ${made.path}: for all others`);
      print(`fingerprint ${fingerprint}`);
      print('next        compare it with the others by another way; with the files of all:');
      print('            the first by name: tieline dispatch found; then all: dispatch join');
    }
    return 0;
  },
};

export const dispatchFound: Command = {
  name: 'dispatch found',
  summary: 'Signs the genesis of a consortium that follows from the introductions of all.',
  usage: 'dispatch found --dir DIR --introductions FILE,FILE,…',
  options: {
    dir: { value: 'DIR', description: 'of the organisation that is first by its name' },
    introductions: others,
    json: { description: 'say what was made as JSON' },
  },
  run: async ({ values, print }) => {
    const name = 'dispatch found';
    const files = listOf(required(name, values, 'introductions'), name);
    const { mainLog, path } = await found(required(name, values, 'dir'), files);
    const id = toHex(mainLog.id);
    if (values.json === true) print(JSON.stringify({ file: path, id }));
    else {
      print(`made        ${path}: for all others`);
      print(`main log    ${id}`);
      print('next        tieline dispatch join, here and at all others, with the same files');
    }
    return 0;
  },
};

export const dispatchJoin: Command = {
  name: 'dispatch join',
  summary: 'Checks the genesis of a consortium against all introductions, and makes the node.',
  usage: 'dispatch join --dir DIR --introductions FILE,FILE,… --genesis FILE [options]',
  options: {
    dir: { value: 'DIR', description: 'where `dispatch introduce` made the keys' },
    introductions: others,
    genesis: { value: 'FILE', description: 'main-genesis.cbor of the first organisation' },
    mqtt: { value: 'URL', description: 'the broker, by default mqtt://127.0.0.1:1883' },
    'http-port': { value: 'PORT', description: 'of the API on 127.0.0.1, by default 8080' },
    engine: { value: 'FILE', description: 'CometBFT 0.38, by default cometbft' },
    json: { description: 'say what was made as JSON' },
  },
  run: async ({ values, print }) => {
    const name = 'dispatch join';
    const { mainLog, all, files } = await joinConsortium({
      dir: required(name, values, 'dir'),
      introductions: listOf(required(name, values, 'introductions'), name),
      genesis: required(name, values, 'genesis'),
      mqttUrl: textOf(values, 'mqtt') ?? 'mqtt://127.0.0.1:1883',
      httpPort: wholeNumber(name, values, { name: 'http-port', min: 0, max: 65_535 }) ?? 8_080,
      engine: textOf(values, 'engine') ?? 'cometbft',
    });
    const id = toHex(mainLog.id);
    const { origin, threshold } = mainLog;
    const organisations = all.map((one) => ({
      name: one.introduction.organisation,
      fingerprint: fingerprintText(one),
    }));
    if (values.json === true) {
      print(JSON.stringify({ origin, id, threshold, organisations, files }));
      return 0;
    }
    for (const one of organisations) print(`${one.fingerprint}  ${one.name}`);
    print(`main log    ${origin} ${id}, ${threshold} of ${organisations.length} sign`);
    print('next        compare all of this with the others by another way, then');
    print(`            tieline dispatch --config ${files.config}`);
    return 0;
  },
};

function listOf(text: string, command: string): readonly string[] {
  const files = text.split(',').filter((one) => one !== '');
  if (files.length === 0) throw usageError('--introductions names files, with commas', command);
  return files;
}
