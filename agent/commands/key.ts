// SPDX-License-Identifier: Apache-2.0
import { type Command, required, textOf } from '../../host/command.ts';
import { makeKey, makePersonKey } from '../make-key.ts';

export const key: Command = {
  name: 'key',
  summary:
    "Makes a gateway's key, and the public file by which others make it a member; or a person's.",
  usage: 'key (--dir DIR --name NAME [--listen HOST:PORT] | --person NAME --out FILE)',
  options: {
    dir: { value: 'DIR', description: 'where the gateway lives; made if it is not there' },
    name: { value: 'NAME', description: 'what people call it' },
    listen: {
      value: 'HOST:PORT',
      description: 'where the other gateways of its chain reach it',
    },
    person: { value: 'NAME', description: 'make the key of a person instead, say of an engineer' },
    out: { value: 'FILE', description: "where the person's key goes; it must not be there yet" },
    json: { description: 'say what was made as JSON' },
  },
  notes: `For a chain of several gateways: run it on each, carry each DIR/member.json to all the
others, then \`tieline init --members\` on the first and \`tieline init --genesis\` on the others.
A key that is there is kept; it never leaves DIR. member.json holds nothing secret.

A person's key belongs on that person's own machine or token, not on a gateway.`,
  run: async ({ values, print }) => {
    const person = textOf(values, 'person');
    if (person !== undefined) {
      const made = await makePersonKey(person, required('key', values, 'out'));
      if (values.json === true) print(JSON.stringify(made));
      else {
        print(`person    ${made.keyId}`);
        print(`next      tieline init --engineer '${person}=${made.publicKey}'`);
      }
      return 0;
    }
    const made = await makeKey({
      dir: required('key', values, 'dir'),
      name: required('key', values, 'name'),
      listen: textOf(values, 'listen'),
    });
    if (values.json === true) {
      print(JSON.stringify(made));
      return 0;
    }
    print(`gateway   ${made.keyId}`);
    print(`next      carry ${made.memberPath} to the other gateways of the chain`);
    print('          tieline init --help');
    return 0;
  },
};
